"""Photos in numbers: which were refused, why, and how often a person knew better."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, NamedTuple

from peewee import Case, fn

from core.avatars.models import AvatarPhoto, PhotoValidationStatus
from core.avatars.photo_verdict import MISTAKABLE
from core.metrics.scope import Scope, moment, one, rows, seconds_of

_REFUSED = (AvatarPhoto.validation_status == PhotoValidationStatus.INVALID) & (
    AvatarPhoto.reason.in_(sorted(MISTAKABLE))
)


@dataclass(frozen=True, slots=True)
class Overruled:
    """How often a person knew better: photos that were refused for what may be our mistake."""

    refused: int
    """All of them, the overruled ones included."""
    overruled: int

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where nothing was refused."""
        return self.overruled / self.refused if self.refused else None


def overruled(since: datetime.datetime | None = None) -> Overruled:
    """Of the photos that came since a moment (UTC, naive) and are still kept, or of all of them."""
    came = AvatarPhoto.created_at >= since if since else True
    known_better = AvatarPhoto.photo_metadata["overruled"].as_text().in_(sorted(MISTAKABLE))
    query: Any = AvatarPhoto.select(
        fn.COUNT(AvatarPhoto.id), fn.COALESCE(fn.SUM(Case(None, ((known_better, 1),), 0)), 0)
    ).where(_REFUSED | known_better, came)
    ((refused, kept),) = query.tuples()
    return Overruled(int(refused), int(kept))


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
