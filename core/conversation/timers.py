"""Timers: rows that fire a signal once their moment has come.

A timer belongs to the visit it was set on. Firing inserts an inbox row and clears the timer in one
transaction; a timer of an earlier visit is only cleared.
"""

from __future__ import annotations

from core.base.db import run, transaction
from core.conversation import statements
from core.conversation.inbox import Inbox

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
