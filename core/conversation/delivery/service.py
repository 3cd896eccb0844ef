"""A bot as a process: it receives in turn with others, shows its share of what is due, and stops.

Any number of processes send for a bot, each for its shares of the conversations; where it is asked
for updates, one of them asks, and the others stand by.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress

import structlog

from core.base.db import INFRASTRUCTURE
from core.base.errors import ChannelError, kind_of
from core.base.processes import liveness, process, shutdown
from core.conversation.delivery import lease
from core.conversation.delivery.bridge import Bridge, Pauses
from core.conversation.delivery.channel import Capabilities
from core.conversation.delivery.receiving.intake import Intake
from core.conversation.delivery.receiving.reception import Messenger, Reception, Remarks
from core.conversation.delivery.sending import shares
from core.conversation.delivery.sending.courier import Courier
from core.conversation.delivery.sending.shares import Held
from core.conversation.engine import Engine

log = structlog.get_logger()

RENEW_SECONDS = 3.0
SHARE_SECONDS = 2.0
STANDBY_SECONDS = 1.0
LONGEST_WAIT = 30.0


class Service:
    """Serves one bot, beside other processes that do.

    `rate` is how many messages a second the messenger takes in all.
    """

    def __init__(
        self, channel: str, messenger: Messenger, engine: Engine, can: Capabilities, rate: float
    ) -> None:
        self._channel, self._messenger = channel, messenger
        self._engine, self._can, self._rate = engine, can, rate
        self._bridge = Bridge()
        self._holder = process.own_name()

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
        address = self._channel, await self._connected()
        held = Held(address)
        courier = Courier(
            self._engine, self._bridge, self._messenger.screens, self._can, address, self._rate,
            held=held,
        )  # fmt: skip
        showing = asyncio.create_task(courier.run())
        vital = [
            asyncio.create_task(self._share(address, held, courier)),
            asyncio.create_task(self._receive_in_turn(address, courier)),
        ]
        try:
            done, _ = await asyncio.wait({showing, *vital}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await _cancelled(vital)
            await _cancelled([showing])
            with suppress(*INFRASTRUCTURE):
                await self._bridge.call(shares.leave, address, self._holder)

    async def _share(self, address: tuple[str, str], held: Held, courier: Courier) -> None:
        """Hold a fair part of the conversations, until cancelled."""
        surplus: Collection[int] = ()
        while True:
            began = time.monotonic()
            given_back = set(surplus) - courier.under_way()
            try:
                found = await self._bridge.call(shares.balance, address, self._holder, given_back)
            except INFRASTRUCTURE as error:  # nobody else can take them either
                log.error("can't share the conversations", error=kind_of(error))
            else:
                surplus = found.surplus
                held.hold(found.tokens, surplus, began + shares.SECONDS)
                if found.taken:
                    log.info("sending for a part", shares=len(found.tokens), of=shares.SHARES)
                    courier.wake()
            await asyncio.sleep(SHARE_SECONDS)

    async def _receive_in_turn(self, address: tuple[str, str], courier: Courier) -> None:
        name = ":".join(address)
        while True:
            await self._await_turn(name)
            try:
                await self._receive(address, name, courier)
            finally:
                with suppress(*INFRASTRUCTURE):
                    await self._bridge.call(lease.release, name, self._holder)

    async def _connected(self) -> str:
        pauses = Pauses(0.5, LONGEST_WAIT)
        while True:
            try:
                return await self._messenger.connect()
            except ChannelError as error:
                log.warning("can't connect; trying on", channel=self._channel, error=str(error))
                await pauses.after(error)

    async def _await_turn(self, name: str) -> None:
        told = False
        while not await self._hold(name):
            if not told:
                log.info("another process receives for this bot: standing by", lease=name)
                told = True
            await asyncio.sleep(STANDBY_SECONDS)

    async def _hold(self, name: str) -> bool | None:
        """Take or renew the lease; None where the database is in trouble."""
        try:
            return await self._bridge.call(lease.hold, name, self._holder)
        except INFRASTRUCTURE as error:
            log.error("can't take the lease", lease=name, error=kind_of(error))
            return None

    async def _keep(self, name: str) -> None:
        """Renew the lease; ends when somebody else has it.

        A database that can't be written is no reason to end: nobody else can take it either, and
        those who write now must be told.
        """
        held: bool | None = True
        while held is not False:
            await asyncio.sleep(RENEW_SECONDS)
            held = await self._hold(name)
        log.warning("another process has taken this bot over", lease=name)

    async def _receive(self, address: tuple[str, str], name: str, courier: Courier) -> None:
        """Receive until cancelled, or until the lease is lost."""
        messenger = self._messenger
        remarks = Remarks(messenger)
        intake = Intake(self._engine, self._bridge, courier.wake, remarks.apologise)
        reception = Reception(messenger, intake, remarks, address)
        log.info("serving", bot=address[1])
        vital = [
            asyncio.create_task(work)
            for work in (reception.listen(), intake.sweep(), self._keep(name))
        ]
        introducing = asyncio.create_task(messenger.introduce())
        try:
            done, _ = await asyncio.wait(vital, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await _cancelled([*vital, introducing])
            await asyncio.gather(reception.finish(), intake.finish())
            intake.close()
            await remarks.finish()


async def until_asked(serve: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Serve until SIGTERM or SIGINT: what has begun is finished then."""
    stop = asyncio.Event()

    def asked() -> None:
        shutdown.begin()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked)
    turning = asyncio.create_task(_turn())
    try:
        await serve(stop)
    finally:
        await _cancelled([turning])


async def _turn() -> None:
    """Say that this loop turns, until cancelled."""
    try:
        while True:
            liveness.turned()
            await asyncio.sleep(liveness.TOUCH_SECONDS)
    finally:
        liveness.resting()


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
