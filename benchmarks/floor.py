"""The floor: the same parser, and the same rows written with hand-made SQL in the same commits.

No guard, no screen, no token, nothing decided: what remains is what durability alone costs.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import updates
from channels.telegram.updates import to_event
from core.base.db import run
from core.conversation.groups import EVENTS
from core.conversation.inbox import encode
from core.conversation.messages import Update

_STATES = ("asking_rating", "asking_comment", "confirming", "thanked")
_MEMORY = '{"form":{"rating":5,"comment":"It was very good, thank you"}}'


_SETTINGS = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "wal_autocheckpoint")


class Floor:
    """One SQLite connection of its own, with the settings of the database that is bound."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        for name in _SETTINGS:
            value = run(f"PRAGMA {name}").fetchone()[0]
            self._db.execute(f"PRAGMA {name} = {value}")

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def one_by_one(self, chats: Sequence[int]) -> None:
        """The whole form of each: four times the rows of a turn, in two commits for each."""
        for chat in chats:
            self._fill_in([chat], 1)

    def grouped(self, chats: Sequence[int]) -> None:
        """The same in two commits for as many updates as a group of Likeness has at most."""
        self._fill_in(chats, EVENTS)

    def _fill_in(self, chats: Sequence[int], together: int) -> None:
        steps = (
            [updates.command(chat) for chat in chats],
            [updates.press(chat, "1:rate:5::AbCdEfGh") for chat in chats],
            [updates.comment(chat) for chat in chats],
            [updates.press(chat, "3:send::12345678:AbCdEfGh") for chat in chats],
        )
        for raws, state in zip(steps, _STATES, strict=True):
            for start in range(0, len(raws), together):
                self._turns(raws[start : start + together], state)

    def _turns(self, raws: Sequence[bytes], state: str) -> None:
        parsed = [_parsed(raw) for raw in raws]
        self._db.execute("BEGIN IMMEDIATE")
        received = [self._receive(update) for update in parsed]
        self._db.execute("COMMIT")
        self._db.execute("BEGIN IMMEDIATE")
        for (conversation_id, event_id), update in zip(received, parsed, strict=True):
            self._apply(conversation_id, event_id, update.event.kind.value, state)
        self._db.execute("COMMIT")

    def _receive(self, update: Update) -> tuple[int, int]:
        execute, now, kind = self._db.execute, time.time(), update.event.kind.value
        payload = encode(update.event, update.person)
        conversation_id = execute(
            "SELECT id FROM conversations WHERE channel = ? AND bot = ? AND chat = ?",
            ("telegram", updates.BOT, update.address.chat),
        ).fetchone()[0]
        event_id = execute(
            "INSERT INTO inbox (conversation_id, channel, bot, update_id, kind, payload, "
            "received_at, attempts, retry_at, error) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, '')",
            (conversation_id, "telegram", updates.BOT, update.key, kind, payload, now),
        ).lastrowid
        assert event_id is not None
        return int(conversation_id), event_id

    def _apply(self, conversation_id: int, event_id: int, kind: str, state: str) -> None:
        execute, now = self._db.execute, time.time()
        before = execute(
            "SELECT state, visit, revision FROM conversations WHERE id = ?", (conversation_id,)
        ).fetchone()
        after = (state, before[1] + 1, before[2] + 1)
        execute(
            "UPDATE conversations SET state = ?, visit = ?, revision = ?, memory = ?, "
            "post_revision = ?, differs_since = ?, due_at = ?, active_at = ? WHERE id = ?",
            (*after, _MEMORY, after[2], now, now, now, conversation_id),
        )
        execute(
            "INSERT INTO transitions (conversation_id, event_id, kind, trigger, source, dest, "
            "visit, revision, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (conversation_id, event_id, kind, "step", before[0], *after, now),
        )
        execute("UPDATE inbox SET handled_at = ?, payload = '' WHERE id = ?", (now, event_id))


def _parsed(raw: bytes) -> Update:
    update = to_event(json.loads(raw), updates.BOT)
    assert update is not None
    return update
