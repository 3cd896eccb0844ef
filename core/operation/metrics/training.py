"""How long trainings take and wait, each by itself, and which are under way.

A training takes what the trainer reports, else the time from its start to its end; it waits from
its submission to its start. Only completed ones count.
"""

from __future__ import annotations

from typing import NamedTuple

from core.operation.metrics.cost import COST
from core.operation.metrics.scope import (
    Scope,
    bucketed,
    floored,
    listed,
    one,
    own_id,
    quantiles,
    rows,
    text_id,
)

ACTIVE = (
    "ready", "preparing", "submitting", "queued", "training", "saving", "uncertain", "cancelling",
)  # fmt: skip
_ACTIVE = ", ".join(f"'{status}'" for status in ACTIVE)

UNSETTLED = (
    "(r.status = 'uncertain' OR"
    " (r.status = 'cancelling' AND r.intent_at IS NOT NULL AND r.request_id IS NULL))"
)
"""Nobody knows whether it was ordered, though its person may have stopped it."""

TOOK = "coalesce(r.training_seconds, r.finished_at - r.started_at)"
WAITED = "coalesce(r.queue_seconds, r.started_at - r.submitted_at)"


class Times(NamedTuple):
    """Seconds of the trainings of a type: how many there are, and their quantiles."""

    training_type: str
    n: int
    p50: float
    p90: float
    p99: float


class TimesAt(NamedTuple):
    """Seconds of the trainings of a type that ended in an hour or a day."""

    start: float
    training_type: str
    n: int
    p50: float
    p90: float


class Bar(NamedTuple):
    """How many trainings took from so many seconds on."""

    seconds: float
    training_type: str
    n: int


class Run(NamedTuple):
    """A training run as a table shows it; `took` and `waited` in seconds."""

    id: str
    user_id: str
    avatar_id: str
    avatar: str
    training_type: str
    status: str
    test_mode: bool
    profile: str
    request_id: str
    progress: int
    position: int | None
    photos: int
    cost_usd: float | None
    error_type: str
    error_class: str
    error: str
    finished_by: str
    created_at: float
    submitted_at: float | None
    started_at: float | None
    finished_at: float | None
    took: float | None
    waited: float | None


_RUN = f"""
SELECT r.id, r.user_id, r.avatar_id, coalesce(a.name, ''), r.training_type, r.status, r.test_mode,
       r.profile, coalesce(r.request_id, ''), r.progress, r.position, r.photos_count,
       {COST}, r.error_type, r.error_class, r.error, r.finished_by,
       r.created_at, r.submitted_at, r.started_at, r.finished_at, {TOOK}, {WAITED}
FROM training_runs r LEFT JOIN avatars a ON a.id = r.avatar_id
"""


def times(scope: Scope) -> list[Times]:
    """How long completed trainings took, for each type."""
    return _times(scope, TOOK)


def waits(scope: Scope) -> list[Times]:
    """How long they waited before, for each type."""
    return _times(scope, WAITED)


def times_by_time(scope: Scope) -> list[TimesAt]:
    """Median and p90 for each type and each hour or day in which any ended."""
    buckets, edges = bucketed(scope)
    query = f"""
    WITH {buckets}
    SELECT b.a, r.training_type, count(*), {quantiles(TOOK)} FROM buckets b
    JOIN training_runs r ON r.finished_at >= b.a AND r.finished_at < b.b
    WHERE r.status = 'completed' AND {TOOK} IS NOT NULL{scope.of_mode()}
    GROUP BY b.a, r.training_type ORDER BY b.a, r.training_type
    """
    return [
        TimesAt(float(a), k, int(n), *listed(took)[:2]) for a, k, n, took in rows(query, *edges)
    ]


def histogram(scope: Scope, width: float) -> list[Bar]:
    """How many trainings took how long, in bars so many seconds wide.

    Where a clock was set back in between, one took less than nothing: it is in the first bar.
    """
    took = f"CASE WHEN {TOOK} > 0 THEN {TOOK} ELSE 0 END"
    bar = floored(f"{took} / CAST(? AS DOUBLE PRECISION)")
    query = f"""
    SELECT {bar} AS bar, r.training_type, count(*) FROM training_runs r
    WHERE r.finished_at >= ? AND r.finished_at < ? AND r.status = 'completed'
      AND {TOOK} IS NOT NULL{scope.of_mode()}
    GROUP BY 1, 2 ORDER BY 1, 2
    """
    found = rows(query, width, scope.start, scope.end)
    return [Bar(float(bar) * width, kind, int(n)) for bar, kind, n in found]


def ended(scope: Scope, limit: int = 500) -> list[Run]:
    """The runs that ended in the period, the newest first."""
    query = f"""
    {_RUN} WHERE r.finished_at >= ? AND r.finished_at < ?{scope.of_mode()}
    ORDER BY r.finished_at DESC LIMIT ?
    """
    return [_run(row) for row in rows(query, scope.start, scope.end, limit)]


def failed(scope: Scope, error_type: str, training_type: str, limit: int = 200) -> list[Run]:
    """The runs of a type ("": of any) that failed for a reason in the period, the newest first."""
    of_type = " AND r.training_type = ?" if training_type else ""
    query = f"""
    {_RUN} WHERE r.status = 'failed' AND r.error_type = ?
      AND r.finished_at >= ? AND r.finished_at < ?{of_type}{scope.of_mode()}
    ORDER BY r.finished_at DESC LIMIT ?
    """
    kinds = [training_type] if training_type else []
    found = rows(query, error_type, scope.start, scope.end, *kinds, limit)
    return [_run(row) for row in found]


def active(scope: Scope) -> list[Run]:
    """The runs under way, whenever they began; the oldest first."""
    query = f"{_RUN} WHERE r.status IN ({_ACTIVE}){scope.of_mode()} ORDER BY r.created_at"
    return [_run(row) for row in rows(query)]


def found(run_id: str) -> Run | None:
    """One run by its identifier."""
    row = one(f"{_RUN} WHERE r.id = ?", run_id)
    return None if row is None else _run(row)


def of_user(user_id: str) -> list[Run]:
    """A person's runs, the newest first."""
    query = f"{_RUN} WHERE r.user_id = ? ORDER BY r.created_at DESC LIMIT 200"
    return [_run(row) for row in rows(query, user_id)]


def uncertain() -> list[Run]:
    """Runs that may or may not have been ordered; the oldest first."""
    query = f"{_RUN} WHERE {UNSETTLED} ORDER BY r.created_at"
    return [_run(row) for row in rows(query)]


def unsettled(run_id: str) -> bool:
    """Whether nobody knows of a run if it was ordered."""
    query = f"SELECT count(*) FROM training_runs r WHERE r.id = ? AND {UNSETTLED}"
    return bool(one(query, own_id(run_id))[0])


def _times(scope: Scope, seconds: str) -> list[Times]:
    query = f"""
    SELECT r.training_type, count(*), {quantiles(seconds)} FROM training_runs r
    WHERE r.finished_at >= ? AND r.finished_at < ? AND r.status = 'completed'
      AND {seconds} IS NOT NULL{scope.of_mode()}
    GROUP BY r.training_type ORDER BY r.training_type
    """
    return [
        Times(kind, int(n), *listed(found))
        for kind, n, found in rows(query, scope.start, scope.end)
    ]


def _run(row: tuple[object, ...]) -> Run:
    made = Run._make((*map(text_id, row[:3]), *row[3:]))
    return made._replace(test_mode=bool(made.test_mode))


class Order(NamedTuple):
    """One order that was sent; dollars that nobody knows are None."""

    id: str
    number: int
    fate: str
    profile: str
    price_usd: float | None
    cost_usd: float | None
    error_type: str
    http_status: int | None
    sent_at: float
    answered_at: float | None
    ended_at: float | None
    request_id: str


def orders_of(run_id: str) -> list[Order]:
    """Every order of a run, the first one first."""
    query = """
    SELECT id, number, fate, profile, price_usd, cost_usd, error_type, http_status, sent_at,
           answered_at, ended_at, coalesce(request_id, '')
    FROM submissions WHERE run_id = ? ORDER BY number
    """
    return [Order(text_id(row[0]), *row[1:]) for row in rows(query, run_id)]
