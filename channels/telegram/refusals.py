"""Telegram's errors in the core's words: by the code of the answer, not by what it says.

What an answer says decides only where Telegram has no code for it: that a message reads so
already, and that there is no such chat.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    TelegramError,
)
from telegram.error import RetryAfter as TooMany

from core.base.errors import (
    Blocked,
    ConfigurationError,
    Refused,
    RetryAfter,
    Uncertain,
    Unreachable,
)

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""The connection was never made: whatever was to be sent has not arrived."""

_NOTHING_DONE = (InvalidToken, Conflict)
"""401, 404, 409: answers, though not to what was asked."""

PAUSE_SECONDS = 5
"""How long to wait where a limit doesn't say it."""

LONGEST_PAUSE = 86_400

_LIMITS = (420, HTTPStatus.TOO_MANY_REQUESTS)
_NO_CHAT = ("chat not found", "peer_id_invalid", "user not found")
_LIBRARYS = (400, 401, 403, 404, 409)
"""Codes that the library tells apart itself."""

_SAYS_NO = re.compile(rb'^\s*\{\s*"ok"\s*:\s*false')
_CODES = re.compile(r"[A-Z][A-Z_]+[A-Z]|[A-Z]?[a-z]+(?:'[a-z]+)?")
_QUOTED = re.compile(r"""("[^"]*"?|“[^”]*”?|«[^»]*»?|(?<!\w)'[^']*'?)""")


class NotModified(Exception):
    """The message already reads like this."""


@contextmanager
def in_our_words(*, repeatable: bool = False) -> Iterator[None]:
    """Raise what a channel may report; `repeatable` where doing it twice is as good as once."""
    try:
        yield
    except TelegramError as error:
        raise translated(error, repeatable) from error


@contextmanager
def token_accepted() -> Iterator[None]:
    """Raise ConfigurationError where Telegram refuses the token."""
    try:
        yield
    except InvalidToken:
        raise ConfigurationError(
            "Telegram refuses the token in LIKENESS_TELEGRAM__TOKEN. Copy it again from @BotFather."
        ) from None  # the library's own error quotes the token


def translated(error: TelegramError, repeatable: bool) -> Exception:
    """The one place where a failed call is given its meaning."""
    if isinstance(error, TooMany):
        return RetryAfter(seconds_of(error))
    if isinstance(error, Forbidden | ChatMigrated):
        return Blocked(described(error.message))
    if isinstance(error, BadRequest):
        return _refusal(error.message)
    if repeatable or isinstance(error, _NOTHING_DONE) or isinstance(error.__cause__, NOT_SENT):
        return Unreachable(described(error.message))
    return Uncertain(described(error.message))


def _refusal(message: str) -> Exception:
    text = message.lower()
    if "message is not modified" in text:
        return NotModified(message)
    no_chat = any(words in text for words in _NO_CHAT)
    return Blocked(described(message)) if no_chat else Refused(described(message))


def answered(code: int, payload: bytes) -> tuple[int, bytes]:
    """An answer whose code says what it is, as the library tells it on.

    A limit without a number waits all the same, every other 4xx is an answer that nothing was
    done, and a server that says no with 200 has said no. Raises TelegramError.
    """
    if code < HTTPStatus.BAD_REQUEST and not _SAYS_NO.match(payload[:64]):
        return code, payload
    told = _told(payload)
    number = told.get("error_code")
    if code < HTTPStatus.BAD_REQUEST and isinstance(number, int):
        code = number
    if code in _LIMITS:
        count_in_timedeltas()
        raise TooMany(_seconds(_parameters(told).get("retry_after")))
    if code < 500 and code not in _LIBRARYS:
        raise BadRequest(str(told.get("description") or code))
    return code, payload


def readable(told: object) -> dict[str, Any]:
    """An answer that the library can read. Raises TelegramError."""
    if not isinstance(told, dict) or ("result" not in told and told.get("ok") is not False):
        raise TelegramError("Invalid server response")
    more = _parameters(told)
    wait = {"retry_after": _seconds(more["retry_after"])} if "retry_after" in more else {}
    description = str(told.get("description") or "")
    return {"result": None, **told, "description": description, "parameters": {**more, **wait}}


def count_in_timedeltas() -> None:
    """Without it the library warns at each 429, and where warnings are errors can't report it."""
    os.environ.setdefault("PTB_TIMEDELTA", "true")


def seconds_of(error: TooMany) -> float:
    """How long Telegram asks to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def described(message: str) -> str:
    """What Telegram says of a mistake, without anything that it may repeat of a person's."""
    plain = _QUOTED.sub("…", message.removeprefix("Bad Request: "))
    return " ".join(_CODES.findall(plain))[:120]


def _told(payload: bytes) -> dict[str, object]:
    try:
        told = json.loads(payload)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _parameters(told: dict[str, object]) -> dict[str, object]:
    found = told.get("parameters")
    return found if isinstance(found, dict) else {}


def _seconds(wanted: object) -> int:
    number = wanted if isinstance(wanted, int | float) and not isinstance(wanted, bool) else 0
    return max(1, int(min(number, LONGEST_PAUSE))) if number > 0 else PAUSE_SECONDS
