"""Which conversations must be shown, by whom, and what was shown.

A screen is shown by level: a revision ahead of the shown one is not shown yet, whatever has
happened in between. A crash, a rate limit or an unreachable channel delay it and never lose it; a
new message may, rarely, come twice. A notice that may have arrived is recorded as uncertain and
not repeated.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import NamedTuple, Protocol

import structlog

from core.base.db import INFRASTRUCTURE
from core.base.errors import (
    Blocked,
    ChannelError,
    FlowError,
    Gone,
    Refused,
    RetryAfter,
    Uncertain,
    Unreachable,
    kind_of,
)
from core.conversation.delivery.background import Background
from core.conversation.delivery.bridge import Bridge
from core.conversation.delivery.channel import Capabilities, Place, Reference
from core.conversation.delivery.due import due_screens, waiting_notices
from core.conversation.delivery.outbox import (
    Parcel,
    abandon,
    back_off,
    begin_notice,
    parcel,
    posting,
    postpone,
    refused,
    settle,
    shown,
    unreachable,
)
from core.conversation.delivery.rendering import Rendered
from core.conversation.engine import Engine
from core.conversation.pacing import Rank

log = structlog.get_logger()

_FATES = {RetryAfter: "pending", Unreachable: "pending", Blocked: "blocked"}
"""What becomes of a notice that was not sent."""

TICKS_AT_ONCE = 3
"""So many progress ticks are under way at once: they leave a thread of the bridge for replies."""


class _Due(NamedTuple):
    """What to send now, in this order; a notice is named with its conversation.

    A reply stands below the notices of its conversation: it comes once they are sent, or refused.
    """

    replies: list[int]
    notices: list[tuple[int, int]]
    ticks: list[int]


class Show(Protocol):
    """The pushing half of a channel: awaited by `delivery`, one chat at a time.

    Each method may raise the errors of `core.base.errors.ChannelError`.
    """

    def mark(self, rendered: Rendered, previous: Reference | None, post: bool) -> Reference | None:
        """What is worth knowing later before a message is posted; None where one is edited."""
        ...

    async def show(
        self,
        place: Place,
        rendered: Rendered,
        previous: Reference | None,
        post: bool,
        lost: Reference | None,
    ) -> Reference:
        """Show a screen and return the message's reference.

        `previous` is the reference of the message that shows the screen now, if there is one.
        With `post` a new message at the bottom takes over and the previous one loses its buttons;
        without it the previous one is edited where it stands. `lost` is the mark of a message that
        may have arrived and was not recorded, and with it "notices", the messages of the notices.

        Raises `Gone` where the previous message can't be edited: then it is asked to post.
        """
        ...

    async def notify(self, place: Place, rendered: Rendered) -> Reference:
        """Post a notice as a message of its own; the reference's "id" is that message.

        Each of `rendered.images` is one picture of it. An album of several messages is sent whole
        or not at all, and "id" is all their numbers, with spaces between them.
        """
        ...

    async def strip(self, chat: str, message: int) -> None:
        """Take away the buttons of a message that shows the screen no more."""
        ...


class Courier:
    """Shows one bot's conversations when they are due: the asynchronous half of a push channel.

    `rate` is how many messages a second the channel takes in all; what is left of it after
    replies and alerts goes to progress ticks.
    """

    def __init__(
        self,
        engine: Engine,
        bridge: Bridge,
        channel: Show,
        can: Capabilities,
        address: tuple[str, str],
        rate: float = 25.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not can.pushes:
            raise FlowError("a channel with a courier pushes: its capabilities must say so")
        self._engine, self._bridge, self._channel, self._can = engine, bridge, channel, can
        self._address = address
        self._rate = rate
        self._clock = clock
        self._busy: set[int] = set()
        self._ticking: set[int] = set()
        self._sending = Background()
        self._wake = asyncio.Event()
        self._allowance = rate
        self._refilled = clock()

    def wake(self) -> None:
        """Look for due screens now instead of at the next tick."""
        self._wake.set()

    async def run(self) -> None:
        """Show what is due until cancelled; what is being sent then is finished first."""
        await self._record(abandon, *self._address)
        try:
            while True:
                await self._round()
                await self._pause()
        finally:
            await self._sending.finish(5)

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(0.2):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    async def _round(self) -> None:
        room = self._refill()
        if room <= 0:
            return
        try:
            due = await self._bridge.call(self._due, room + len(self._busy))
        except Exception:
            log.exception("can't read what is due")
            await asyncio.sleep(1)
            return
        for conversation_id in due.replies:
            self._start(conversation_id, self._show(conversation_id))
        for notice_id, conversation_id in due.notices:
            self._start(conversation_id, self._notify(notice_id))
        for conversation_id in due.ticks:
            if len(self._ticking) >= TICKS_AT_ONCE:
                break
            if self._start(conversation_id, self._tick(conversation_id)):
                self._ticking.add(conversation_id)

    def _refill(self) -> int:
        now = self._clock()
        elapsed = max(0.0, now - self._refilled)
        self._allowance = min(self._rate, self._allowance + elapsed * self._rate)
        self._refilled = now
        return int(self._allowance)

    def _due(self, limit: int) -> _Due:
        now = self._clock()
        screens = due_screens(self._address, now, limit)
        notices = waiting_notices(self._address, now, limit)
        told_first = {found for _, found, refusals in notices if not refusals}
        return _Due(
            [found for found, rank in screens if rank != Rank.TICK and found not in told_first],
            [(notice_id, conversation_id) for notice_id, conversation_id, _ in notices],
            [conversation_id for conversation_id, rank in screens if rank == Rank.TICK],
        )

    def _start(self, conversation_id: int, work: Coroutine[object, object, None]) -> bool:
        """Begin, unless something is being sent there already or the rate is used up."""
        if conversation_id in self._busy or self._allowance < 1:
            work.close()
            return False
        self._busy.add(conversation_id)
        self._allowance -= 1
        self._sending.start(self._guard(conversation_id, work))
        return True

    async def _guard(self, conversation_id: int, work: Coroutine[object, object, None]) -> None:
        began = self._clock()
        try:
            await work
        except RetryAfter as error:
            await self._record(postpone, conversation_id, self._clock() + error.seconds)
        except Blocked:
            await self._record(unreachable, conversation_id, began)
        except Exception as error:
            if not isinstance(error, ChannelError):
                log.exception("can't show", conversation=conversation_id)
            await self._record(back_off, conversation_id, self._clock())
        finally:
            self._busy.discard(conversation_id)
            self._wake.set()

    async def _tick(self, conversation_id: int) -> None:
        try:
            await self._show(conversation_id)
        finally:
            self._ticking.discard(conversation_id)

    async def _show(self, conversation_id: int) -> None:
        ready = await self._bridge.call(parcel, self._engine, conversation_id, self._can)
        try:
            reference = await self._put(ready, ready.post or not ready.previous)
        except Gone:
            reference = await self._put(ready, True)
        offers = ready.rendered.offers
        now = self._clock()
        await self._record(shown, conversation_id, ready.revision, offers, reference, now)

    async def _put(self, ready: Parcel, post: bool) -> Reference:
        """Show a screen; that a message is posted is written down before, and so known after a
        kill.
        """
        mark = self._channel.mark(ready.rendered, ready.previous, post)
        if mark is not None:
            await self._bridge.call(posting, ready.conversation_id, mark)
        try:
            return await self._channel.show(
                ready.place, ready.rendered, ready.previous, post, ready.lost
            )
        except (RetryAfter, Blocked, Gone, Refused, Unreachable):
            if mark is not None and ready.lost is None:  # certainly nothing was posted
                await self._record(posting, ready.conversation_id, None)
            raise

    async def _notify(self, notice_id: int) -> None:
        now = self._clock()
        try:
            place, rendered = await self._bridge.call(
                begin_notice, self._engine, notice_id, self._can, now
            )
            reference = await self._channel.notify(place, rendered)
        except INFRASTRUCTURE:  # it has not begun
            raise
        except Uncertain:
            await self._record(settle, notice_id, "uncertain", self._clock())
        except Refused:
            await self._record(refused, notice_id)
            raise
        except Exception as error:
            await self._record(settle, notice_id, _FATES.get(type(error), "failed"), None)
            raise
        else:
            message = str(reference.get("id", ""))
            await self._record(settle, notice_id, "sent", self._clock(), message)

    async def _record(self, function: Callable[..., None], *args: object) -> None:
        """Write down what has become of a message; until then it isn't sent again."""
        await self._bridge.insist(partial(function, *args), _unrecorded)


def _unrecorded(error: Exception) -> None:
    log.error("can't record what was shown", error=kind_of(error))
