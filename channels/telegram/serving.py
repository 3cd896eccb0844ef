"""The bot as a process: it meets Telegram, holds the lease, serves, and stops cleanly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import structlog
from telegram import BotCommand
from telegram.error import InvalidToken, RetryAfter, TelegramError

from channels.telegram.api import Api
from channels.telegram.messages import Messages
from channels.telegram.polling import Polling
from channels.telegram.refusals import described, seconds_of
from channels.telegram.updates import NAME
from channels.telegram.words import EN, WORDS
from core.base.db import INFRASTRUCTURE
from core.base.errors import ConfigurationError, kind_of
from core.conversation.delivery import lease
from core.conversation.delivery.bridge import Bridge
from core.conversation.delivery.channel import Capabilities
from core.conversation.delivery.courier import Courier
from core.conversation.engine import Engine
from core.conversation.messages import Picture

log = structlog.get_logger()

RENEW_SECONDS = 3.0
STANDBY_SECONDS = 1.0
LONGEST_WAIT = 30.0
PICTURE_SIDE = 1280
"""Pixels: no photo that Telegram shows is larger."""


class House(Protocol):
    """What this channel needs of `core.app.bootstrap.App`."""

    engine: Engine
    settings: Any

    def sheet(self, pictures: tuple[Picture, ...]) -> bytes: ...

    def thumbnail(self, key: str, side: int) -> bytes | None: ...

    def open_file(self, key: str) -> bytes | None: ...


class Service:
    """One bot, served by one process at a time; the others stand by."""

    def __init__(self, house: House, settings: Any, can: Capabilities) -> None:
        self._house, self._settings, self._can = house, settings, can
        token = settings.token.get_secret_value()
        self._api = Api(token, settings.base_url, settings.base_file_url, settings.proxy)
        self._bridge = Bridge()
        self._holder = lease.own_name()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until told to stop; raises ConfigurationError where the token is refused."""
        try:
            await self._until(stop, self._serve_when_alone())
        finally:
            await self._api.shutdown()
            self._bridge.close()

    async def _until(self, stop: asyncio.Event, work: Awaitable[None]) -> None:
        """Do it until it ends or is told to stop; then it may clean up."""
        working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working

    async def _serve_when_alone(self) -> None:
        await self._meet()
        name = f"{NAME}:{self._api.id}"
        while True:
            await self._await_turn(name)
            try:
                await self._serve(name)
            finally:
                with suppress(*INFRASTRUCTURE):
                    await self._bridge.call(lease.release, name, self._holder)

    async def _meet(self) -> None:
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
                wait = min(LONGEST_WAIT, 2.0 ** min(failures, 9) / 2)
                await asyncio.sleep(seconds_of(error) if isinstance(error, RetryAfter) else wait)
                failures += 1
        with suppress(TelegramError):  # else the poll will say what is wrong
            await self._api.delete_webhook()

    async def _await_turn(self, name: str) -> None:
        told = False
        while not await self._hold(name):
            if not told:
                log.info("another process serves this bot: standing by", lease=name)
                told = True
            await asyncio.sleep(STANDBY_SECONDS)

    async def _hold(self, name: str) -> bool:
        try:
            return await self._bridge.call(lease.hold, name, self._holder)
        except INFRASTRUCTURE as error:
            log.error("can't take the lease", lease=name, error=kind_of(error))
            return False

    async def _keep(self, name: str) -> None:
        """Renew the lease; ends when somebody else has it.

        A database that can't be written is no reason to end: nobody else can take it either, and
        those who write now must be told.
        """
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                if not await self._bridge.call(lease.hold, name, self._holder):
                    log.warning("another process has taken this bot over", lease=name)
                    return
            except INFRASTRUCTURE as error:
                log.error("can't renew the lease", lease=name, error=kind_of(error))

    async def _serve(self, name: str) -> None:
        """Receive and show until cancelled, or until the lease is lost."""
        bot = str(self._api.id)
        messages = Messages(self._api, self._draw, self._open)
        courier = Courier(
            self._house.engine,
            self._bridge,
            messages,
            self._can,
            (NAME, bot),
            self._settings.rate,
        )
        polling = Polling(
            self._api, self._house.engine, self._bridge, bot, courier.wake,
            self._settings.poll_seconds, messages.strip,
        )  # fmt: skip
        log.info("serving", bot=f"@{self._api.username}")
        showing = asyncio.create_task(courier.run())
        receiving = [
            asyncio.create_task(work)
            for work in (polling.run(), polling.sweep(), self._keep(name), self._introduce())
        ]
        vital = {showing, *receiving[:3]}
        try:
            done, _ = await asyncio.wait(vital, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await _cancel(receiving)
            await polling.finish()
            await _cancel([showing])

    def _draw(self, pictures: Sequence[Picture]) -> bytes | None:
        if len(pictures) == 1 and not pictures[0].label:
            return self._house.thumbnail(pictures[0].key, PICTURE_SIDE)
        return self._house.sheet(tuple(pictures))

    def _open(self, key: str) -> bytes | None:
        return self._house.open_file(key)

    async def _introduce(self) -> None:
        """Commands and descriptions in every language; where that fails, the old ones stay."""
        limits = self._house.settings.training
        known = self._house.engine.flow.table.commands
        for language, words in WORDS.items():
            photos = {"least": limits.min_photos, "most": limits.max_photos}
            code = None if words is EN else language
            commands = [
                BotCommand(name, words.commands[name]) for name in words.commands if name in known
            ]
            await _try(self._api.set_my_commands, commands, language_code=code)
            await _try(self._api.set_my_description, words.description.format(**photos), code)
            await _try(self._api.set_my_short_description, words.about.format(**photos), code)


async def _try(call: Callable[..., Awaitable[bool]], *args: Any, **named: Any) -> None:
    try:
        await call(*args, **named)
    except TelegramError as error:
        log.warning("the bot could not be described", error=described(error.message))


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
