"""An avatar's photos beside each other: what one repeats, how alike they are, what is overruled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.avatars.models import AvatarPhoto, PhotoValidationStatus, change, utc_now
from core.avatars.photos.counting import NO_ROOM, room_of
from core.avatars.photos.inspection import alike
from core.avatars.photos.inspection.faces import pose
from core.avatars.photos.inspection.verdict import MILDER, MISTAKABLE, OVERRULABLE, Known, Purpose
from core.avatars.photos.inspection.weighing import reconsidered
from core.base.settings import Settings

_THERE = AvatarPhoto.removed_at.is_null()
_VALID = AvatarPhoto.validation_status == PhotoValidationStatus.VALID
_REFUSED = (PhotoValidationStatus.INVALID, PhotoValidationStatus.DUPLICATE)


def purpose_of(photo: AvatarPhoto) -> Purpose:
    """What its avatar wants of it."""
    avatar = photo.avatar
    overruled = bool(photo.photo_metadata.get("overruled"))
    return Purpose(avatar.training_type, avatar.avatar_type, overruled, str(photo.user_id))


def known_beside(photo: AvatarPhoto) -> dict[str, Known]:
    """The avatar's other photos that count, by their ids."""
    query = AvatarPhoto.select().where(
        AvatarPhoto.avatar == photo.avatar_id, AvatarPhoto.id != photo.id, _VALID, _THERE
    )
    return {str(other.id): Known.of(other.file_hash, other.photo_metadata) for other in query}


def repetition(
    photo: AvatarPhoto, file_hash: str | None, metadata: Mapping[str, object]
) -> str | None:
    """The reason to refuse what the avatar has in another photo that counts, if it has.

    "duplicate" is the same file once more, "repeated" the same picture as far as we can see: not
    where its person has said that it is another.
    """
    mine = Known.of(file_hash, metadata)
    others = known_beside(photo).values()
    if any(other.file_hash == mine.file_hash for other in others):
        return "duplicate"
    if metadata.get("overruled") == "repeated" or mine.fingerprint is None:
        return None
    prints = {str(n): other.fingerprint for n, other in enumerate(others) if other.fingerprint}
    return "repeated" if alike.find_same(mine.fingerprint, prints) else None


def may_be_kept(photo: AvatarPhoto) -> bool:
    """Whether its refusal can be overruled: it may be our mistake, and its picture is kept."""
    refused = photo.validation_status in _REFUSED
    return refused and photo.reason in OVERRULABLE and bool(photo.minio_key)


def overrule(photo: AvatarPhoto) -> bool:
    """Accept a refused photo on its person's word; the caller holds them, and counts anew.

    What it was refused for stays as advice, and under "overruled" for the metric. False where the
    avatar has got this very picture meanwhile: then it is a duplicate.
    """
    metadata: dict[str, Any] = {**photo.photo_metadata, "overruled": photo.reason}
    if again := repetition(photo, photo.file_hash, metadata):
        change(photo, validation_status=PhotoValidationStatus.DUPLICATE, reason=again)
        return False
    milder = MILDER.get(photo.reason, photo.reason)
    metadata["advice"] = list(dict.fromkeys((milder, *metadata.get("advice", ()))))
    metadata.pop("same_as", None)
    change(
        photo,
        validation_status=PhotoValidationStatus.VALID,
        reason="",
        photo_metadata=metadata,
    )
    return True


def reconsider(photos: Iterable[AvatarPhoto], settings: Settings) -> int:
    """Judge an avatar's photos anew, from what was seen in them, once it wants something else.

    How many are refused now that were not before; the caller holds the person, and counts anew.
    """
    photos = [photo for photo in photos if photo.minio_key is not None]
    valid = [p for p in photos if p.validation_status is PhotoValidationStatus.VALID]
    mistakable = [p for p in photos if p not in valid and p.reason in MISTAKABLE]
    for photo in valid:
        _judge_valid(photo)
    if (
        valid
    ):  # every row exists: this is one UPDATE of all of them, with the types of either database
        rows = AvatarPhoto.insert_many([photo.__data__ for photo in valid])
        rows.on_conflict(conflict_target=[AvatarPhoto.id], preserve=_JUDGED).execute()
    for photo in mistakable:  # each counts for those that come after it
        _judge_refused(photo, settings)
    refused = PhotoValidationStatus.INVALID
    return sum(p.validation_status is refused and p.removed_at is None for p in valid)


_JUDGED = [
    AvatarPhoto.validation_status,
    AvatarPhoto.reason,
    AvatarPhoto.dismissed_at,
    AvatarPhoto.told_revision,
    AvatarPhoto.photo_metadata,
    AvatarPhoto.updated_at,
]


def _judged(photo: AvatarPhoto) -> tuple[str, dict[str, Any]] | None:
    """The reason to refuse it, "" where there is none, and its metadata; None where it stays."""
    metadata = photo.photo_metadata
    size = (photo.width or 0, photo.height or 0)
    found = reconsidered(metadata, size, photo.has_face, purpose_of(photo))
    return None if found is None else (found[0] or "", {**metadata, "advice": list(found[1])})


def _judge_valid(photo: AvatarPhoto) -> None:
    """Set what becomes of one that counted."""
    found = _judged(photo)
    if found is None:
        return
    photo.reason, photo.photo_metadata = found
    photo.updated_at = utc_now()
    if photo.reason:
        photo.validation_status = PhotoValidationStatus.INVALID
        photo.dismissed_at = photo.told_revision = None


def _judge_refused(photo: AvatarPhoto, settings: Settings) -> None:
    """Write what becomes of one that was refused, where that may be our mistake."""
    found = _judged(photo)
    if found is None:
        return
    reason, metadata = found
    status = PhotoValidationStatus.INVALID if reason else PhotoValidationStatus.VALID
    if not reason and (again := repetition(photo, photo.file_hash, metadata)):
        status, reason = PhotoValidationStatus.DUPLICATE, again
    if not (reason or room_of(photo.avatar_id, settings).places):
        status, reason = PhotoValidationStatus.INVALID, NO_ROOM
    told = photo.told_revision if status == photo.validation_status else None
    changed = {"validation_status": status, "reason": reason, "told_revision": told}
    change(photo, **changed, photo_metadata=metadata)


def too_alike(photos: Iterable[AvatarPhoto]) -> tuple[int, ...]:
    """The numbers of those that look alike, where they are so many that it should be said."""
    photos = tuple(photos)
    prints = {
        str(photo.number): found
        for photo in photos
        if (found := Known.of(photo.file_hash, photo.photo_metadata).fingerprint)
    }
    group = alike.largest_group(prints)
    return tuple(map(int, group)) if alike.lacks_variety(len(group), len(photos)) else ()


def frontal(photos: Iterable[AvatarPhoto]) -> bool:
    """Whether hardly one of these photos of a person shows the face from the side."""
    held = (
        pose.of_kept(photo.photo_metadata.get("pose"))
        for photo in photos
        if purpose_of(photo).person
    )
    return pose.frontal(found.turn for found in held if found)


def useless(photos: Iterable[AvatarPhoto]) -> tuple[int, ...]:
    """The numbers of valid photos of a person from which a training learns next to nothing.

    Of a thing or a style light and sharpness are its maker's business.
    """
    return tuple(
        photo.number for photo in photos if photo.quality_score == 0 and purpose_of(photo).person
    )
