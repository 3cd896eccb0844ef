"""Photos: which were refused, and why."""

from __future__ import annotations

from typing import NamedTuple

from core.metrics.scope import Scope, moment, one, rows, seconds_of


class Refused(NamedTuple):
    """How many photos were refused for a reason, of how many people."""

    reason: str
    photos: int
    people: int


def refusals(scope: Scope) -> list[Refused]:
    """The photos that came in the period and were refused; a duplicate's reason is `duplicate`."""
    query = """
    SELECT CASE WHEN reason = '' THEN validation_status ELSE reason END, count(*),
           count(DISTINCT user_id)
    FROM avatar_photos
    WHERE validation_status IN ('invalid', 'duplicate') AND created_at >= ? AND created_at < ?
    GROUP BY 1 ORDER BY 2 DESC, 1
    """
    found = rows(query, moment(scope.start), moment(scope.end))
    return [Refused(reason, int(photos), int(people)) for reason, photos, people in found]


def pending() -> tuple[int, float | None]:
    """How many photos wait for their verdict, and since when the oldest does."""
    query = """
    SELECT count(*), min(created_at) FROM avatar_photos WHERE validation_status = 'pending'
    """
    n, oldest = one(query)
    return int(n), None if oldest is None else seconds_of(oldest)
