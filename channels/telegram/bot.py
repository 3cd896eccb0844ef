"""The bot as Telegram knows it: who it is, how it introduces itself, what it does with updates."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from telegram import BotCommand
from telegram.error import InvalidToken, RetryAfter, TelegramError

from channels.telegram.api import Api
from channels.telegram.messages import Messages
from channels.telegram.polling import LONGEST_WAIT, Polling
from channels.telegram.refusals import described, seconds_of
from channels.telegram.remarks import Remarks
from channels.telegram.words import EN, WORDS, words
from core.base.errors import ConfigurationError
from core.conversation.delivery.background import backoff
from core.conversation.delivery.channel import Host
from core.conversation.delivery.intake import Intake
from core.conversation.delivery.pictures import drawn
from core.conversation.messages import Update

if TYPE_CHECKING:
    from channels.telegram import Settings

log = structlog.get_logger()


class TelegramBot:
    """One bot; see `core.conversation.delivery.service.Messenger`."""

    def __init__(self, host: Host, settings: Settings) -> None:
        self._host, self._settings = host, settings
        token = settings.token.get_secret_value()
        self._api = Api(token, settings.base_url, settings.base_file_url, settings.proxy)
        self._remarks = Remarks(self._api)
        self.messages = Messages(self._api, partial(drawn, host), host.open_file)

    async def connect(self) -> str:
        """Find out who we are, however long Telegram can't be reached."""
        failures = 0
        while True:
            try:
                await self._api.initialize()
                break
            except InvalidToken:
                raise ConfigurationError(
                    "Telegram refuses the token in LIKENESS_TELEGRAM__TOKEN. "
                    "Copy it again from @BotFather."
                ) from None  # the library's own error quotes the token
            except TelegramError as error:
                log.warning("Telegram can't be reached; trying on", error=described(error.message))
                wait = backoff(failures, 0.5, LONGEST_WAIT)
                await asyncio.sleep(seconds_of(error) if isinstance(error, RetryAfter) else wait)
                failures += 1
        with suppress(TelegramError):  # else the poll will say what is wrong
            await self._api.delete_webhook()
        return str(self._api.id)

    async def introduce(self) -> None:
        """Commands and descriptions in every language; where that fails, the old ones stay."""
        limits = self._host.settings.training
        known = self._host.engine.flow.table.commands
        photos = {"least": limits.min_photos, "most": limits.max_photos}
        for language, said in WORDS.items():
            code = None if said is EN else language
            commands = [
                BotCommand(name, said.commands[name]) for name in said.commands if name in known
            ]
            await _try(self._api.set_my_commands, commands, language_code=code)
            await _try(self._api.set_my_description, said.description.format(**photos), code)
            await _try(self._api.set_my_short_description, said.about.format(**photos), code)

    async def listen(self, intake: Intake) -> None:
        """Poll until cancelled."""
        bot, seconds = str(self._api.id), self._settings.poll_seconds
        polling = Polling(self._api, intake, bot, seconds, self._remarks, self.messages.strip)
        await polling.run()

    def apologise(self, update: Update) -> None:
        """Say that something is broken on our side."""
        self._remarks.tell(update.address.chat, words(update.person.language).our_fault)

    async def close(self) -> None:
        """Close the connections to Telegram."""
        await self._remarks.finish()
        await self._api.shutdown()


async def _try(call: Callable[..., Awaitable[bool]], *args: Any, **named: Any) -> None:
    try:
        await call(*args, **named)
    except TelegramError as error:
        log.warning("the bot could not be described", error=described(error.message))
