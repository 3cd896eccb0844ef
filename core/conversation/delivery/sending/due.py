"""What a bot has to send: asked five times a second, and so independent of all that is not due.

Chats that blocked the bot are in no index that is read here: `conversations_due` leaves them out,
and their notices are `blocked` until they are back.
"""

from __future__ import annotations

from core.base.db import run

_SCREENS = """
SELECT id, rank FROM conversations
WHERE channel = ? AND bot = ? AND revision > shown_revision AND due_at <= ? AND not_before <= ?
  AND NOT unreachable{ours} ORDER BY rank, due_at LIMIT ?
"""
_NOTICES = """
SELECT min(n.id), n.conversation_id, max(n.attempts)
FROM notices n CROSS JOIN conversations c
WHERE c.id = n.conversation_id AND n.outcome = 'pending' AND c.channel = ? AND c.bot = ?
  AND c.not_before <= ? AND NOT c.unreachable{ours}
GROUP BY n.conversation_id ORDER BY min(n.id) LIMIT ?
"""
"""CROSS: SQLite reads the notices first, which are few, instead of every conversation."""


def due_screens(
    address: tuple[str, str], now: float, limit: int, ours: str = ""
) -> list[tuple[int, int]]:
    """A bot's conversations whose screen is due, each with its rank; the most urgent first.

    `ours` narrows the conversations: see `Held.clause`.
    """
    return list(run(_SCREENS.format(ours=ours), *address, now, now, limit).fetchall())


def waiting_notices(
    address: tuple[str, str], now: float, limit: int, ours: str = ""
) -> list[tuple[int, int, int]]:
    """The first notice that waits of each of a bot's conversations, and the refusals it met."""
    return list(run(_NOTICES.format(ours=ours), *address, now, limit).fetchall())
