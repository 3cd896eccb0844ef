"""The Bot API as this channel calls it.

The token is part of every address, so no library may log one.
"""

from __future__ import annotations

import logging
from typing import Any

from telegram import Bot
from telegram.error import BadRequest, TelegramError
from telegram.request import HTTPXRequest

from channels.telegram.refusals import answered, count_in_timedeltas, readable
from channels.telegram.updates import KINDS, Raw, number_of
from core.base import libraries, proxies

READ_SECONDS = 20.0


class Api(Bot):
    """python-telegram-bot's `Bot`; the connection for updates is apart from all others."""

    def __init__(self, token: str, base_url: str, base_file_url: str, proxy: str = "") -> None:
        hush()
        libraries.check("python-telegram-bot", Bot, "_post")
        way = proxies.way(proxy, base_url)
        count_in_timedeltas()
        super().__init__(
            token,
            base_url,
            base_file_url,
            request=_Requests(
                read_timeout=READ_SECONDS,
                write_timeout=READ_SECONDS,
                pool_timeout=READ_SECONDS,
                httpx_kwargs=way,
            ),
            get_updates_request=_Requests(
                connection_pool_size=2, pool_timeout=READ_SECONDS, httpx_kwargs=way
            ),
        )
        self._newest = 0

    @property
    def newest(self) -> int:
        """The highest number of a private message that was seen; a bot's are counted in one row."""
        return self._newest

    def see(self, number: int) -> None:
        """Note that a private message of this number exists."""
        self._newest = max(self._newest, number)

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


class _Requests(HTTPXRequest):
    """The library's, but every code of an answer has its meaning."""

    async def do_request(self, *args: Any, **named: Any) -> tuple[int, bytes]:
        return answered(*await super().do_request(*args, **named))

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, object]:
        return readable(HTTPXRequest.parse_json_payload(payload))


def _is_update(raw: object) -> bool:
    return isinstance(raw, dict) and isinstance(raw.get("update_id"), int)


def hush() -> None:
    """Keep the libraries from logging addresses, which hold the token."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It logs answers that it can't read, and a proxy's may repeat the address; it raises as well.
    logging.getLogger("telegram").setLevel(logging.CRITICAL)
