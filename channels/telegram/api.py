"""The Bot API as this channel calls it, and its errors in the core's words.

The token is part of every address, so no library may log one.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    TelegramError,
)
from telegram.error import RetryAfter as TooMany
from telegram.request import HTTPXRequest

from channels.telegram.updates import KINDS
from core.errors import Blocked, Gone, RetryAfter, Uncertain, Unreachable

READ_SECONDS = 20.0
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""The connection was never made: whatever was to be sent has not arrived."""

_GONE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "there is no text in the message to edit",
    "there is no media in the message to edit",
    "there is no caption in the message to edit",
)
_BLOCKED = ("chat not found", "peer_id_invalid", "user not found")


class NotModified(Exception):
    """The message already reads like this."""


class Api(Bot):
    """python-telegram-bot's `Bot`; the connection for updates is apart from all others."""

    def __init__(self, token: str, base_url: str, base_file_url: str) -> None:
        hush()
        # Without it the library warns at each 429, and where warnings are errors can't report it.
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        super().__init__(
            token,
            base_url,
            base_file_url,
            request=HTTPXRequest(
                read_timeout=READ_SECONDS, write_timeout=READ_SECONDS, pool_timeout=READ_SECONDS
            ),
            get_updates_request=HTTPXRequest(connection_pool_size=2, pool_timeout=READ_SECONDS),
        )

    async def updates(self, offset: int | None, seconds: int) -> list[dict[str, Any]]:
        """The next updates as they came, after at most so many seconds.

        `get_updates` would make objects of them that nobody needs, and `do_api_request` warns
        whenever it is asked for a method that `Bot` has.
        """
        wanted = {"offset": offset, "timeout": seconds, "allowed_updates": list(KINDS)}
        found = await self._post("getUpdates", wanted, read_timeout=seconds + READ_SECONDS)
        return list(found)


def hush() -> None:
    """Keep the libraries from logging addresses, which hold the token."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It logs answers that it can't read, and a proxy's may repeat the address; it raises as well.
    logging.getLogger("telegram").setLevel(logging.CRITICAL)


@contextmanager
def in_our_words(*, repeatable: bool = False) -> Iterator[None]:
    """Raise what a channel may report; `repeatable` where doing it twice is as good as once."""
    try:
        yield
    except TelegramError as error:
        raise translated(error, repeatable) from error


def translated(error: TelegramError, repeatable: bool) -> Exception:
    """An error of the library as one of the core's; itself where the mistake is ours."""
    text = error.message.lower()
    if isinstance(error, TooMany):
        return RetryAfter(seconds_of(error))
    if isinstance(error, Forbidden | ChatMigrated) or any(words in text for words in _BLOCKED):
        return Blocked(error.message)
    if isinstance(error, BadRequest):
        if "message is not modified" in text:
            return NotModified(error.message)
        return Gone(error.message) if any(words in text for words in _GONE) else error
    if repeatable or isinstance(error, InvalidToken) or isinstance(error.__cause__, NOT_SENT):
        return Unreachable(error.message)
    return Uncertain(error.message)


def seconds_of(error: TooMany) -> float:
    """How long Telegram asks to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
