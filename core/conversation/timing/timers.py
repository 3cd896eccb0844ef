"""Timers: rows that fire a signal once their moment has come.

A timer belongs to the visit it was set on. Firing inserts an inbox row and clears the timer in one
transaction; a timer of an earlier visit is only cleared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.base.db import run, transaction
from core.base.work import Piece, Pool, Wait, Work
from core.conversation import inbox as inboxes
from core.conversation import statements
from core.conversation.engine import Engine
from core.conversation.groups import EVENTS
from core.conversation.inbox import Inbox

WAITS = (
    Wait("inbox", "retry_at", 10.0),
    Wait("conversations", "not_before", 60.0),
    Wait("conversations", "due_at", 5.0),
)
"""A channel may want to be left alone for longer: it is asked once too early then."""

_DUE = "SELECT id FROM conversations WHERE wake_at <= ? ORDER BY wake_at LIMIT ?"
_CLEAR = "UPDATE conversations SET wake_at = NULL WHERE id = ?"


def fire(inbox: Inbox, now: float, limit: int = 100) -> list[int]:
    """Fire what is due at `now`; the conversations that have a signal to apply since."""
    due = [int(row[0]) for row in run(_DUE, now, limit).fetchall()]
    return [conversation_id for conversation_id in due if _fire(inbox, conversation_id, now)]


def _fire(inbox: Inbox, conversation_id: int, now: float) -> bool:
    with transaction():
        found = statements.lock(conversation_id)
        if found is None or found.wake_at is None or found.wake_at > now:
            return False
        still = found.wake_visit == found.visit
        if still:
            key = f"timer:{conversation_id}:{found.visit}:{found.wake_at}"
            inbox.signal(conversation_id, found.wake_trigger, "", key, found.visit)
        run(_CLEAR, conversation_id)
        return still


def work(engine: Engine) -> Work:
    """Turns that no channel applies: of timers, of signals, of events whose channel has died.

    A piece of this work is a group, called by its first conversation.
    """
    groups: dict[str, Sequence[int]] = {}

    def grouped(waiting: Sequence[int]) -> Iterator[str]:
        for start in range(0, len(waiting), EVENTS):
            group = waiting[start : start + EVENTS]
            groups[str(group[0])] = group
            yield str(group[0])

    def due(now: float) -> Sequence[str]:
        waiting = (*fire(engine.inbox, now), *inboxes.backlog(now))
        return [*grouped([*dict.fromkeys(waiting)])]

    def work_off(first: str) -> Sequence[Piece]:
        outcome = engine.work_off(groups.pop(first, [int(first)]))
        for error in outcome.trouble.values():
            raise error
        return [("turn", chat) for chat in grouped([*outcome.more])]  # behind those who wait

    return Work("turn", Pool("turns", 2), work_off, due, woken=True, waits=WAITS)
