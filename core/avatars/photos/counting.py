"""An avatar's photos counted: how many are valid, whose turn it is to be judged, what fits."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from enum import Enum

from core.avatars import queries
from core.avatars.models import Avatar, AvatarPhoto, AvatarStatus, PhotoValidationStatus, change
from core.avatars.photos import comparing
from core.avatars.photos.room import PARKED, Room, room
from core.base.db import transaction
from core.base.settings import Settings

NO_ROOM = "no_room"
"""The reason of a photo that was left out because others had taken the last place."""
TOO_MANY = "too_many_at_once"
"""The reason of one that was left out because as many as may were waiting."""

_PENDING = PhotoValidationStatus.PENDING
_VALID = PhotoValidationStatus.VALID


class Standing(Enum):
    """What a pending photo's place in the line means for it, if it is a good one."""

    FITS = "fits"
    WAITS = "waits"
    """Those before it may take the places that are left, or not."""
    LEFT_OUT = "left_out"


def photo_limit(settings: Settings, _avatar_id: uuid.UUID | None) -> int:
    """How many valid photos an avatar takes: the same for every avatar and owner."""
    return settings.training.max_photos


def room_of(avatar_id: uuid.UUID, settings: Settings) -> Room:
    """What an avatar has room for; true while the caller holds its person."""
    valid = queries.photos_with(avatar_id, _VALID).count()
    pending = queries.photos_with(avatar_id, _PENDING).count()
    return room(valid, pending, photo_limit(settings, avatar_id), settings.photos.max_pending)


def standing(photo: AvatarPhoto, settings: Settings) -> Standing:
    """Whether a pending photo would fit; it stays true while the caller holds its person."""
    places = room_of(photo.avatar_id, settings).places
    if not places:
        return Standing.LEFT_OUT
    pending = queries.photos_with(photo.avatar_id, _PENDING)
    earlier = pending.where(AvatarPhoto.number < photo.number).count()
    return Standing.FITS if earlier < places else Standing.WAITS


def recount(avatar_id: uuid.UUID, settings: Settings) -> list[str]:
    """Count an avatar's photos anew by what the database says; see `count_anew`."""
    with transaction():
        avatar = Avatar.get_by_id(avatar_id)
        return count_anew(avatar, list(queries.photos(avatar_id)), settings)


def count_anew(avatar: Avatar, photos: Sequence[AvatarPhoto], settings: Settings) -> list[str]:
    """Bring an unfinished avatar's count and status in line with its photos; holds the person.

    `photos_count` is the valid ones; "ready" from the minimum of them on, "draft" without any
    photo. An avatar that is trained, or was, keeps its status. Pending photos whose turn has come
    are called up: their ids.
    """
    valid = sum(photo.validation_status is _VALID for photo in photos)
    status = AvatarStatus.UPLOADING if photos else AvatarStatus.DRAFT
    if valid >= settings.training.min_photos:
        status = AvatarStatus.READY
    if avatar.status not in queries.UNFINISHED:
        status = avatar.status
    if (avatar.photos_count, avatar.status) != (valid, status):
        change(avatar, photos_count=valid, status=status)
    comparing.mark(avatar, photos, settings)
    waiting = [photo for photo in photos if photo.validation_status is _PENDING]
    places = room(
        valid, len(waiting), photo_limit(settings, avatar.id), settings.photos.max_pending
    )
    return _call_up(waiting, places.places)


def _call_up(waiting: Sequence[AvatarPhoto], places: int) -> list[str]:
    """Let as many pending photos be judged as there are places, those that came first.

    The others are parked until a verdict, or the person, settles whether they fit. Once no place
    is left it is settled for all of them.
    """
    turn = len(waiting) if places == 0 else places
    called = [photo for photo in waiting[:turn] if photo.next_check_at == PARKED]
    parked = [photo for photo in waiting[turn:] if photo.next_check_at == 0]
    for moved, moment in ((called, 0.0), (parked, PARKED)):
        if moved:
            moving = AvatarPhoto.update(next_check_at=moment)
            moving.where(AvatarPhoto.id.in_([photo.id for photo in moved])).execute()
        for photo in moved:
            photo.next_check_at = moment
    return [str(photo.id) for photo in called]
