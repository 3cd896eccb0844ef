"""The specification's metrics: avatars created, training success, and the people behind them.

Avatars and people count in every mode: what is no training has none. Of forgotten people daily
totals are left: they count at the beginning of their day (UTC), trainings on the day they began.
"""

from __future__ import annotations

from typing import NamedTuple

from core.operation.metrics.scope import Scope, bucketed, first_day, moment, one, rows


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

    @property
    def failed_share(self) -> float | None:
        """failed ÷ (completed + failed); None where there was neither."""
        return None if self.success is None else 1 - self.success


class OutcomesAt(NamedTuple):
    """How the trainings of an hour or a day ended."""

    start: float
    completed: int
    failed: int
    cancelled: int

    @property
    def success(self) -> float | None:
        """The same as of the whole period."""
        return Outcomes(self.completed, self.failed, self.cancelled).success


_ENDED = """
coalesce(sum(CASE WHEN r.status = 'completed' THEN 1 ELSE 0 END), 0),
coalesce(sum(CASE WHEN r.status = 'failed' THEN 1 ELSE 0 END), 0),
coalesce(sum(CASE WHEN r.status = 'cancelled' THEN 1 ELSE 0 END), 0)
"""
_CREATED = """
(SELECT count(*) FROM avatars WHERE created_at >= ? AND created_at < ? AND name <> '')
+ (SELECT coalesce(sum(count), 0) FROM daily_totals
   WHERE metric = 'avatars_created' AND day >= ? AND day < ?)
"""


def avatars_created(scope: Scope) -> int:
    """Avatars with a name that were begun in the period."""
    found = one(f"SELECT {_CREATED}", moment(scope.start), moment(scope.end), *scope.days)
    return int(found[0])


def avatars_created_by_time(scope: Scope) -> list[Count]:
    """The same for each hour or day."""
    edges = scope.buckets
    if not edges:
        return []
    together = " UNION ALL ".join(f"SELECT {n}, {_CREATED}" for n in range(len(edges)))
    moments = [
        part for a, b in edges for part in (moment(a), moment(b), first_day(a), first_day(b))
    ]
    return [Count(edges[n].start, int(count)) for n, count in sorted(rows(together, *moments))]


def people_new(scope: Scope) -> int:
    """People who came for the first time."""
    query = """
    SELECT (SELECT count(*) FROM users WHERE created_at >= ? AND created_at < ?)
         + (SELECT coalesce(sum(count), 0) FROM daily_totals
            WHERE metric = 'people' AND day >= ? AND day < ?)
    """
    return int(one(query, scope.start, scope.end, *scope.days)[0])


def outcomes(scope: Scope) -> Outcomes:
    """Trainings that ended in the period."""
    query = f"""
    SELECT {_ENDED} FROM (
        SELECT r.status FROM training_runs r
        WHERE r.finished_at >= ? AND r.finished_at < ?{scope.of_mode()}
        UNION ALL
        SELECT g.status FROM cost_entries g WHERE g.day >= ? AND g.day < ?{scope.of_mode("g")}
    ) r
    """
    return Outcomes(*map(int, one(query, scope.start, scope.end, *scope.days)))


def outcomes_by_type(scope: Scope) -> dict[str, Outcomes]:
    """The same for each type of training."""
    query = f"""
    SELECT r.training_type, {_ENDED} FROM (
        SELECT r.training_type, r.status FROM training_runs r
        WHERE r.finished_at >= ? AND r.finished_at < ?{scope.of_mode()}
        UNION ALL
        SELECT g.training_type, g.status FROM cost_entries g
        WHERE g.day >= ? AND g.day < ?{scope.of_mode("g")}
    ) r GROUP BY r.training_type
    """
    found = rows(query, scope.start, scope.end, *scope.days)
    return {kind: Outcomes(*map(int, counts)) for kind, *counts in found}


def outcomes_by_time(scope: Scope) -> list[OutcomesAt]:
    """The same for each hour or day."""
    buckets, edges = bucketed(scope)
    query = f"""
    WITH {buckets}
    SELECT r.a, {_ENDED} FROM (
        SELECT b.a, r.status FROM buckets b LEFT JOIN training_runs r
            ON r.finished_at >= b.a AND r.finished_at < b.b{scope.of_mode()}
        UNION ALL
        SELECT b.a, g.status FROM buckets b
        JOIN cost_entries g ON g.day >= b.c AND g.day < b.d{scope.of_mode("g")}
    ) r GROUP BY r.a ORDER BY r.a
    """
    return [OutcomesAt(float(a), *map(int, counts)) for a, *counts in rows(query, *edges)]
