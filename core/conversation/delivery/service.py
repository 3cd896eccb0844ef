"""A bot as a process: it holds the lease, receives, shows what is due, and stops cleanly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from core.base.db import INFRASTRUCTURE
from core.base.errors import kind_of
from core.conversation.delivery import lease
from core.conversation.delivery.bridge import Bridge
from core.conversation.delivery.channel import Capabilities
from core.conversation.delivery.courier import Courier, Show
from core.conversation.delivery.intake import Intake
from core.conversation.engine import Engine
from core.conversation.messages import Update

log = structlog.get_logger()

RENEW_SECONDS = 3.0
STANDBY_SECONDS = 1.0


class Messenger(Protocol):
    """One bot of a channel that pushes: what its author brings, and `Service` runs."""

    @property
    def messages(self) -> Show:
        """What shows screens and notices."""
        ...

    async def connect(self) -> str:
        """Reach the messenger, however long that takes; returns the bot's identifier.

        Raises ConfigurationError where the messenger refuses the bot.
        """
        ...

    async def introduce(self) -> None:
        """Tell the messenger what the bot can do; whatever fails stays as it was."""
        ...

    async def listen(self, intake: Intake) -> None:
        """Hand over what arrives until cancelled, then finish what has begun.

        What the messenger will not bring again must have been committed.
        """
        ...

    def apologise(self, update: Update) -> None:
        """Tell a person beside all screens that their message is kept and takes longer."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class Service:
    """Serves one bot; of several processes one receives, and the others stand by.

    `rate` is how many messages a second the messenger takes in all.
    """

    def __init__(
        self, channel: str, messenger: Messenger, engine: Engine, can: Capabilities, rate: float
    ) -> None:
        self._channel, self._messenger = channel, messenger
        self._engine, self._can, self._rate = engine, can, rate
        self._bridge = Bridge()
        self._holder = lease.own_name()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until told to stop; raises ConfigurationError where the bot is refused."""
        try:
            await self._until(stop, self._serve_in_turn())
        finally:
            await self._messenger.close()
            self._bridge.close()

    async def _until(self, stop: asyncio.Event, work: Awaitable[None]) -> None:
        """Do it until it ends or is told to stop; then it may clean up."""
        working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working

    async def _serve_in_turn(self) -> None:
        bot = await self._messenger.connect()
        name = f"{self._channel}:{bot}"
        while True:
            await self._await_turn(name)
            try:
                await self._serve(bot, name)
            finally:
                with suppress(*INFRASTRUCTURE):
                    await self._bridge.call(lease.release, name, self._holder)

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

    async def _serve(self, bot: str, name: str) -> None:
        """Receive and show until cancelled, or until the lease is lost."""
        messenger, address = self._messenger, (self._channel, bot)
        courier = Courier(
            self._engine, self._bridge, messenger.messages, self._can, address, self._rate
        )
        intake = Intake(self._engine, self._bridge, courier.wake, messenger.apologise)
        log.info("serving", bot=bot)
        showing = asyncio.create_task(courier.run())
        vital = [
            asyncio.create_task(work)
            for work in (messenger.listen(intake), intake.sweep(), self._keep(name))
        ]
        introducing = asyncio.create_task(messenger.introduce())
        try:
            done, _ = await asyncio.wait({showing, *vital}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await asyncio.gather(_cancelled([*vital, introducing]), intake.finish())
            intake.close()
            await _cancelled([showing])


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
