"""Who somebody is: found by whatever is known of them, and all that happened to them."""

from __future__ import annotations

from typing import NamedTuple

from core.base.db import storable
from core.base.folding import folded
from core.operation.metrics.scope import one, own_id, rows, seconds_of, text_id


class Person(NamedTuple):
    """A person on one of their channels; `chat` is the channel's own identifier."""

    user_id: str
    name: str
    username: str
    language: str
    created_at: float
    conversation_id: int
    channel: str
    chat: str
    state: str
    active_at: float
    unreachable: bool
    blocked: bool
    avatars: int
    runs: int


class Avatar(NamedTuple):
    """One of a person's avatars."""

    id: str
    name: str
    training_type: str
    avatar_type: str
    gender: str
    status: str
    progress: int
    photos: int
    created_at: float
    updated_at: float


class Ruling(NamedTuple):
    """What the admin has ruled about a person: `granted` is how many trainings more today."""

    blocked_at: float | None
    blocked_by: str
    granted: int


class Photo(NamedTuple):
    """A photo of an avatar."""

    id: str
    number: int
    status: str
    reason: str
    key: str
    width: int | None
    height: int | None
    quality: float | None


class Audited(NamedTuple):
    """What somebody did by hand."""

    id: int
    at: float
    who: str
    action: str
    subject: str
    detail: str


_PERSON = """
SELECT u.id, coalesce(c.name, u.name), coalesce(c.username, u.username), u.language,
       u.created_at, c.id, c.channel, c.chat, c.state,
       c.active_at, c.unreachable, (SELECT count(*) FROM blocks b WHERE b.user_id = u.id),
       (SELECT count(*) FROM avatars a WHERE a.user_id = u.id AND a.name <> ''),
       (SELECT count(*) FROM training_runs r WHERE r.user_id = u.id)
FROM users u JOIN conversations c ON c.user_id = u.id
"""


def search(text: str, limit: int = 50) -> list[Person]:
    """People by chat, name or username, person's, avatar's, run's or request's identifier.

    Without a text, those who were active last.
    """
    text = storable(text).strip().removeprefix("@")
    if not text:
        return _people(f"{_PERSON} ORDER BY c.active_at DESC LIMIT ?", limit)
    known = own_id(text)
    if known is not None:
        query = f"""
        {_PERSON} WHERE u.id = ? OR u.id IN (SELECT user_id FROM avatars WHERE id = ?)
           OR u.id IN (SELECT user_id FROM training_runs WHERE id = ? OR request_id = ?)
        ORDER BY c.active_at DESC LIMIT ?
        """
        return _people(query, known, known, known, text, limit)
    query = f"""
    {_PERSON} WHERE u.id IN (
        SELECT user_id FROM conversations WHERE chat = ?
        UNION SELECT user_id FROM training_runs WHERE request_id = ?
        UNION SELECT id FROM users WHERE sought LIKE ? ESCAPE '!' OR lower(username) = ?
        UNION SELECT user_id FROM conversations WHERE lower(username) = ?
        UNION SELECT user_id FROM avatars WHERE sought LIKE ? ESCAPE '!'
    ) ORDER BY c.active_at DESC LIMIT ?
    """
    part = _containing(folded(text))
    return _people(query, text, text, part, text.lower(), text.lower(), part, limit)


def person(user_id: str) -> list[Person]:
    """One person, a row for each of their conversations."""
    return _people(f"{_PERSON} WHERE u.id = ? ORDER BY c.id", user_id)


def ruling(user_id: str, since: float) -> Ruling:
    """Whether a person is blocked, and what they were granted since a moment."""
    at, who = one("SELECT at, who FROM blocks WHERE user_id = ?", user_id) or (None, "")
    query = "SELECT count(*) FROM grants WHERE user_id = ? AND at > ?"
    return Ruling(at, who, int(one(query, user_id, since)[0]))


def user_of_run(run_id: str) -> str:
    """Whose run this is; "" where nobody's any more."""
    found = one("SELECT user_id FROM training_runs WHERE id = ?", run_id)
    return "" if found is None else text_id(found[0])


def avatars(user_id: str) -> list[Avatar]:
    """A person's avatars, the newest first."""
    query = """
    SELECT id, name, training_type, coalesce(avatar_type, ''), coalesce(gender, ''), status,
           training_progress, photos_count, created_at, updated_at
    FROM avatars WHERE user_id = ? ORDER BY created_at DESC LIMIT 200
    """
    return [
        Avatar._make((text_id(row[0]), *row[1:8], seconds_of(row[8]), seconds_of(row[9])))
        for row in rows(query, user_id)
    ]


def photos(avatar_id: str) -> list[Photo]:
    """An avatar's photos, in the order of their arrival."""
    query = """
    SELECT id, number, validation_status, reason, coalesce(minio_key, ''), width, height,
           quality_score
    FROM avatar_photos WHERE avatar_id = ? ORDER BY number LIMIT 500
    """
    return [Photo(text_id(row[0]), *row[1:]) for row in rows(query, avatar_id)]


def audited(limit: int = 200) -> list[Audited]:
    """What was done by hand, the newest first."""
    query = "SELECT id, at, who, action, subject, detail FROM audit ORDER BY id DESC LIMIT ?"
    return [Audited(*row) for row in rows(query, limit)]


def _people(query: str, *parameters: object) -> list[Person]:
    return [_person(row) for row in rows(query, *parameters)]


def _person(row: tuple[object, ...]) -> Person:
    made = Person._make((text_id(row[0]), *row[1:]))
    return made._replace(unreachable=bool(made.unreachable), blocked=bool(made.blocked))


def _containing(text: str) -> str:
    """A pattern that finds a text anywhere, whatever is in it."""
    for special in ("!", "%", "_"):
        text = text.replace(special, f"!{special}")
    return f"%{text}%"
