"""Fetching the bytes of a photo or file: synchronous, for the threads that judge photos."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Mapping
from typing import Any

import httpx

from channels.telegram.api import READ_SECONDS, hush
from core.errors import Gone, RetryAfter, Unreachable


class Files:
    """Downloads over connections that are kept; any number of threads may ask.

    Telegram gives away files of at most 20 MB, whatever `limit` allows.
    """

    def __init__(self, token: str, base_url: str, base_file_url: str) -> None:
        self._methods = address(base_url, token)
        self._files = address(base_file_url, token)

    def fetch(self, reference: Mapping[str, Any], limit: int) -> bytes:
        """The bytes; `limit` + 1 empty ones where there are more; see `Channel.fetch`."""
        if reference.get("size", 0) > limit:
            return bytes(limit + 1)
        try:
            path = self._path(reference["file_id"])
            return bytes(limit + 1) if path is None else self._download(path, limit)
        except (httpx.HTTPError, httpx.InvalidURL, KeyError, TypeError, ValueError) as error:
            # "from None": such an error may name the address, and with it the token.
            raise Unreachable(f"Telegram can't be reached: {type(error).__name__}") from None

    @functools.cached_property
    def _client(self) -> httpx.Client:
        hush()
        client = httpx.Client(timeout=READ_SECONDS)
        weakref.finalize(self, client.close)
        return client

    def _path(self, file_id: str) -> str | None:
        """Where a file can be had for the next hour; None where it is too big for that."""
        answer = self._client.post(f"{self._methods}/getFile", data={"file_id": file_id})
        if answer.status_code == httpx.codes.BAD_REQUEST:
            why = str(answer.json()["description"])
            if "file is too big" in why:
                return None
            raise Gone(why)
        _check(answer)
        return str(answer.json()["result"]["file_path"])

    def _download(self, path: str, limit: int) -> bytes:
        data = bytearray()
        with self._client.stream("GET", f"{self._files}/{path}") as answer:
            if answer.status_code == httpx.codes.NOT_FOUND:
                raise Gone("Telegram no longer has the file")
            _check(answer)
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > limit:
                    break
        return bytes(data[: limit + 1])


def address(base: str, token: str) -> str:
    """Where a bot is served: `{token}` stands for its token, or it comes last."""
    return base.replace("{token}", token) if "{token}" in base else base + token


def _check(answer: httpx.Response) -> None:
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        answer.read()
        raise RetryAfter(float(answer.json()["parameters"]["retry_after"]))
    if not answer.is_success:
        raise Unreachable(f"Telegram answers {answer.status_code}")
