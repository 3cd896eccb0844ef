"""Fetching the bytes of a photo or file: synchronous, for the threads that judge photos."""

from __future__ import annotations

import functools
import json
import weakref
from http import HTTPStatus
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
import structlog
from telegram.error import BadRequest, TelegramError
from telegram.error import RetryAfter as TooMany

from channels.telegram.api import READ_SECONDS, hush
from channels.telegram.refusals import answered, described, readable, seconds_of
from core.base import proxies
from core.base.errors import Missing, RetryAfter, Unreachable
from core.conversation.delivery.channel import Reference

if TYPE_CHECKING:
    from channels.telegram import Settings

log = structlog.get_logger()

_NOT_THERE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class Files:
    """Downloads over connections that are kept; any number of threads may ask.

    Telegram gives away files of at most 20 MB, whatever `limit` allows. A self-hosted server with
    --local says where on its own disk a file is: it is read there, below `files_folder`.
    """

    def __init__(self, settings: Settings) -> None:
        token = settings.token.get_secret_value()
        self._methods = address(settings.base_url, token)
        self._files = address(settings.base_file_url, token)
        self._folder = Path(settings.files_folder) if settings.files_folder else None
        self._proxy = settings.proxy

    def fetch(self, reference: Reference, limit: int) -> bytes:
        """The bytes; `limit` + 1 empty ones where there are more; see `Channel.fetch`."""
        if reference.get("size", 0) > limit:
            return bytes(limit + 1)
        try:
            path = self._path(reference["file_id"])
            if path is None:
                return bytes(limit + 1)
            if is_absolute(path):
                return self._read(path, limit)
            return self._download(path, limit)
        except (httpx.HTTPError, httpx.InvalidURL, KeyError, TypeError, ValueError) as error:
            # "from None": such an error may name the address, and with it the token.
            raise Unreachable(f"Telegram can't be reached: {type(error).__name__}") from None

    @functools.cached_property
    def _client(self) -> httpx.Client:
        hush()
        way = proxies.way(self._proxy, self._methods, self._files)
        client = httpx.Client(timeout=READ_SECONDS, **way)
        weakref.finalize(self, client.close)
        return client

    def _path(self, file_id: str) -> str | None:
        """Where a file can be had for the next hour; None where it is too big for that."""
        answer = self._client.post(f"{self._methods}/getFile", data={"file_id": file_id})
        try:
            code, payload = answered(answer.status_code, answer.content)
            told = readable(json.loads(payload))
            if code == HTTPStatus.BAD_REQUEST:
                raise BadRequest(told["description"])
        except TooMany as error:
            raise RetryAfter(seconds_of(error)) from None
        except BadRequest as error:
            if "file is too big" in error.message.lower():
                return None
            raise Missing(described(error.message)) from None
        except TelegramError as error:
            raise Unreachable(described(error.message)) from None
        if code != HTTPStatus.OK:
            raise Unreachable(f"Telegram answers {code}")
        return str(told["result"]["file_path"])

    def _download(self, path: str, limit: int) -> bytes:
        data = bytearray()
        with self._client.stream("GET", f"{self._files}/{quote(path)}") as answer:
            if answer.status_code in _NOT_THERE:
                raise Missing("Telegram doesn't find the file")
            _check(answer)
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > limit:
                    break
        return bytes(data[: limit + 1])

    def _read(self, path: str, limit: int) -> bytes:
        """A file of the server's own disk. No error names it: the token is part of its path."""
        if self._folder is None:
            log.error(
                "the Bot API server keeps files to itself (--local): set telegram.files_folder to "
                "the folder where it keeps them; photos wait until then"
            )
            raise Unreachable("the server's files can't be read")
        try:
            with below(self._folder, path).open("rb") as file:
                return file.read(limit + 1)
        except FileNotFoundError:
            raise Missing("the server's file is not there") from None
        except OSError as error:
            log.error("a file of the Bot API server can't be read", why=error.strerror)
            raise Unreachable(f"the server's files can't be read: {error.strerror}") from None


def address(base: str, token: str) -> str:
    """Where a bot is served: `{token}` stands for its token, or it comes last."""
    return base.replace("{token}", token) if "{token}" in base else base + token


def is_absolute(path: str) -> bool:
    """Whether a path is one on the server's own disk."""
    return PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()


def below(folder: Path, path: str) -> Path:
    """The server's file in `folder`, which it may know by another name; never one beside it.

    Raises FileNotFoundError.
    """
    folder = folder.resolve()
    windows = PureWindowsPath(path).is_absolute() and not PurePosixPath(path).is_absolute()
    parts = (PureWindowsPath(path) if windows else PurePosixPath(path)).parts[1:]
    for first in range(len(parts)):
        found = folder.joinpath(*parts[first:]).resolve()
        if found.is_relative_to(folder) and found.is_file():
            return found
    raise FileNotFoundError


def _check(answer: httpx.Response) -> None:
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        answer.read()
        raise RetryAfter(float(answer.json()["parameters"]["retry_after"]))
    if not answer.is_success:
        raise Unreachable(f"Telegram answers {answer.status_code}")
