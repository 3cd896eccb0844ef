"""What trainings cost, in US dollars.

A run costs what its orders cost in the end; until that is known, their prices. It is booked when it
begins.
What is left of the runs of forgotten people is counted too, without a profile.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from core.avatars.orders.money import budget
from core.operation.metrics.scope import Mode, Scope, bucketed, one, rows

COST = """coalesce(r.cost_usd, (
    SELECT sum(coalesce(s.cost_usd, s.price_usd)) FROM submissions s WHERE s.run_id = r.id
), r.price_usd)"""


class Spent(NamedTuple):
    """Dollars of a period: all, of the completed, of those that failed or were cancelled."""

    total: float
    completed: float
    wasted: float
    runs: int
    successes: int
    unknown: int = 0
    """Runs of unknown cost; they are in no sum."""

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


class Wasted(NamedTuple):
    """Dollars of trainings that failed for a reason, or were cancelled."""

    reason: str
    training_type: str
    usd: float
    runs: int


LATELY = 7
"""Days that a forecast is made from."""
_WASTED = "coalesce(sum(CASE WHEN status IN ('failed', 'cancelled') THEN usd ELSE 0 END), 0)"


def _booked(scope: Scope) -> str:
    """`booked(training_type, profile, status, usd)`: the runs that began in the period."""
    return f"""
    booked AS (
        SELECT r.training_type, r.profile, r.status, {COST} AS usd FROM training_runs r
        WHERE r.created_at >= ? AND r.created_at < ?{scope.of_mode()}
        UNION ALL
        SELECT g.training_type, '', g.status, g.usd FROM cost_entries g
        WHERE g.day >= ? AND g.day < ?{scope.of_mode("g")}
    )
    """


_SPENT = f"""coalesce(sum(usd), 0),
           coalesce(sum(CASE WHEN status = 'completed' THEN usd ELSE 0 END), 0),
           {_WASTED}, count(*), coalesce(sum(CASE WHEN status = 'completed' THEN 1 ELSE 0 END), 0),
           coalesce(sum(CASE WHEN usd IS NULL THEN 1 ELSE 0 END), 0)"""


def spent(scope: Scope) -> Spent:
    """The runs that began in the period."""
    query = f"WITH {_booked(scope)} SELECT {_SPENT} FROM booked"
    return _spent(one(query, scope.start, scope.end, *scope.days))


def spent_by_type(scope: Scope) -> dict[str, Spent]:
    """The same for each type."""
    query = f"WITH {_booked(scope)} SELECT training_type, {_SPENT} FROM booked GROUP BY 1"
    found = rows(query, scope.start, scope.end, *scope.days)
    return {row[0]: _spent(row[1:]) for row in found}


def _spent(row: Sequence[Any]) -> Spent:
    total, completed, wasted, *counts = row
    return Spent(float(total), float(completed), float(wasted), *map(int, counts))


def sent_today(zone: str, now: float, mode: Mode) -> float:
    """Dollars of the orders that were sent today, or may have been: the budget's own sum."""
    tests = {"production": (False,), "test": (True,), "both": (False, True)}[mode]
    return sum(budget.sent_usd(zone, now, test_mode) for test_mode in tests)


def forecast(zone: str, now: float, mode: Mode) -> float:
    """What today's orders will have cost by its end, if the rest of it is as it was lately.

    What was sent so far, and the mean of what was sent after this time of day on each of the
    `LATELY` days before, as far back as anything was ordered.
    """
    known = ZoneInfo(zone)
    clock = datetime.datetime.fromtimestamp(now, known)
    rests = []
    for ago in range(1, LATELY + 1):
        date = clock.date() - datetime.timedelta(days=ago)
        end = datetime.datetime.combine(date + datetime.timedelta(days=1), datetime.time(), known)
        from_then = datetime.datetime.combine(date, clock.time(), known).timestamp()
        rests.append((from_then, end.timestamp()))
    windows = " OR ".join(["s.sent_at >= ? AND s.sent_at < ?"] * LATELY)
    query = f"""
    SELECT coalesce(sum(coalesce(s.cost_usd, s.price_usd)), 0) FROM submissions s
    WHERE ({windows}){Scope(now, now, mode).of_mode("s")}
    """
    (rest,) = one(query, *(edge for window in rests for edge in window))
    first = one(f"SELECT min(s.sent_at) FROM submissions s WHERE 1 = 1"
                f"{Scope(now, now, mode).of_mode('s')}")[0]  # fmt: skip
    days = sum(first is not None and first < end for _, end in rests)
    return sent_today(zone, now, mode) + (float(rest) / days if days else 0.0)


def wasted_on(scope: Scope) -> list[Wasted]:
    """What failed or was cancelled of the period, by reason and type, the dearest first."""
    query = f"""
    SELECT reason, training_type, coalesce(sum(usd), 0), count(*) FROM (
        SELECT CASE WHEN r.status = 'cancelled' THEN 'cancelled' ELSE r.error_type END AS reason,
               r.training_type, {COST} AS usd
        FROM training_runs r WHERE r.status IN ('failed', 'cancelled')
          AND r.created_at >= ? AND r.created_at < ?{scope.of_mode()}
        UNION ALL
        SELECT 'forgotten', g.training_type, g.usd FROM cost_entries g
        WHERE g.status IN ('failed', 'cancelled') AND g.day >= ? AND g.day < ?{scope.of_mode("g")}
    ) AS lost GROUP BY reason, training_type ORDER BY 3 DESC, 4 DESC, 1, 2
    """
    return [
        Wasted(reason, kind, float(usd), int(n))
        for reason, kind, usd, n in rows(query, scope.start, scope.end, *scope.days)
    ]


def spent_by_time(scope: Scope) -> list[SpentAt]:
    """The same for each hour or day and each type."""
    buckets, edges = bucketed(scope)
    query = f"""
    WITH {buckets},
    booked AS (
        SELECT b.a, r.training_type, {COST} AS usd FROM buckets b
        JOIN training_runs r ON r.created_at >= b.a AND r.created_at < b.b{scope.of_mode()}
        UNION ALL
        SELECT b.a, g.training_type, g.usd FROM buckets b
        JOIN cost_entries g ON g.day >= b.c AND g.day < b.d{scope.of_mode("g")}
    )
    SELECT a, training_type, coalesce(sum(usd), 0), count(*) FROM booked
    GROUP BY a, training_type ORDER BY a, training_type
    """
    return [SpentAt(float(a), kind, float(usd), int(n)) for a, kind, usd, n in rows(query, *edges)]


def spent_on(scope: Scope) -> list[SpentOn]:
    """The same for each type and profile, the dearest first."""
    query = f"""
    WITH {_booked(scope)}
    SELECT training_type, profile, coalesce(sum(usd), 0), {_WASTED}, count(*) FROM booked
    GROUP BY training_type, profile ORDER BY 3 DESC, 1, 2
    """
    return [
        SpentOn(kind, profile, float(usd), float(wasted), int(n))
        for kind, profile, usd, wasted, n in rows(query, scope.start, scope.end, *scope.days)
    ]
