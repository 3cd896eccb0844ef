"""Holding a person from outside of a turn: in the turn's own order, so that none waits for another.

A turn locks its conversation, then its user. Whoever changes what belongs to a person beside the
dialogue (a verdict, a training) calls this first in its transaction.
"""

from __future__ import annotations

import uuid

from core.db import is_sqlite, run

_BOTH = """
SELECT 1 FROM conversations c JOIN users u ON u.id = c.user_id WHERE c.id = ? FOR NO KEY UPDATE
"""


def lock_person(conversation_id: int | None, user_id: uuid.UUID | None) -> None:
    """Hold a conversation and its user until the transaction ends; either may be gone.

    On SQLite the transaction itself is the lock. As a turn does, it leaves the key alone, so that
    a channel can write to the inbox meanwhile.
    """
    if is_sqlite():
        return
    if conversation_id is not None and run(_BOTH, conversation_id).fetchone():
        return
    if user_id is not None:
        run("SELECT 1 FROM users WHERE id = ? FOR NO KEY UPDATE", user_id)


def hold_firmly(user_id: uuid.UUID) -> None:
    """Hold a person's conversations and themselves against everything, an update included."""
    if not is_sqlite():
        run("SELECT 1 FROM conversations WHERE user_id = ? FOR UPDATE", user_id)
        run("SELECT 1 FROM users WHERE id = ? FOR UPDATE", user_id)


def erased(user_id: uuid.UUID, since: float) -> bool:
    """Whether a person has asked to be forgotten after a moment: what began then is not written.

    For work that was under way meanwhile; the caller holds the person.
    """
    row = run("SELECT erasing_at FROM users WHERE id = ?", _key(user_id)).fetchone()
    return row is None or (row[0] is not None and row[0] >= since)


def _key(user_id: uuid.UUID) -> object:
    return user_id.hex if is_sqlite() else user_id
