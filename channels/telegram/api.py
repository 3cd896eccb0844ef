"""The Bot API as this channel calls it.

The token is part of every address, so no library may log one.
"""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from telegram import Bot
from telegram.error import BadRequest, TelegramError
from telegram.request import HTTPXRequest

from channels.telegram.refusals import answered, count_in_timedeltas, readable
from channels.telegram.updates import KINDS, Raw, number_of
from core.base import libraries, proxies

READ_SECONDS = 20.0


class Standing(NamedTuple):
    """A bot's webhook as Telegram tells of it; `url` is "" where there is none.

    `error_at` is the moment of the last failed delivery, 0.0 for none.
    """

    url: str
    pending: int
    error_at: float
    error: str
    connections: int
    kinds: tuple[str, ...]


class Api(Bot):
    """python-telegram-bot's `Bot`; the connection for updates is apart from all others."""

    def __init__(self, token: str, base_url: str, base_file_url: str, proxy: str = "") -> None:
        hush()
        libraries.check("python-telegram-bot", Bot, "_post")
        way = proxies.way(proxy, base_url)
        count_in_timedeltas()
        calls = _Requests(
            read_timeout=READ_SECONDS,
            write_timeout=READ_SECONDS,
            pool_timeout=READ_SECONDS,
            httpx_kwargs=way,
        )
        polls = _Requests(connection_pool_size=2, pool_timeout=READ_SECONDS, httpx_kwargs=way)
        super().__init__(token, base_url, base_file_url, request=calls, get_updates_request=polls)
        self._connections = (calls, polls)
        self._newest = 0

    @property
    def newest(self) -> int:
        """The highest number of a private message that was seen; a bot's are counted in one row."""
        return self._newest

    def see(self, number: int) -> None:
        """Note that a private message of this number exists."""
        self._newest = max(self._newest, number)

    async def disconnect(self) -> None:
        """Close every connection; `shutdown` does so only where `initialize` was called."""
        await self.shutdown()
        for requests in self._connections:
            await requests.shutdown()

    async def updates(self, offset: int | None, seconds: int) -> list[Raw]:
        """The next updates as they came, after at most so many seconds.

        `get_updates` would make objects of them that nobody needs, and `do_api_request` warns
        whenever it is asked for a method that `Bot` has.
        """
        wanted = {"offset": offset, "timeout": seconds, "allowed_updates": list(KINDS)}
        patience = seconds + READ_SECONDS
        try:
            found = await self._post("getUpdates", wanted, read_timeout=patience)
        except BadRequest:  # a server that knows fewer kinds
            del wanted["allowed_updates"]
            found = await self._post("getUpdates", wanted, read_timeout=patience)
        if not isinstance(found, list) or not all(map(_is_update, found)):
            raise TelegramError("Invalid server response")
        for raw in found:
            self.see(number_of(raw))
        return found

    async def standing(self) -> Standing:
        """What Telegram knows of the webhook; raises TelegramError."""
        told = await self._post("getWebhookInfo")
        if not isinstance(told, dict):
            raise TelegramError("Invalid server response")
        kinds = told.get("allowed_updates")
        return Standing(
            str(told.get("url") or ""),
            _number(told, "pending_update_count"),
            float(_number(told, "last_error_date")),
            _line(told.get("last_error_message")),
            _number(told, "max_connections"),
            tuple(map(_line, kinds)) if isinstance(kinds, list) else (),
        )


class _Requests(HTTPXRequest):
    """The library's, but every code of an answer has its meaning."""

    async def do_request(self, *args: Any, **named: Any) -> tuple[int, bytes]:
        return answered(*await super().do_request(*args, **named))

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, object]:
        return readable(HTTPXRequest.parse_json_payload(payload))


def _is_update(raw: object) -> bool:
    return isinstance(raw, dict) and isinstance(raw.get("update_id"), int)


def _number(told: Raw, name: str) -> int:
    found = told.get(name)
    return found if isinstance(found, int) else 0


def _line(said: object) -> str:
    """What Telegram says, for one line of a terminal or a log."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(said or ""))
    return text[:200]


def hush() -> None:
    """Keep the libraries from logging addresses, which hold the token."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It logs answers that it can't read, and a proxy's may repeat the address; it raises as well.
    logging.getLogger("telegram").setLevel(logging.CRITICAL)
