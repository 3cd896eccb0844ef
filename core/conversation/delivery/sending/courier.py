"""Which conversations must be shown, which process shows them, and what was shown.

A screen is shown by level: a revision ahead of the shown one is not shown yet, whatever has
happened in between. A crash, a rate limit or an unreachable channel delay it and never lose it; a
new message may, rarely, come twice. A notice that may have arrived is recorded as uncertain and
not repeated.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import NamedTuple

import structlog

from core.base.db import INFRASTRUCTURE
from core.base.errors import (
    Blocked,
    ChannelError,
    FlowError,
    Gone,
    Refused,
    RetryAfter,
    TakenOver,
    Uncertain,
    Unreachable,
    kind_of,
)
from core.base.logs import traces
from core.conversation.delivery.bridge import Background, Bridge
from core.conversation.delivery.channel import Capabilities, Reference
from core.conversation.delivery.screens import Show
from core.conversation.delivery.sending import limits
from core.conversation.delivery.sending.due import due_screens, waiting_notices
from core.conversation.delivery.sending.outbox import (
    Parcel,
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
from core.conversation.delivery.sending.shares import Fence, Held, abandon, doubt, share_of
from core.conversation.engine import Engine
from core.conversation.timing.pacing import Rank

log = structlog.get_logger()

_FATES = {RetryAfter: "pending", Unreachable: "pending", Blocked: "blocked"}
"""What becomes of a notice that was not sent."""

AT_ONCE = 64
"""So many conversations are shown at once."""
TICKS_AT_ONCE = 3
"""So many ticks are under way at once: they leave a thread of the bridge for replies."""


class _Due(NamedTuple):
    """What to send now, in this order; a notice is named with its conversation.

    A reply stands below the notices of its conversation: it comes once they are sent, or refused.
    """

    replies: list[int]
    notices: list[tuple[int, int]]
    ticks: list[int]


class Courier:
    """Shows one bot's conversations when they are due: the asynchronous half of a push channel.

    `rate` is how many messages a second the channel takes in all; what is left of it after
    replies and alerts, which never wait for it, goes to the progress ticks of all senders. `held`
    are the shares that it shows for, all of the bot's where there is no other sender.
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
        held: Held | None = None,
    ) -> None:
        if not can.pushes:
            raise FlowError("a channel with a courier pushes: its capabilities must say so")
        self._engine, self._bridge, self._channel, self._can = engine, bridge, channel, can
        self._address, self._bot = address, ":".join(address)
        self._rate = rate
        self._clock = clock
        self._held, self._alone = held or Held(None), held is None
        self._busy: set[int] = set()
        self._ended: set[int] = set()  # what was due when we looked may be so no more
        self._ticking: set[int] = set()
        self._sending = Background()
        self._wake = asyncio.Event()
        self._streak = limits.Streak()
        self._used = 0

    def wake(self) -> None:
        """Look for due screens now instead of at the next tick."""
        self._wake.set()

    def under_way(self) -> set[int]:
        """The shares in which something is being sent."""
        return set(map(share_of, self._busy))

    async def run(self) -> None:
        """Show what is due until cancelled; what is being sent then is finished first."""
        if self._alone:
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
        self._busy -= self._ended
        self._ended.clear()
        if len(self._busy) >= AT_ONCE:
            return
        try:
            due = await self._bridge.call(self._due, AT_ONCE)
            ticks = await self._granted(due.ticks)
        except Exception:
            log.exception("can't read what is due")
            await asyncio.sleep(1)
            return
        for conversation_id in due.replies:
            self._used += self._start(conversation_id, self._show(conversation_id))
        for notice_id, conversation_id in due.notices:
            self._used += self._start(conversation_id, self._notify(notice_id, conversation_id))
        for conversation_id in ticks:
            if self._start(conversation_id, self._show(conversation_id)):
                self._ticking.add(conversation_id)

    async def _granted(self, due: Sequence[int]) -> Sequence[int]:
        """The ticks for which there is room, here and in the budget of all senders."""
        room = TICKS_AT_ONCE - len(self._ticking)
        ticks = [found for found in due if found not in self._busy][: max(0, room)]
        if not ticks:
            return ()
        used, self._used = self._used, 0
        return ticks[
            : await self._bridge.call(limits.spend, self._bot, len(ticks), self._rate, used)
        ]

    def _due(self, limit: int) -> _Due:
        now = self._clock()
        if limits.silent_until(self._bot) > now:
            return _Due([], [], [])
        limit += len(self._busy)
        screens = due_screens(self._address, now, limit, self._held.clause("id"))
        notices = waiting_notices(self._address, now, limit, self._held.clause("c.id"))
        told_first = {found for _, found, refusals in notices if not refusals}
        return _Due(
            [found for found, rank in screens if rank != Rank.TICK and found not in told_first],
            [(notice_id, conversation_id) for notice_id, conversation_id, _ in notices],
            [conversation_id for conversation_id, rank in screens if rank == Rank.TICK],
        )

    def _start(self, conversation_id: int, work: Coroutine[object, object, None]) -> bool:
        """Begin, unless something is being sent there already or too much is."""
        if conversation_id in self._busy or len(self._busy) >= AT_ONCE:
            work.close()
            return False
        self._busy.add(conversation_id)
        self._sending.start(self._guard(conversation_id, work))
        return True

    async def _guard(self, conversation_id: int, work: Coroutine[object, object, None]) -> None:
        began = self._clock()
        try:
            await work
            self._streak.passed()
        except RetryAfter as error:
            await self._limit(conversation_id, error.seconds)
        except Blocked:
            await self._record(unreachable, conversation_id, began)
        except TakenOver:
            log.info("another process sends to this chat by now", conversation=conversation_id)
        except Exception as error:
            if not isinstance(error, ChannelError):
                log.exception("can't show", conversation=conversation_id)
            await self._record(back_off, conversation_id, self._clock())
        finally:
            self._ended.add(conversation_id)
            self._ticking.discard(conversation_id)
            self._wake.set()

    async def _limit(self, conversation_id: int, seconds: float) -> None:
        """Leave a chat alone, or all where nothing is taken for one chat after another."""
        now = self._clock()
        await self._record(postpone, conversation_id, now + seconds)
        if self._streak.refused(conversation_id, now):
            await self._record(limits.silence, self._bot, now + seconds, now)

    async def _show(self, conversation_id: int) -> None:
        fence = self._held.fence(conversation_id)
        ready = await self._bridge.call(parcel, self._engine, conversation_id, self._can)
        try:
            reference = await self._put(ready, ready.post or not ready.previous, fence)
        except Gone:
            reference = await self._put(ready, True, fence)
        seen = ready.revision, ready.rendered.offers, reference, self._clock(), fence
        try:
            await self._record(shown, conversation_id, *seen)
        except TakenOver:
            await self._take_back(ready, reference)
            raise

    async def _put(self, ready: Parcel, post: bool, fence: Fence | None) -> Reference:
        """Show a screen. That one is posted is written down before, and so known after a kill."""
        mark = self._channel.mark(ready.rendered, ready.previous, post)
        if mark is not None:
            await self._bridge.call(posting, ready.conversation_id, mark, fence)
        self._held.fence(ready.conversation_id)  # a process may have been paused meanwhile
        try:
            with _outbound("screen", ready.conversation_id):
                return await self._channel.show(
                    ready.place, ready.rendered, ready.previous, post, ready.lost
                )
        except (RetryAfter, Blocked, Gone, Refused, Unreachable):
            if mark is not None and ready.lost is None:  # certainly nothing was posted
                await self._record(posting, ready.conversation_id, None, fence)
            raise

    async def _take_back(self, ready: Parcel, reference: Reference) -> None:
        """What was sent after another process had taken over may lie over what that one sent."""
        message = reference.get("id")
        posted = message if message != (ready.previous or {}).get("id") else None
        await self._record(doubt, ready.conversation_id, posted)
        if posted is not None:
            await self._channel.strip(ready.place.chat, posted)

    async def _notify(self, notice_id: int, conversation_id: int) -> None:
        now = self._clock()
        try:
            place, rendered = await self._bridge.call(
                begin_notice,
                self._engine,
                notice_id,
                self._can,
                now,
                self._held.fence(conversation_id),
            )
            with _outbound("notice", conversation_id):
                reference = await self._channel.notify(place, rendered)
        except (*INFRASTRUCTURE, TakenOver):  # it has not begun
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


def _outbound(what: str, conversation_id: int) -> AbstractContextManager[object]:
    return traces.span("outbound", what=what, conversation=conversation_id)


def _unrecorded(error: Exception) -> None:
    log.error("can't record what was shown", error=kind_of(error))
