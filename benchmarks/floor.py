"""The floor: the same parser, and the same rows written with hand-made SQL in the same two commits.

No guard, no screen, no token, nothing decided: what remains is what durability alone costs.
"""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

from benchmarks import updates
from channels.telegram.updates import to_event
from core.base.db import run
from core.conversation.inbox import encode

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

    def fill_in(self, chat: int) -> None:
        """The whole form: four times the rows of a turn."""
        raws = (
            updates.command(chat),
            updates.press(chat, "1:rate:5::AbCdEfGh"),
            updates.comment(chat),
            updates.press(chat, "3:send::12345678:AbCdEfGh"),
        )
        for raw, state in zip(raws, _STATES, strict=True):
            self._turn(raw, state)

    def _turn(self, raw: bytes, state: str) -> None:
        update = to_event(json.loads(raw), updates.BOT)
        assert update is not None
        execute, now, kind = self._db.execute, time.time(), update.event.kind.value
        payload = encode(update.event, update.person)
        execute("BEGIN IMMEDIATE")
        conversation_id = execute(
            "SELECT id FROM conversations WHERE channel = ? AND bot = ? AND chat = ?",
            ("telegram", updates.BOT, update.address.chat),
        ).fetchone()[0]
        event_id = execute(
            "INSERT INTO inbox (conversation_id, channel, bot, update_id, kind, payload, "
            "received_at, attempts, retry_at, error) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, '')",
            (conversation_id, "telegram", updates.BOT, update.key, kind, payload, now),
        ).lastrowid
        execute("COMMIT")
        execute("BEGIN IMMEDIATE")
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
        execute("COMMIT")
