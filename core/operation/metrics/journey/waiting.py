"""Who waits for us: events that nobody has applied, and screens that nobody was shown."""

from __future__ import annotations

from typing import NamedTuple

from core.base.settings.installed import pushing
from core.operation.metrics.scope import rows, text_id


class Waits(NamedTuple):
    """Something of a person's conversation that waits: an `event` or a `screen`."""

    kind: str
    since: float
    channel: str
    user_id: str
    name: str
    state: str


def waiting(limit: int = 200) -> list[Waits]:
    """The same that `health.unhandled` and `health.unshown` count, the oldest first."""
    channels = pushing()
    marks = ", ".join("?" * len(channels)) or "NULL"
    query = f"""
    SELECT w.kind, w.since, c.channel, c.user_id, u.name, c.state FROM (
        SELECT 'event' AS kind, conversation_id AS id, received_at AS since FROM inbox
        WHERE handled_at IS NULL AND failed_at IS NULL
        UNION ALL
        SELECT 'screen', id, differs_since FROM conversations
        WHERE revision > shown_revision AND NOT unreachable AND channel IN ({marks})
    ) w JOIN conversations c ON c.id = w.id JOIN users u ON u.id = c.user_id
    ORDER BY w.since LIMIT ?
    """
    return [
        Waits(kind, since, channel, text_id(user), name, state)
        for kind, since, channel, user, name, state in rows(query, *channels, limit)
    ]
