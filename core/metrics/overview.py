"""The specification's metrics: avatars created, training success, and the people behind them.

Avatars and people count in every mode: what is no training has none.
"""

from __future__ import annotations

from typing import NamedTuple

from core.metrics.scope import Scope, bucketed, moment, one, rows


class Count(NamedTuple):
    """So many in an hour or a day that begins at `start`."""

    start: float
    n: int


class Outcomes(NamedTuple):
    """How trainings ended."""

    completed: int
    failed: int
    cancelled: int

    @property
    def success(self) -> float | None:
        """completed ÷ (completed + failed); None where there was neither."""
        ended = self.completed + self.failed
        return self.completed / ended if ended else None


class OutcomesAt(NamedTuple):
    """How the trainings of an hour or a day ended."""

    start: float
    completed: int
    failed: int
    cancelled: int


_ENDED = """
coalesce(sum(CASE WHEN r.status = 'completed' THEN 1 ELSE 0 END), 0),
coalesce(sum(CASE WHEN r.status = 'failed' THEN 1 ELSE 0 END), 0),
coalesce(sum(CASE WHEN r.status = 'cancelled' THEN 1 ELSE 0 END), 0)
"""


def avatars_created(scope: Scope) -> int:
    """Avatars with a name that were begun in the period."""
    query = "SELECT count(*) FROM avatars WHERE created_at >= ? AND created_at < ? AND name <> ''"
    return int(one(query, moment(scope.start), moment(scope.end))[0])


def avatars_created_by_time(scope: Scope) -> list[Count]:
    """The same for each hour or day."""
    query = """
    SELECT count(*) FROM avatars WHERE created_at >= ? AND created_at < ? AND name <> ''
    """
    edges = scope.buckets
    if not edges:
        return []
    together = " UNION ALL ".join(f"SELECT {n}, ({query})" for n in range(len(edges)))
    moments = [moment(edge) for bucket in edges for edge in bucket]
    return [Count(edges[n].start, int(count)) for n, count in sorted(rows(together, *moments))]


def people_new(scope: Scope) -> int:
    """People who came for the first time."""
    query = "SELECT count(*) FROM users WHERE created_at >= ? AND created_at < ?"
    return int(one(query, scope.start, scope.end)[0])


def outcomes(scope: Scope) -> Outcomes:
    """Trainings that ended in the period."""
    query = f"""
    SELECT {_ENDED} FROM training_runs r
    WHERE r.finished_at >= ? AND r.finished_at < ?{scope.of_runs()}
    """
    return Outcomes(*map(int, one(query, scope.start, scope.end)))


def outcomes_by_time(scope: Scope) -> list[OutcomesAt]:
    """The same for each hour or day."""
    buckets, edges = bucketed(scope)
    query = f"""
    WITH {buckets}
    SELECT b.a, {_ENDED} FROM buckets b
    LEFT JOIN training_runs r ON r.finished_at >= b.a AND r.finished_at < b.b{scope.of_runs()}
    GROUP BY b.a ORDER BY b.a
    """
    return [OutcomesAt(float(a), *map(int, counts)) for a, *counts in rows(query, *edges)]
