"""The route to which Telegram delivers updates, one at a time; see `core.operation.http`."""

from __future__ import annotations

import asyncio
import hmac
import json
from typing import Any, Self

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from channels.telegram.bot import TelegramBot
from channels.telegram.place import Place
from channels.telegram.updates import NAME, Raw, incoming
from core.base.db import INFRASTRUCTURE
from core.base.errors import kind_of
from core.base.logs.tally import Tally
from core.conversation.delivery.bridge import Bridge
from core.conversation.delivery.channel import Host
from core.conversation.delivery.receiving.reception import Receiver
from core.operation.serving.replies import body_of

log = structlog.get_logger()

SECRET = "X-Telegram-Bot-Api-Secret-Token"  # the name of a header
LONGEST_BODY = 1024 * 1024
"""Bytes; the longest message with all its formatting has some 100,000."""
LOOK_SECONDS = 60.0
_LARGEST = 2**63


class WebhookRoute(Route):
    """Takes the updates of one bot; entered and left with the server."""

    def __init__(self, bot: TelegramBot, place: Place, host: Host, bridge: Bridge) -> None:
        super().__init__(place.path, self._receive, methods=["POST"])
        self._bot, self._host, self._bridge = bot, host, bridge
        self._secret = place.secret.encode()
        self._refused = Tally()

    async def __aenter__(self) -> Self:
        address = (NAME, self._bot.id)
        self._receiver = Receiver(self._bot, self._host.engine, self._bridge, address)
        self._looking = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._looking.cancel()
        await asyncio.gather(self._looking, return_exceptions=True)
        await self._receiver.close()
        await self._bot.close()

    async def _look(self) -> None:
        """Say so where Telegram doesn't deliver here."""
        while True:
            await self._bot.lookout.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _receive(self, request: Request) -> Response:
        """200 once it is committed; Telegram repeats it after anything else."""
        given = request.headers.get(SECRET, "").encode("latin-1", "replace")
        if not hmac.compare_digest(given, self._secret):
            return self._refuse(401)
        raw = update_in(await body_of(request, LONGEST_BODY))
        if raw is None:
            return self._refuse(400)
        one = incoming(raw, self._bot.id)
        try:
            await self._receiver.take(one)
        except INFRASTRUCTURE as error:
            log.debug("an update is refused for now", id=raw["update_id"], error=kind_of(error))
            return PlainTextResponse("try again", 503)
        return _reply(one.callback)

    def _refuse(self, status: int) -> Response:
        """Anybody can call, as often as they like: that costs no row."""
        if count := self._refused.add():
            log.warning("what isn't Telegram's is refused at its webhook", count=count)
        return PlainTextResponse("refused", status)


def update_in(body: bytes) -> Raw | None:
    """The update in the body of a delivery; None where it is none."""
    try:
        raw: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    number = raw.get("update_id")
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    return raw if 0 <= number < _LARGEST else None


def _reply(callback: str | None) -> Response:
    """What is said on taking an update: a press is answered by that, without a call of our own."""
    if callback is None:
        return PlainTextResponse("")
    return JSONResponse({"method": "answerCallbackQuery", "callback_query_id": callback})
