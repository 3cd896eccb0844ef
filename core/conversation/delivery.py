"""Which conversations must be shown, by whom, and what was shown.

A screen is shown by level: a revision ahead of the shown one is not shown yet, whatever has
happened in between. A crash, a rate limit or an unreachable channel delay it and never lose it; a
new message may, rarely, come twice. A notice that may have arrived is recorded as uncertain and
not repeated.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from core.conversation.bridge import Bridge
from core.conversation.channel import Capabilities, Show
from core.conversation.engine import INFRASTRUCTURE, Engine
from core.conversation.models import PendingNotice
from core.conversation.rendering import Offer, Rendered, render
from core.db import run, snapshot, transaction
from core.errors import Blocked, ChannelError, Gone, RetryAfter, Uncertain, Unreachable

log = structlog.get_logger()

_DUE = """
SELECT id FROM conversations
WHERE channel = ? AND bot = ? AND revision > shown_revision AND due_at <= ? AND not_before <= ?
  AND NOT unreachable ORDER BY rank, due_at LIMIT ?
"""
_NOTICES = """
SELECT min(n.id) FROM notices n JOIN conversations c ON c.id = n.conversation_id
WHERE n.outcome = 'pending' AND c.channel = ? AND c.bot = ? AND c.not_before <= ?
  AND NOT c.unreachable GROUP BY n.conversation_id LIMIT ?
"""
_SHOWN = """
UPDATE conversations SET shown_revision = ?, shown = ?, shown_buttons = ?, shown_at = ?,
       failures = 0 WHERE id = ? AND shown_revision <= ?
"""
_LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Parcel:
    """A screen ready to be shown: what, where, over which message, from which revision."""

    conversation_id: int
    chat: str
    rendered: Rendered
    previous: Mapping[str, Any] | None
    post: bool
    revision: int
    visit: int


def parcel(engine: Engine, conversation_id: int, can: Capabilities) -> Parcel:
    """Draw a conversation's screen for a channel; everything from one moment."""
    with snapshot():
        look = engine.look(conversation_id)
        row = run(
            "SELECT chat, shown, post_revision > shown_revision FROM conversations WHERE id = ?",
            conversation_id,
        ).fetchone()
    rendered = render(look.screen, can, look.token_key, look.position.visit)
    previous = json.loads(row[1]) if row[1] else None
    revision = look.position.revision
    visit = look.position.visit
    return Parcel(conversation_id, row[0], rendered, previous, bool(row[2]), revision, visit)


def shown(
    conversation_id: int,
    revision: int,
    offers: tuple[Offer, ...],
    reference: Mapping[str, Any] | None,
    now: float,
) -> None:
    """Record what a person sees now: typed replies are read against it."""
    buttons = json.dumps([[o.label, o.token] for o in offers], ensure_ascii=False)
    kept = None if reference is None else json.dumps(reference)
    with transaction():
        run(_SHOWN, revision, kept, buttons, now, conversation_id, revision)


def take_notices(engine: Engine, conversation_id: int, can: Capabilities) -> list[Rendered]:
    """The notices that wait for a pulled conversation; from now on they count as sent."""
    with transaction():
        waiting = list(
            PendingNotice.select()
            .where(
                PendingNotice.conversation == conversation_id, PendingNotice.outcome == "pending"
            )
            .order_by(PendingNotice.id)
        )
        if not waiting:
            return []
        now = time.time()
        for notice in waiting:
            _settle(notice.id, "sent", now)
    return [_draw_notice(engine, notice, can) for notice in waiting]


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
        self._engine, self._bridge, self._channel, self._can = engine, bridge, channel, can
        self._address = address
        self._rate = rate
        self._clock = clock
        self._busy: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
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
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=5)

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
            screens, notices = await self._bridge.call(self._due, room + len(self._busy))
        except Exception:
            log.exception("can't read what is due")
            await asyncio.sleep(1)
            return
        for conversation_id in screens:
            self._start(conversation_id, self._show(conversation_id))
        for notice_id, conversation_id in notices:
            self._start(conversation_id, self._notify(notice_id))

    def _refill(self) -> int:
        now = self._clock()
        elapsed = max(0.0, now - self._refilled)
        self._allowance = min(self._rate, self._allowance + elapsed * self._rate)
        self._refilled = now
        return int(self._allowance)

    def _due(self, limit: int) -> tuple[list[int], list[tuple[int, int]]]:
        now = self._clock()
        rows = run(_DUE, *self._address, now, now, limit).fetchall()
        found = run(_NOTICES, *self._address, now, limit).fetchall()
        ids = [row[0] for row in found]
        notices = PendingNotice.select().where(PendingNotice.id.in_(ids)) if ids else []
        return [row[0] for row in rows], [(n.id, n.conversation_id) for n in notices]

    def _start(self, conversation_id: int, work: Any) -> None:
        if conversation_id in self._busy or self._allowance < 1:
            work.close()
            return
        self._busy.add(conversation_id)
        self._allowance -= 1
        task = asyncio.create_task(self._guard(conversation_id, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guard(self, conversation_id: int, work: Any) -> None:
        try:
            await work
        except RetryAfter as error:
            await self._record(postpone, conversation_id, self._clock() + error.seconds)
        except Blocked:
            await self._record(unreachable, conversation_id)
        except Exception as error:
            if not isinstance(error, ChannelError):
                log.exception("can't show", conversation=conversation_id)
            await self._record(back_off, conversation_id, self._clock())
        finally:
            self._busy.discard(conversation_id)
            self._wake.set()

    async def _show(self, conversation_id: int) -> None:
        ready = await self._bridge.call(parcel, self._engine, conversation_id, self._can)
        try:
            reference = await self._channel.show(
                ready.chat, ready.rendered, ready.previous, ready.post or not ready.previous
            )
        except Gone:
            reference = await self._channel.show(ready.chat, ready.rendered, None, True)
        offers = ready.rendered.offers
        now = self._clock()
        await self._record(shown, conversation_id, ready.revision, offers, reference, now)

    async def _notify(self, notice_id: int) -> None:
        found = await self._bridge.call(self._begin_notice, notice_id)
        try:
            await self._channel.notify(found[0], found[1])
        except Uncertain:
            await self._record(_settle, notice_id, "uncertain", self._clock())
        except (RetryAfter, Unreachable):
            await self._record(_settle, notice_id, "pending", None)
            raise
        except Blocked:
            await self._record(_settle, notice_id, "blocked", None)
            raise
        except Exception:
            await self._record(_settle, notice_id, "failed", None)
            raise
        else:
            await self._record(_settle, notice_id, "sent", self._clock())

    async def _record(self, function: Callable[..., None], *args: Any) -> None:
        """Write down what has become of a message; until then it isn't sent again."""
        while True:
            try:
                return await self._bridge.call(function, *args)
            except INFRASTRUCTURE as error:
                log.error("can't record what was shown", error=str(error))
                await asyncio.sleep(1)

    def _begin_notice(self, notice_id: int) -> tuple[str, Rendered]:
        with transaction():
            notice = PendingNotice.get_by_id(notice_id)
            run(
                "UPDATE notices SET outcome = 'sending', attempted_at = ? WHERE id = ?",
                *(self._clock(), notice_id),
            )
        return str(notice.conversation.chat), _draw_notice(self._engine, notice, self._can)


def _draw_notice(engine: Engine, notice: Any, can: Capabilities) -> Rendered:
    conversation = notice.conversation
    draw = engine.flow.notices[notice.name]
    screen = draw(json.loads(notice.parameters), conversation.user.language)
    return render(screen, can, conversation.token_key, None)


def _settle(notice_id: int, outcome: str, sent_at: float | None) -> None:
    """Record a notice's fate; once there, it lies below the screen's message."""
    with transaction():
        run("UPDATE notices SET outcome = ?, sent_at = ? WHERE id = ?", outcome, sent_at, notice_id)
        if outcome in ("sent", "uncertain"):
            run(
                """
                UPDATE conversations SET post_revision = shown_revision + 1
                WHERE post_revision <= shown_revision
                  AND id = (SELECT conversation_id FROM notices WHERE id = ?)
                """,
                notice_id,
            )


def abandon(channel: str, bot: str) -> None:
    """Notices that a dead sender had begun: they may have arrived, so they are not repeated."""
    with transaction():
        run(
            """
            UPDATE notices SET outcome = 'uncertain' WHERE outcome = 'sending'
              AND conversation_id IN (SELECT id FROM conversations WHERE channel = ? AND bot = ?)
            """,
            *(channel, bot),
        )


def postpone(conversation_id: int, until: float) -> None:
    """Leave one chat alone until a moment."""
    with transaction():
        run("UPDATE conversations SET not_before = ? WHERE id = ?", until, conversation_id)


def unreachable(conversation_id: int) -> None:
    """The person has blocked the bot: nothing more until their next update."""
    with transaction():
        run("UPDATE conversations SET unreachable = ? WHERE id = ?", True, conversation_id)


def back_off(conversation_id: int, now: float) -> None:
    """Wait longer after each failure in a row: 1, 2, 4 … 60 seconds."""
    with transaction():
        row = run("SELECT failures FROM conversations WHERE id = ?", conversation_id).fetchone()
        wait = min(_LONGEST_WAIT, 2.0 ** min(row[0], 9))
        run(
            "UPDATE conversations SET not_before = ?, failures = failures + 1 WHERE id = ?",
            *(now + wait, conversation_id),
        )
