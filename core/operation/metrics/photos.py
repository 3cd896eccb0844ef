"""Photos in numbers: which were refused, why, and how often a person knew better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from peewee import Case, fn

from core.avatars.models import AvatarPhoto, PhotoValidationStatus
from core.avatars.photos.inspection.verdict import MISTAKABLE
from core.operation.metrics.scope import Scope, moment, one, rows, seconds_of

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


def overruled(scope: Scope) -> Overruled:
    """Of the photos that came in the period and are still kept."""
    came = (AvatarPhoto.created_at >= moment(scope.start)) & (
        AvatarPhoto.created_at < moment(scope.end)
    )
    known_better = AvatarPhoto.photo_metadata["overruled"].as_text().in_(sorted(MISTAKABLE))
    query = AvatarPhoto.select(
        fn.COUNT(AvatarPhoto.id), fn.COALESCE(fn.SUM(Case(None, ((known_better, 1),), 0)), 0)
    ).where(_REFUSED | known_better, came)
    refused, kept = query.scalar(as_tuple=True)
    return Overruled(int(refused), int(kept))


class Refused(NamedTuple):
    """How many photos were refused for a reason, of how many people."""

    reason: str
    photos: int
    people: int


def refusals(scope: Scope, channel: str = "", language: str = "") -> list[Refused]:
    """The photos that came in the period and were refused; a duplicate's reason is `duplicate`."""
    spoken = " AND p.user_id IN (SELECT id FROM users WHERE language = ?)" if language else ""
    through = " AND p.conversation_id IN (SELECT id FROM conversations WHERE channel = ?)"
    query = f"""
    SELECT CASE WHEN p.reason = '' THEN p.validation_status ELSE p.reason END, count(*),
           count(DISTINCT p.user_id)
    FROM avatar_photos p
    WHERE p.validation_status IN ('invalid', 'duplicate') AND p.created_at >= ?
      AND p.created_at < ?{through if channel else ""}{spoken}
    GROUP BY 1 ORDER BY 2 DESC, 1
    """
    chosen = [choice for choice in (channel, language) if choice]
    found = rows(query, moment(scope.start), moment(scope.end), *chosen)
    return [Refused(reason, int(photos), int(people)) for reason, photos, people in found]


def pending() -> tuple[int, float | None]:
    """How many photos wait for their verdict, and since when the oldest does."""
    query = """
    SELECT count(*), min(created_at) FROM avatar_photos WHERE validation_status = 'pending'
    """
    n, oldest = one(query)
    return int(n), None if oldest is None else seconds_of(oldest)
