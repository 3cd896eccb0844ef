"""Photos in numbers."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from peewee import Case, fn

from core.avatars.models import AvatarPhoto, PhotoValidationStatus
from core.avatars.photo_verdict import MISTAKABLE

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
