"""What a screen may know of a photo, and which photos it tells of; nothing is read for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from core.avatars import queries
from core.avatars.facts import PhotoFacts
from core.avatars.models import AvatarPhoto, PhotoValidationStatus
from core.avatars.photos.inspection.picture_files.picture_file import most_megapixels
from core.avatars.photos.photo_set import may_be_kept


def facts_of(photo: AvatarPhoto) -> PhotoFacts:
    """What a screen may know of a photo."""
    return PhotoFacts(
        id=photo.id.hex,
        number=photo.number,
        status=photo.validation_status,
        reason=photo.reason,
        key=photo.minio_key,
        advice=tuple(photo.photo_metadata.get("advice", ())),
        mistakable=may_be_kept(photo),
        megapixels=round((photo.width or 0) * (photo.height or 0) / 1_000_000),
        most_megapixels=most_megapixels(photo.photo_metadata.get("format")),
        sent_as=str(photo.reference.get("name", "")),
    )


def refused(photo: AvatarPhoto, others: Iterable[AvatarPhoto]) -> PhotoFacts:
    """A refused photo; one that repeats another is shown by that."""
    same = photo.photo_metadata.get("same_as")
    shown = (other.minio_key for other in others if str(other.id) == same)
    return replace(facts_of(photo), key=photo.minio_key or next(shown, None))


def unread(photo: AvatarPhoto) -> bool:
    """Whether a photo was refused, and its person has not put that aside."""
    refused = photo.validation_status in queries.REFUSED and photo.dismissed_at is None
    return refused and photo.removed_at is None


def removed_photo(photos: Iterable[AvatarPhoto], photo_id: str | None) -> AvatarPhoto | None:
    """The photo of this id among those that were removed."""
    removed = (photo for photo in photos if photo.removed_at is not None)
    return next((photo for photo in removed if photo.id.hex == photo_id), None)


def untold(photo: AvatarPhoto, seen: int) -> bool:
    """Whether a photo has a verdict that no screen up to the revision in sight has told."""
    settled = photo.validation_status != PhotoValidationStatus.PENDING
    return settled and (photo.told_revision is None or photo.told_revision > seen)


def series(photos: Sequence[AvatarPhoto], seen: int) -> frozenset[object]:
    """The ids of the photos that a verdict screen tells of.

    Those whose verdict has not been shown yet; where there are none, and none is waited for, the
    last ones that were shown.
    """
    new = frozenset(photo.id for photo in photos if untold(photo, seen))
    if new or any(photo.validation_status == PhotoValidationStatus.PENDING for photo in photos):
        return new
    last = max((photo.told_revision or 0 for photo in photos), default=0)
    return frozenset(photo.id for photo in photos if last and photo.told_revision == last)


T = TypeVar("T")


def paged(found: Sequence[T], memory: Mapping[str, Any], size: int) -> tuple[int, int, Sequence[T]]:
    """A page within bounds: its number from 1, how many there are, what is on it."""
    pages = max(1, -(-len(found) // size))
    page = min(max(1, int(memory.get("page", 1))), pages)
    return page, pages, found[(page - 1) * size : page * size]
