"""The course of one order, of a training or of pictures: its moments, and what it waits for."""

from __future__ import annotations

from typing import NamedTuple

from core.operation.metrics.scope import one, own_id, text_id

TABLES = {"training": "training_runs", "pictures": "picture_runs"}


class Course(NamedTuple):
    """Moments in seconds since 1970, None where they have not come; `who` is its person's name.

    `took` is seconds from the training's start to its end, as far as both are known.
    """

    kind: str
    id: str
    user_id: str
    avatar_id: str
    who: str
    avatar: str
    status: str
    error_type: str
    error_class: str
    error: str
    progress: int
    position: int | None
    failures: int
    sent: int
    created_at: float
    submitted_at: float | None
    started_at: float | None
    saving_at: float | None
    finished_at: float | None
    deadline_at: float | None
    next_check_at: float
    endpoint: str

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it."""
        return self.finished_at is not None


def course(run_id: str) -> Course | None:
    """An order by its identifier, whatever it is of; None where there is none."""
    known = own_id(run_id)
    for kind, table in TABLES.items():
        query = f"""
        SELECT r.id, r.user_id, r.avatar_id, coalesce(u.name, ''), coalesce(a.name, ''), r.status,
               r.error_type, r.error_class, r.error, r.progress, r.position, r.failures,
               r.submission, r.created_at, r.submitted_at, r.started_at, r.saving_at,
               r.finished_at, r.deadline_at, r.next_check_at, r.endpoint
        FROM {table} r LEFT JOIN users u ON u.id = r.user_id
        LEFT JOIN avatars a ON a.id = r.avatar_id WHERE r.id = ?
        """
        if known and (row := one(query, known)):
            return Course._make((kind, *map(text_id, row[:3]), *row[3:]))
    return None
