"""Failed trainings: reason, person and cost. Whose fault is not judged.

Of forgotten people only the type and the dollars are left; their reason is `FORGOTTEN`.
"""

from __future__ import annotations

from typing import NamedTuple

from core.operation.metrics.cost import COST
from core.operation.metrics.scope import Scope, bucketed, one, rows

FORGOTTEN = "forgotten"


class Failed(NamedTuple):
    """Trainings of a type that failed for a reason; `last` is None of forgotten people."""

    error_type: str
    training_type: str
    error_class: str
    n: int
    people: int
    usd: float
    last: float | None


class Total(NamedTuple):
    """All of them: how many, of how many people, for how many dollars."""

    n: int
    people: int
    usd: float


class FailedAt(NamedTuple):
    """How many failed for a reason in an hour or a day."""

    start: float
    error_type: str
    n: int


def _failed(scope: Scope) -> str:
    """`failed(…)`: those that ended in the period."""
    return f"""
    failed AS (
        SELECT r.error_type, r.training_type, r.error_class, r.user_id, {COST} AS usd,
               r.finished_at AS at
        FROM training_runs r WHERE r.status = 'failed' AND r.finished_at >= ?
          AND r.finished_at < ?{scope.of_mode()}
        UNION ALL
        SELECT '{FORGOTTEN}', g.training_type, '', NULL, g.usd, NULL FROM cost_entries g
        WHERE g.status = 'failed' AND g.day >= ? AND g.day < ?{scope.of_mode("g")}
    )
    """


def groups(scope: Scope, limit: int = 200) -> list[Failed]:
    """By reason and type, the most frequent first."""
    query = f"""
    WITH {_failed(scope)}
    SELECT error_type, training_type, max(error_class), count(*), count(DISTINCT user_id),
           coalesce(sum(usd), 0), max(at)
    FROM failed GROUP BY error_type, training_type ORDER BY 4 DESC, 1, 2 LIMIT ?
    """
    found = rows(query, scope.start, scope.end, *scope.days, limit)
    return [
        Failed(error, kind, turn, int(n), int(people), float(usd), last)
        for error, kind, turn, n, people, usd, last in found
    ]


def total(scope: Scope) -> Total:
    """All of the period."""
    query = f"""
    WITH {_failed(scope)}
    SELECT count(*), count(DISTINCT user_id), coalesce(sum(usd), 0) FROM failed
    """
    n, people, usd = one(query, scope.start, scope.end, *scope.days)
    return Total(int(n), int(people), float(usd))


def by_time(scope: Scope) -> list[FailedAt]:
    """By reason for each hour or day in which any failed."""
    buckets, edges = bucketed(scope)
    query = f"""
    WITH {buckets}
    SELECT f.a, f.error_type, count(*) FROM (
        SELECT b.a, r.error_type FROM buckets b JOIN training_runs r
            ON r.finished_at >= b.a AND r.finished_at < b.b AND r.status = 'failed'
            {scope.of_mode()}
        UNION ALL
        SELECT b.a, '{FORGOTTEN}' FROM buckets b JOIN cost_entries g
            ON g.day >= b.c AND g.day < b.d AND g.status = 'failed'{scope.of_mode("g")}
    ) f GROUP BY f.a, f.error_type ORDER BY f.a, f.error_type
    """
    return [FailedAt(float(a), error, int(n)) for a, error, n in rows(query, *edges)]
