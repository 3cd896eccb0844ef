"""The bot as Telegram knows it: who it is, how it introduces itself, how it gets its updates."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import structlog
from telegram import BotCommand
from telegram.error import ChatMigrated, Conflict, InvalidToken, TelegramError

from channels.telegram.api import Api
from channels.telegram.messages import TelegramMessages
from channels.telegram.place import Place
from channels.telegram.refusals import described, in_our_words, token_accepted, translated
from channels.telegram.updates import Raw, incoming
from channels.telegram.webhook import Lookout
from channels.telegram.words import words
from core.conversation.delivery.bridge import Pauses
from core.conversation.delivery.channel import Host
from core.conversation.delivery.receiving.reception import Reception
from core.conversation.delivery.screens import Screens

if TYPE_CHECKING:
    from channels.telegram import Settings

log = structlog.get_logger()

STANDBY_SECONDS = 2.0
"""How often it is looked whether the webhook still stands."""


class TelegramBot:
    """One bot; see `core.conversation.delivery.receiving.reception.Messenger`."""

    words = staticmethod(words)

    def __init__(self, host: Host, settings: Settings) -> None:
        self._host, self._settings = host, settings
        self._api = api_of(settings)
        self.screens = Screens(TelegramMessages(self._api), host)
        place = Place(settings.webhook_url, settings.token.get_secret_value())
        self.lookout = Lookout(self._api, place.address)
        self.id = place.bot

    async def connect(self) -> str:
        """Find out who we are."""
        with in_our_words(repeatable=True), token_accepted():
            await self._api.initialize()
        return self.id

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
        """Poll until cancelled: a batch is committed before the next poll confirms it.

        While a webhook stands, what is delivered to it is not polled.
        """
        offset, bot = None, self.id
        await self._stand_by()
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
                if isinstance(error, Conflict) and await self._stand_by():
                    continue
                if not pauses.failures:
                    log.warning(_problem(error), error=described(error.message))
                await pauses.after(translated(error, repeatable=True))
        if pauses.failures:
            log.info("Telegram gives updates again")
        return batch

    async def _stand_by(self) -> bool:
        """Wait while a webhook takes the updates; whether one did."""
        stood = False
        while (stands := await self.lookout.look()) or (stood and stands is None):
            if not stood:
                log.info("Telegram delivers to a webhook: polling stands by")
                stood = True
            await asyncio.sleep(STANDBY_SECONDS)
        if stood:
            log.info("the webhook is gone: polling")
        return stood

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
        await self._api.disconnect()


def api_of(settings: Settings) -> Api:
    """The Bot API as it is configured."""
    token = settings.token.get_secret_value()
    return Api(token, settings.base_url, settings.base_file_url, settings.proxy)


def _problem(error: TelegramError) -> str:
    if isinstance(error, Conflict):
        return "another program takes this bot's updates: stop it"
    if isinstance(error, InvalidToken):
        return "Telegram no longer accepts the token: LIKENESS_TELEGRAM__TOKEN"
    return "Telegram gives no updates; trying on"


async def _try(call: Callable[..., Awaitable[bool]], *args: object, **named: object) -> None:
    try:
        await call(*args, **named)
    except TelegramError as error:
        log.warning("the bot could not be described", error=described(error.message))
