"""What fal said: its calls, and their failures grouped by endpoint, type and message."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from core.operation.metrics.scope import Scope, bucketed, one, rows, text_id


class Calls(NamedTuple):
    """How many calls of fal there were, and how many of them failed."""

    calls: int
    errors: int

    @property
    def rate(self) -> float | None:
        """errors ÷ calls; None where there was no call."""
        return self.errors / self.calls if self.calls else None


class CallsAt(NamedTuple):
    """The same of an hour or a day."""

    start: float
    calls: int
    errors: int


class Group(NamedTuple):
    """Failures that are one problem. `ever` is its first failure of all, before the period too."""

    endpoint: str
    error_type: str
    message: str
    error_class: str
    n: int
    users: int
    first: float
    last: float
    ever: float

    @property
    def key(self) -> str:
        """A short name for links."""
        whole = f"{self.endpoint}\n{self.error_type}\n{self.message}"
        return hashlib.blake2b(whole.encode(), digest_size=6).hexdigest()


class FalEvent(NamedTuple):
    """One call; `seconds` is how long it took."""

    id: int
    at: float
    run_id: str
    endpoint: str
    phase: str
    ok: bool
    http_status: int | None
    error_type: str
    error_class: str
    message: str
    seconds: float | None
    request_id: str


_FAILED = "coalesce(sum(CASE WHEN e.ok THEN 0 ELSE 1 END), 0)"
_EVENT = """
SELECT e.id, e.at, e.run_id, e.endpoint, e.phase, e.ok, e.http_status, e.error_type, e.error_class,
       e.message, e.seconds, e.request_id FROM fal_events e
"""
_SAME = "NOT e.ok AND e.endpoint = ? AND e.error_type = ? AND e.message = ?"


def calls(scope: Scope) -> Calls:
    """Calls of the period."""
    query = f"""
    SELECT count(*), {_FAILED} FROM fal_events e WHERE e.at >= ? AND e.at < ?{scope.of_mode("e")}
    """
    return Calls(*map(int, one(query, scope.start, scope.end)))


def calls_by_time(scope: Scope) -> list[CallsAt]:
    """Calls of each hour or day."""
    buckets, edges = bucketed(scope)
    query = f"""
    WITH {buckets}
    SELECT b.a, count(e.id), coalesce(sum(CASE WHEN NOT e.ok THEN 1 ELSE 0 END), 0)
    FROM buckets b LEFT JOIN fal_events e ON e.at >= b.a AND e.at < b.b{scope.of_mode("e")}
    GROUP BY b.a ORDER BY b.a
    """
    return [CallsAt(float(a), int(n), int(errors)) for a, n, errors in rows(query, *edges)]


def groups(scope: Scope, limit: int = 200) -> list[Group]:
    """The problems of the period, the most frequent first."""
    query = f"""
    WITH seen AS (
        SELECT e.endpoint, e.error_type, e.message, max(e.error_class) AS error_class,
               count(*) AS n, count(DISTINCT coalesce(r.user_id, p.user_id)) AS users,
               min(e.at) AS since, max(e.at) AS until
        FROM fal_events e LEFT JOIN training_runs r ON r.id = e.run_id
        LEFT JOIN picture_runs p ON p.id = e.run_id
        WHERE NOT e.ok AND e.at >= ? AND e.at < ?{scope.of_mode("e")}
        GROUP BY e.endpoint, e.error_type, e.message
        ORDER BY count(*) DESC, max(e.at) DESC LIMIT ?
    )
    SELECT s.endpoint, s.error_type, s.message, s.error_class, s.n, s.users, s.since, s.until,
           (SELECT min(e.at) FROM fal_events e WHERE NOT e.ok AND e.endpoint = s.endpoint
            AND e.error_type = s.error_type AND e.message = s.message)
    FROM seen s ORDER BY s.n DESC, s.until DESC
    """
    return [Group(*row) for row in rows(query, scope.start, scope.end, limit)]


def group_by_time(scope: Scope, group: tuple[str, str, str]) -> list[int]:
    """How often a group (endpoint, error type, message) happened in each hour or day."""
    buckets, edges = bucketed(scope)
    query = f"""
    WITH {buckets}
    SELECT count(e.id) FROM buckets b
    LEFT JOIN fal_events e ON {_SAME} AND e.at >= b.a AND e.at < b.b{scope.of_mode("e")}
    GROUP BY b.a ORDER BY b.a
    """
    return [int(row[0]) for row in rows(query, *edges, *group)]


def group_events(scope: Scope, group: tuple[str, str, str], limit: int = 200) -> list[FalEvent]:
    """The failures of a group, the newest first."""
    query = f"""
    {_EVENT} WHERE {_SAME} AND e.at >= ? AND e.at < ?{scope.of_mode("e")}
    ORDER BY e.at DESC LIMIT ?
    """
    return [_event(row) for row in rows(query, *group, scope.start, scope.end, limit)]


def of_run(run_id: str) -> list[FalEvent]:
    """Every call of a run, in order."""
    return [_event(row) for row in rows(f"{_EVENT} WHERE e.run_id = ? ORDER BY e.id", run_id)]


def new_groups(scope: Scope) -> list[Group]:
    """The problems of a period that had never happened before."""
    return [found for found in groups(scope, limit=10_000) if found.ever >= scope.start]


def _event(row: tuple[object, ...]) -> FalEvent:
    made = FalEvent._make((*row[:2], text_id(row[2]), *row[3:]))
    return made._replace(ok=bool(made.ok))
