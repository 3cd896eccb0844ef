"""Photos whose verdict is long in coming: their person is told once, not left to wonder."""

from __future__ import annotations

import datetime
import uuid

from core.avatars.models import AvatarPhoto, PhotoValidationStatus
from core.avatars.photos.room import PARKED
from core.base.db import transaction
from core.conversation.inbox import Inbox
from core.conversation.statements import lock_person

LATE = "late"
"""In a pending photo's metadata: its person was told of the delay."""

_PENDING = (AvatarPhoto.validation_status == PhotoValidationStatus.PENDING) & (
    AvatarPhoto.removed_at.is_null()
)


def tell_late(inbox: Inbox, before: float, limit: int) -> None:
    """Tell everybody whose photos came before a moment and still wait, once for all of them."""
    cutoff = datetime.datetime.fromtimestamp(before, datetime.UTC).replace(tzinfo=None)
    late = AvatarPhoto.select(AvatarPhoto.avatar, AvatarPhoto.user, AvatarPhoto.conversation)
    late = late.where(
        _PENDING,
        AvatarPhoto.created_at <= cutoff,
        AvatarPhoto.next_check_at < PARKED,  # which waits for a place, not for us
        AvatarPhoto.conversation.is_null(False),
        AvatarPhoto.photo_metadata[LATE].is_null(),
    ).distinct()
    for photo in list(late.limit(limit)):
        assert photo.conversation_id is not None
        with transaction():
            lock_person(photo.conversation_id, photo.user_id)
            tell(inbox, photo.avatar_id, photo.conversation_id)


def tell(inbox: Inbox, avatar_id: uuid.UUID, conversation_id: int) -> None:
    """Tell of an avatar's delay, once for all photos that wait now; the caller holds the person."""
    waiting = AvatarPhoto.select().where(AvatarPhoto.avatar == avatar_id, _PENDING)
    photos = list(waiting.order_by(AvatarPhoto.number))
    if not photos:
        return
    told = any(photo.photo_metadata.get(LATE) for photo in photos)
    for photo in photos:
        photo.photo_metadata = {**photo.photo_metadata, LATE: True}
        photo.save(only=["photo_metadata"])
    if not told:
        key = f"delayed:{avatar_id}:{photos[0].number}"
        inbox.tell(conversation_id, "delayed", str(avatar_id), key)
