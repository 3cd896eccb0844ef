"""The bot as Telegram knows it: who it is, how it introduces itself, how it gets its updates."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog
from telegram import BotCommand
from telegram.error import ChatMigrated, Conflict, InvalidToken, TelegramError

from channels.telegram.api import Api
from channels.telegram.messages import TelegramMessages
from channels.telegram.refusals import described, in_our_words, translated
from channels.telegram.updates import Raw, incoming
from channels.telegram.words import words
from core.base.errors import ConfigurationError
from core.conversation.delivery.background import Pauses
from core.conversation.delivery.channel import Host
from core.conversation.delivery.reception import Reception
from core.conversation.delivery.screens import Screens

if TYPE_CHECKING:
    from channels.telegram import Settings

log = structlog.get_logger()


class TelegramBot:
    """One bot; see `core.conversation.delivery.reception.Messenger`."""

    words = staticmethod(words)

    def __init__(self, host: Host, settings: Settings) -> None:
        self._host, self._settings = host, settings
        token = settings.token.get_secret_value()
        self._api = Api(token, settings.base_url, settings.base_file_url, settings.proxy)
        self.screens = Screens(TelegramMessages(self._api), host)

    async def connect(self) -> str:
        """Find out who we are."""
        with in_our_words(repeatable=True):
            try:
                await self._api.initialize()
            except InvalidToken:
                raise ConfigurationError(
                    "Telegram refuses the token in LIKENESS_TELEGRAM__TOKEN. "
                    "Copy it again from @BotFather."
                ) from None  # the library's own error quotes the token
        with suppress(TelegramError):  # else the poll will say what is wrong
            await self._api.delete_webhook()
        return str(self._api.id)

    async def introduce(self) -> None:
        """Commands and descriptions in every language; where that fails, the old ones stay."""
        flow = self._host.engine.flow
        for language in flow.languages:
            code = None if language == flow.languages[0] else language
            said = self._host.introduction(language)
            known = [name for name in said.commands if name in flow.table.commands]
            commands = [BotCommand(name, said.commands[name]) for name in known]
            await _try(self._api.set_my_commands, commands, language_code=code)
            await _try(self._api.set_my_description, said.description, code)
            await _try(self._api.set_my_short_description, said.about, code)

    async def listen(self, reception: Reception) -> None:
        """Poll until cancelled: a batch is committed before the next poll confirms it."""
        offset, bot = None, str(self._api.id)
        while True:
            if batch := await self._poll(offset):
                await reception.take([incoming(raw, bot) for raw in batch])
                offset = batch[-1]["update_id"] + 1

    async def _poll(self, offset: int | None) -> list[Raw]:
        pauses = Pauses(0.5, 30.0)
        while True:
            try:
                batch = await self._api.updates(offset, self._settings.poll_seconds)
                break
            except TelegramError as error:
                if not pauses.failures:
                    log.warning(_problem(error), error=described(error.message))
                await pauses.after(translated(error, repeatable=True))
        if pauses.failures:
            log.info("Telegram gives updates again")
        return batch

    async def answer(self, callback: str) -> None:
        """Stop the waiting sign on a pressed button; what came of the press is on the screen."""
        with in_our_words(repeatable=True):
            await self._api.answer_callback_query(callback)

    async def say(self, chat: str, text: str) -> str:
        """Say something beside all screens; a group may have got another number meanwhile."""
        with in_our_words():
            try:
                await self._api.send_message(chat, text)
            except ChatMigrated as error:
                return await self.say(str(error.new_chat_id), text)
        return chat

    async def close(self) -> None:
        """Close the connections to Telegram."""
        await self._api.shutdown()


def _problem(error: TelegramError) -> str:
    if isinstance(error, Conflict):
        return "another program takes this bot's updates: stop it, or its webhook"
    if isinstance(error, InvalidToken):
        return "Telegram no longer accepts the token: LIKENESS_TELEGRAM__TOKEN"
    return "Telegram gives no updates; trying on"


async def _try(call: Callable[..., Awaitable[bool]], *args: object, **named: object) -> None:
    try:
        await call(*args, **named)
    except TelegramError as error:
        log.warning("the bot could not be described", error=described(error.message))
