"""What trainings cost, in US dollars.

A run costs what it cost in the end; until that is known, its price. It is booked when it begins.
"""

from __future__ import annotations

from typing import NamedTuple

from core.metrics.scope import Scope, bucketed, one, rows

COST = "coalesce(r.cost_usd, r.price_usd)"


class Spent(NamedTuple):
    """Dollars of a period: all, of the completed, of those that failed or were cancelled."""

    total: float
    completed: float
    wasted: float
    runs: int
    successes: int

    @property
    def each(self) -> float | None:
        """What a successful avatar cost, failures included; None where there is none."""
        return (self.completed + self.wasted) / self.successes if self.successes else None


class SpentAt(NamedTuple):
    """Dollars of an hour or a day, for a type."""

    start: float
    training_type: str
    usd: float
    runs: int


class SpentOn(NamedTuple):
    """Dollars of a type and a profile."""

    training_type: str
    profile: str
    usd: float
    wasted: float
    runs: int


_WASTED = f"""
coalesce(sum(CASE WHEN r.status IN ('failed', 'cancelled') THEN {COST} ELSE 0 END), 0)
"""


def spent(scope: Scope) -> Spent:
    """The runs that began in the period."""
    query = f"""
    SELECT coalesce(sum({COST}), 0),
           coalesce(sum(CASE WHEN r.status = 'completed' THEN {COST} ELSE 0 END), 0),
           {_WASTED}, count(*), coalesce(sum(CASE WHEN r.status = 'completed' THEN 1 ELSE 0 END), 0)
    FROM training_runs r WHERE r.created_at >= ? AND r.created_at < ?{scope.of_runs()}
    """
    total, completed, wasted, runs, successes = one(query, scope.start, scope.end)
    return Spent(float(total), float(completed), float(wasted), int(runs), int(successes))


def spent_by_time(scope: Scope) -> list[SpentAt]:
    """The same for each hour or day and each type."""
    buckets, edges = bucketed(scope)
    query = f"""
    WITH {buckets}
    SELECT b.a, r.training_type, sum({COST}), count(*) FROM buckets b
    JOIN training_runs r ON r.created_at >= b.a AND r.created_at < b.b{scope.of_runs()}
    GROUP BY b.a, r.training_type ORDER BY b.a, r.training_type
    """
    return [SpentAt(float(a), kind, float(usd), int(n)) for a, kind, usd, n in rows(query, *edges)]


def spent_on(scope: Scope) -> list[SpentOn]:
    """The same for each type and profile, the dearest first."""
    query = f"""
    SELECT r.training_type, r.profile, sum({COST}) AS usd, {_WASTED}, count(*)
    FROM training_runs r WHERE r.created_at >= ? AND r.created_at < ?{scope.of_runs()}
    GROUP BY r.training_type, r.profile ORDER BY 3 DESC, 1, 2
    """
    return [
        SpentOn(kind, profile, float(usd), float(wasted), int(n))
        for kind, profile, usd, wasted, n in rows(query, scope.start, scope.end)
    ]
