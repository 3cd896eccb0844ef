"""A database with many conversations in it, filled by SQL alone."""

from __future__ import annotations

from benchmarks import updates
from core.base.db import run, transaction

_COUNT = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)"
_USERS = f"""{_COUNT}
INSERT INTO users (id, name, language, language_chosen, created_at)
SELECT printf('%032x', i), 'Anna', 'en', 0, 0 FROM n
"""
_CONVERSATIONS = f"""{_COUNT}
INSERT INTO conversations (user_id, channel, bot, chat, token_key, state, visit, revision, memory,
    shown_revision, post_revision, shown_buttons, shown_at, differs_since, due_at, rank, not_before,
    failures, unreachable, wake_trigger, wake_visit, photo_at, created_at, active_at)
SELECT printf('%032x', i), 'telegram', ?, CAST(i AS TEXT), printf('%032x', i), 'asking_rating', 1,
    0, '{{}}', 0, 0, '[]', 0, 0, 0, 0, 0, 0, 0, '', 0, 0, 0, 0 FROM n
"""


def fill(conversations: int) -> None:
    """Add this many people, each with one conversation on Telegram; chats count from 0."""
    with transaction():
        run(_USERS, conversations)
        run(_CONVERSATIONS, conversations, updates.BOT)
