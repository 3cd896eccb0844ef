"""What the bot says beside all screens, as plain text that nothing depends on."""

from __future__ import annotations

import time

import structlog
from telegram.error import ChatMigrated, TelegramError

from channels.telegram.api import Api
from channels.telegram.refusals import described
from core.conversation.delivery.background import Background

log = structlog.get_logger()

FINISH_SECONDS = 5.0
TELL_SECONDS = 60.0
"""A chat is told one remark in so many seconds."""


class Remarks:
    """Tells each chat one thing at a time."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._told: dict[str, float] = {}
        self._sending = Background()

    def tell(self, chat: str, text: str, *, once: bool = False) -> None:
        """Say something, and nothing more for a while, or with `once` ever again."""
        now = time.monotonic()
        self._told = {told: until for told, until in self._told.items() if until > now}
        if chat not in self._told:
            self._told[chat] = float("inf") if once else now + TELL_SECONDS
            self._sending.start(self._send(chat, text))

    async def finish(self) -> None:
        """Wait for what is being sent."""
        await self._sending.finish(FINISH_SECONDS)

    async def _send(self, chat: str, text: str) -> None:
        try:
            await self._api.send_message(chat, text)
        except ChatMigrated as error:  # the group has become a larger one, with another number
            self._told[str(error.new_chat_id)] = float("inf")
            await self._send(str(error.new_chat_id), text)
        except TelegramError as error:
            log.debug("a remark was not sent", error=described(error.message))
