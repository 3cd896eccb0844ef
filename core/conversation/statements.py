"""The statements of a turn, written by hand: building these queries costs more than running them.

Everywhere else the models' own queries serve.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from core.base.db import is_sqlite, run
from core.base.folding import folded
from core.conversation import inbox
from core.conversation.timing.pacing import Schedule
from core.conversation.turn import Turn

_BOTH = """
SELECT 1 FROM conversations c JOIN users u ON u.id = c.user_id WHERE c.id = ?
"""
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # `dumps` makes one each time


class Locked(NamedTuple):
    """A conversation and its user, as a turn reads them."""

    user_id: uuid.UUID | str
    channel: str
    token_key: str
    state: str
    visit: int
    revision: int
    memory: str
    shown_revision: int
    post_revision: int
    shown_buttons: str
    shown_at: float
    differs_since: float
    due_at: float
    rank: int
    photo_at: float
    wake_at: float | None
    wake_trigger: str
    wake_visit: int
    unreachable: bool
    active_at: float
    entered_at: float
    thread: str
    chat: str
    shown: str | None
    posting: str | None
    failures: int
    language: str
    language_chosen: bool
    name: str
    username: str
    home_id: uuid.UUID | str | None

    @property
    def schedule(self) -> Schedule:
        """When and how it is to be shown."""
        return Schedule(
            self.shown_revision, self.post_revision, self.shown_at, self.differs_since,
            self.due_at, self.rank, self.photo_at,
        )  # fmt: skip

    @property
    def user_uuid(self) -> uuid.UUID:
        """The user's identifier, which SQLite keeps as text."""
        return self.user_id if isinstance(self.user_id, uuid.UUID) else uuid.UUID(self.user_id)


class Head(NamedTuple):
    """An event that a conversation must apply next, or after that."""

    id: int
    payload: str
    attempts: int
    retry_at: float


_USER = {
    "language": "u.language",
    "language_chosen": "u.language_chosen",
    "name": "coalesce(c.name, u.name)",
    "username": "coalesce(c.username, u.username)",
}
_COLUMNS = ", ".join(_USER.get(name, f"c.{name}") for name in Locked._fields)
_READ = f"SELECT {_COLUMNS} FROM conversations c JOIN users u ON u.id = c.user_id WHERE c.id = ?"
_HEADS = """
SELECT id, payload, attempts, retry_at FROM inbox
WHERE conversation_id = ? AND handled_at IS NULL AND failed_at IS NULL ORDER BY id LIMIT 2
"""
_SAVE = """
UPDATE conversations SET state = ?, visit = ?, revision = ?, memory = ?, post_revision = ?,
       differs_since = ?, due_at = ?, rank = ?, photo_at = ?, wake_at = ?, wake_trigger = ?,
       wake_visit = ?, active_at = ?, entered_at = ?, unreachable = ?, thread = ?,
       name = ?, username = ?
WHERE id = ? AND revision = ?
"""
_LOG = """
INSERT INTO transitions (conversation_id, event_id, kind, trigger, source, dest, visit, revision,
                         at, stayed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_HANDLED = "UPDATE inbox SET handled_at = ?, payload = '' WHERE id = ?"
_PERSON = """
UPDATE users SET language = ?, language_chosen = ?, name = ?, username = ?, sought = ? WHERE id = ?
"""
_TRIED = """
UPDATE inbox SET attempts = attempts + 1, error = ?, retry_at = ?
WHERE id = ? AND handled_at IS NULL AND failed_at IS NULL RETURNING attempts
"""
_SAID = """
UPDATE conversations SET memory = ?, revision = revision + 1, post_revision = revision + 1,
       differs_since = ?, due_at = ?, rank = 0 WHERE id = ?
"""


def read(conversation_id: int) -> Locked | None:
    """A conversation and its user."""
    row = run(_READ, conversation_id).fetchone()
    return None if row is None else Locked(*row)


def lock(conversation_id: int, *, waiting: bool = True) -> Locked | None:
    """The same, locked until the transaction ends; on SQLite the transaction is the lock.

    NO KEY: what arrives meanwhile refers to the conversation and must not wait for its turn.
    Without `waiting`, None where another transaction has locked it.
    """
    row = _fetched(_READ, conversation_id, waiting=waiting)
    return None if row is None else Locked(*row)


def _fetched(query: str, conversation_id: int, *, waiting: bool = True) -> Any:
    """The locked row; asked for again where its person changed while it was waited for."""
    if is_sqlite():
        return run(query, conversation_id).fetchone()
    held = f"{query} FOR NO KEY UPDATE"
    if not waiting:
        return run(f"{held} SKIP LOCKED", conversation_id).fetchone()
    return run(held, conversation_id).fetchone() or run(held, conversation_id).fetchone()


def heads(conversation_id: int) -> list[Head]:
    """The lowest event that is neither handled nor quarantined, and the one after it."""
    return [Head(*row) for row in run(_HEADS, conversation_id).fetchall()]


def save(
    turn: Turn, before: Locked, schedule: Schedule, wake: tuple[float | None, str, int]
) -> None:
    """Write what a turn changed, log it, and mark its event handled."""
    unreachable = bool(before.unreachable) and not turn.person
    active_at = turn.now if turn.person else before.active_at
    left = turn.state != before.state
    entered_at = turn.now if left else before.entered_at
    stayed = turn.now - before.entered_at if left and before.entered_at else None
    thread = turn.event.thread if turn.person else before.thread
    saved = run(
        _SAVE,
        *(turn.state, turn.visit, turn.revision, encoded(turn.memory), schedule.post_revision),
        *(schedule.differs_since, schedule.due_at, schedule.rank, schedule.photo_at, *wake),
        *(active_at, entered_at, unreachable, thread, turn.name, turn.username),
        *(turn.conversation_id, before.revision),
    )
    assert saved.rowcount == 1, "a conversation changed under its lock"
    person = (turn.language, turn.language_chosen, turn.name, turn.username)
    chosen = bool(before.language_chosen)
    if before.unreachable and turn.person:
        revive(turn.conversation_id)
    if person != (before.language, chosen, before.name, before.username):
        run(_PERSON, *person, folded(turn.name), before.user_id)
    run(
        _LOG,
        *(turn.conversation_id, turn.event_id, turn.event.kind.value, turn.trigger),
        *(before.state, turn.state, turn.visit, turn.revision, turn.now, stayed),
    )
    run(_HANDLED, turn.now, turn.event_id)
    if before.home_id is not None and turn.person and turn.changed:
        inbox.tell_others(turn.conversation_id, inbox.ELSEWHERE, turn.event_id, turn.now)


def shelve(conversation_id: int) -> None:
    """Let the notices of a chat that is blocked wait until it is back, with nobody looking."""
    run(
        "UPDATE notices SET outcome = 'blocked' WHERE conversation_id = ? AND outcome = 'pending'",
        conversation_id,
    )


def revive(conversation_id: int) -> None:
    """Let the notices that a blocked chat did not get be sent after all."""
    run(
        "UPDATE notices SET outcome = 'pending' WHERE conversation_id = ? AND outcome = 'blocked'",
        conversation_id,
    )


def shown_buttons(conversation_id: int) -> str:
    """The buttons last shown, as JSON pairs of label and token."""
    query = "SELECT shown_buttons FROM conversations WHERE id = ?"
    return str(run(query, conversation_id).fetchone()[0])


def tried(event_id: int, error: str, now: float) -> int | None:
    """Count a failed try; returns how many there have been, None where it waits no longer."""
    row = run(_TRIED, error, now, event_id).fetchone()
    return None if row is None else int(row[0])


def postpone(event_id: int, until: float) -> None:
    """Let an event wait before its next try."""
    run("UPDATE inbox SET retry_at = ? WHERE id = ?", until, event_id)


def quarantine(event_id: int, now: float) -> None:
    """Set an event aside: it is kept, and no longer holds up the ones after it."""
    run("UPDATE inbox SET failed_at = ? WHERE id = ?", now, event_id)


def said(conversation_id: int, memory: Mapping[str, object], now: float) -> None:
    """Store a memory in which something has been said, to be shown at once."""
    run(_SAID, encoded(memory), now, now, conversation_id)


def encoded(memory: Mapping[str, object]) -> str:
    """A conversation's memory as it is stored."""
    return _JSON.encode(memory)


# holding a person from outside of a turn, in a turn's own order: the conversation, then its user

_THEIRS = "SELECT 1 FROM conversations WHERE user_id = ANY(?)"
_THEY = "SELECT 1 FROM users WHERE id = ANY(?) OR joined_id = ANY(?)"


def lock_person(conversation_id: int | None, user_id: uuid.UUID | None) -> None:
    """Hold a conversation and its user until the transaction ends; either may be gone.

    On SQLite the transaction itself is the lock. As a turn does, it leaves the key alone, so that
    a channel can write to the inbox meanwhile. Of one who was linked with another person
    since they were read, that person is held too.
    """
    if is_sqlite():
        return
    if conversation_id is not None and _fetched(_BOTH, conversation_id):
        return
    while user_id is not None:
        held = run("SELECT joined_id FROM users WHERE id = ? FOR NO KEY UPDATE", user_id).fetchone()
        user_id = held[0] if held else None


def hold_people(*user_ids: uuid.UUID) -> None:
    """Hold several people with all their conversations, and those who became part of them.

    All conversations come first, and who is part of another one before that one: nobody who holds
    some of them waits for another in turn.
    """
    if is_sqlite():
        return
    ids = [*user_ids]
    run(f"{_THEIRS} ORDER BY id FOR NO KEY UPDATE", ids)
    run(f"{_THEY} ORDER BY joined_id IS NULL, id FOR NO KEY UPDATE", ids, ids)


def hold_firmly(user_id: uuid.UUID) -> None:
    """Hold a person's conversations and themselves against everything, an update included."""
    if not is_sqlite():
        run("SELECT 1 FROM conversations WHERE user_id = ? ORDER BY id FOR UPDATE", user_id)
        run("SELECT 1 FROM users WHERE id = ? FOR UPDATE", user_id)


def erased(user_id: uuid.UUID, since: float) -> bool:
    """Whether a person has asked to be forgotten after a moment: what began then is not written.

    For work that was under way meanwhile; the caller holds the person.
    """
    row = run("SELECT erasing_at FROM users WHERE id = ?", _key(user_id)).fetchone()
    return row is None or (row[0] is not None and row[0] >= since)


def _key(user_id: uuid.UUID) -> object:
    return user_id.hex if is_sqlite() else user_id
