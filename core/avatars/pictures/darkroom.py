"""The darkroom, which looks at what was painted: its port, and the likest picture first."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from core.avatars.models import AvatarPhoto, PhotoValidationStatus
from core.avatars.ports import ObjectStore
from core.base.errors import ObjectMissing

log = structlog.get_logger()

REFERENCES = 6
"""So many of the avatar's best photos are compared with: more hardly change the order."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A picture as it is kept: a JPEG that says by what it was made; sides in pixels."""

    data: bytes
    width: int
    height: int

    @property
    def sha256(self) -> str:
        """The hash of the file, in hex."""
        return hashlib.sha256(self.data).hexdigest()


class Darkroom(Protocol):
    """Looks at pictures; `core.services` supplies it. Any number of threads may ask it."""

    def finish(self, data: bytes) -> Finished | None:
        """The picture as it is to be kept; None where there is none, or it is black."""

    def indecent(self, data: bytes) -> bool:
        """Whether a second look, where there is one, says that it is not safe for work."""

    def likeness(
        self, pictures: Sequence[bytes], photos: Sequence[bytes]
    ) -> tuple[float | None, ...]:
        """How like the person each is, as a cosine; None where no face is sure."""


Scored = tuple[float | None, Finished]


def ranked(
    darkroom: Darkroom, store: ObjectStore, avatar_id: uuid.UUID | None, made: list[Finished]
) -> list[Scored]:
    """Pictures of an avatar with their likeness, the likest first.

    Those without a sure face keep their order, behind the others; so do all of them where they
    can't be compared. Raises StorageUnavailable.
    """
    if not made:
        return []
    photos = list(_references(store, avatar_id))
    try:
        scores = darkroom.likeness([one.data for one in made], photos)
    except Exception:
        log.exception("pictures could not be compared", avatar=str(avatar_id))
        scores = (None,) * len(made)
    return sorted(zip(scores, made, strict=True), key=lambda one: (one[0] is None, -(one[0] or 0)))


def _references(store: ObjectStore, avatar_id: uuid.UUID | None) -> Iterator[bytes]:
    """The avatar's best photos; one that is gone is passed over."""
    photos = AvatarPhoto.select(AvatarPhoto.minio_key).where(
        AvatarPhoto.avatar == avatar_id,
        AvatarPhoto.removed_at.is_null(),
        AvatarPhoto.minio_key.is_null(False),
        AvatarPhoto.validation_status == PhotoValidationStatus.VALID,
    )
    best = photos.order_by(AvatarPhoto.quality_score.desc(nulls="LAST"), AvatarPhoto.number)
    for key in list(best.limit(REFERENCES).scalars()):
        try:
            yield store.get(str(key))
        except ObjectMissing:
            continue
