"""All that happened to a person, in one order: what they did, what we did, and who did it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from core.operation.metrics.people import avatars
from core.operation.metrics.scope import rows, seconds_of, text_id


class Moment(NamedTuple):
    """Something that happened: `kind` is turn, avatar, photo, run, pictures, notice,
    call, support or action.

    `what` is a code of its kind, `about` more of it; `id` names the row itself, `of` what it
    belongs to.
    """

    at: float
    kind: str
    what: str
    about: str
    id: str
    of: str


_HAPPENED = """
SELECT t.at AS at, 'turn' AS kind, t.dest AS what, t.trigger AS about,
       CAST(t.id AS VARCHAR(64)) AS id, CAST(t.conversation_id AS VARCHAR(64)) AS of_
FROM transitions t JOIN conversations c ON c.id = t.conversation_id WHERE c.user_id = ?
UNION ALL
SELECT r.created_at, 'run', 'started', r.training_type, CAST(r.id AS VARCHAR(64)),
       CAST(r.avatar_id AS VARCHAR(64))
FROM training_runs r WHERE r.user_id = ?
UNION ALL
SELECT r.finished_at, 'run', r.status, r.error_type, CAST(r.id AS VARCHAR(64)),
       CAST(r.avatar_id AS VARCHAR(64))
FROM training_runs r WHERE r.user_id = ? AND r.finished_at IS NOT NULL
UNION ALL
SELECT r.created_at, 'pictures', 'started', r.purpose, CAST(r.id AS VARCHAR(64)),
       CAST(r.avatar_id AS VARCHAR(64))
FROM picture_runs r WHERE r.user_id = ?
UNION ALL
SELECT r.finished_at, 'pictures', r.status, r.error_type, CAST(r.id AS VARCHAR(64)),
       CAST(r.avatar_id AS VARCHAR(64))
FROM picture_runs r WHERE r.user_id = ? AND r.finished_at IS NOT NULL
UNION ALL
SELECT e.at, 'call', e.phase, e.error_type, CAST(e.id AS VARCHAR(64)),
       CAST(e.run_id AS VARCHAR(64))
FROM fal_events e JOIN training_runs r ON r.id = e.run_id WHERE r.user_id = ?
UNION ALL
SELECT n.created_at, 'notice', n.name, n.outcome, CAST(n.id AS VARCHAR(64)),
       CAST(n.conversation_id AS VARCHAR(64))
FROM notices n JOIN conversations c ON c.id = n.conversation_id WHERE c.user_id = ?
UNION ALL
SELECT m.at, 'support', 'written', '', CAST(m.id AS VARCHAR(64)), CAST(m.user_id AS VARCHAR(64))
FROM support_messages m WHERE m.user_id = ?
UNION ALL
SELECT m.answered_at, 'support', 'answered', '', CAST(m.id AS VARCHAR(64)),
       CAST(m.user_id AS VARCHAR(64))
FROM support_messages m WHERE m.user_id = ? AND m.answered_at IS NOT NULL
"""


def timeline(user_id: str, limit: int = 300) -> list[Moment]:
    """What happened, the latest first."""
    query = f"SELECT * FROM ({_HAPPENED}) happened ORDER BY at DESC LIMIT ?"
    found = rows(query, *[user_id] * _HAPPENED.count("?"), limit)
    happened = chain(
        (Moment(*row) for row in found),
        _avatars(user_id),
        _photos(user_id, limit),
        _actions(user_id),
    )
    return sorted(happened, key=lambda moment: moment.at, reverse=True)[:limit]


def _avatars(user_id: str) -> Iterator[Moment]:
    for avatar in avatars(user_id):
        whose = text_id(user_id)
        yield Moment(avatar.created_at, "avatar", "created", avatar.name, avatar.id, whose)


def _photos(user_id: str, limit: int) -> Iterator[Moment]:
    """Their arrival with their verdict, which is seconds later."""
    query = """
    SELECT created_at, validation_status, reason, id, avatar_id FROM avatar_photos
    WHERE user_id = ? ORDER BY created_at DESC LIMIT ?
    """
    for at, verdict, reason, photo_id, avatar_id in rows(query, user_id, limit):
        yield Moment(
            seconds_of(at), "photo", verdict, reason, text_id(photo_id), text_id(avatar_id)
        )


def _actions(user_id: str) -> Iterator[Moment]:
    """What admins did about the person, their avatars and their orders."""
    owned = [user_id]
    for table in ("avatars", "training_runs", "picture_runs"):
        query = f"SELECT id FROM {table} WHERE user_id = ? ORDER BY created_at DESC LIMIT 200"
        owned += [str(row[0]) for row in rows(query, user_id)]
    names = [name for key in owned for name in (uuid.UUID(key).hex, str(uuid.UUID(key)))]
    marks = ", ".join("?" * len(names))
    query = f"SELECT at, action, who, id, subject FROM audit WHERE subject IN ({marks})"
    for at, action, who, audit_id, subject in rows(query, *names):
        yield Moment(at, "action", action, who, str(audit_id), subject)
