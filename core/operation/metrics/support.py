"""What people wrote to support, and what was answered."""

from __future__ import annotations

from typing import NamedTuple

from core.operation.metrics.scope import rows, text_id


class Letter(NamedTuple):
    """A message to support, with its answer."""

    id: int
    user_id: str
    name: str
    at: float
    text: str
    answered_at: float | None
    answer: str
    who: str


_LETTER = """
SELECT m.id, m.user_id, u.name, m.at, m.text, m.answered_at, m.answer, m.who
FROM support_messages m JOIN users u ON u.id = m.user_id
"""


def waiting(limit: int = 50) -> list[Letter]:
    """Messages without an answer, the longest waiting first."""
    return _letters(f"{_LETTER} WHERE m.answered_at IS NULL ORDER BY m.at, m.id LIMIT ?", limit)


def of_person(user_id: str, limit: int = 50) -> list[Letter]:
    """A person's messages, the newest first."""
    return _letters(f"{_LETTER} WHERE m.user_id = ? ORDER BY m.id DESC LIMIT ?", user_id, limit)


def _letters(query: str, *parameters: object) -> list[Letter]:
    return [Letter(row[0], text_id(row[1]), *row[2:]) for row in rows(query, *parameters)]
