"""Photos that are put aside: those that came before there was an avatar, or a consent."""

from __future__ import annotations

import uuid

import peewee
from playhouse.fields import EnumField

from core.avatars.disposal import spooled
from core.avatars.models import AvatarPhoto
from core.avatars.photos.declared import Declared
from core.base.db import Model, transaction
from core.conversation.models import Conversation, User


class HeldPhoto(Model):
    """A photo that came at the wrong moment: the channel's reference alone, for a day.

    `declared` is what it said of itself: a picture, or a file that may be one.
    """

    id = peewee.BigAutoField()
    user = peewee.ForeignKeyField(User, backref="held_photos", on_delete="CASCADE")
    conversation = peewee.ForeignKeyField(Conversation, on_delete="CASCADE")
    conversation_id: int
    reference = peewee.JSONField()
    declared = EnumField(Declared, max_length=16, default=Declared.PICTURE)
    held_at = peewee.DoubleField()

    class Meta:
        table_name = "held_photos"


def held_photos(user_id: uuid.UUID) -> peewee.ModelSelect[HeldPhoto]:
    """Photos that came at the wrong moment, in the order they came."""
    return HeldPhoto.select().where(HeldPhoto.user == user_id).order_by(HeldPhoto.id)


def take(user_id: uuid.UUID, most: int) -> list[HeldPhoto]:
    """Take the first of them out of there, in the order they came; the caller holds the person."""
    first = held_photos(user_id).select(HeldPhoto.id).limit(most)
    gone = HeldPhoto.delete().where(HeldPhoto.id.in_(first)).returning(HeldPhoto).execute()
    return sorted(gone, key=lambda photo: photo.id)


def sent_photo(conversation_id: int, name: str) -> AvatarPhoto | HeldPhoto | None:
    """The photo that came through the spool under this name in a conversation, while it is kept."""
    for model in (AvatarPhoto, HeldPhoto):
        sent = (model.conversation == conversation_id) & (model.reference["spool"] == name)
        if (found := model.get_or_none(sent)) is not None:
            return found
    return None


def forget(before: float, limit: int = 1000) -> list[str]:
    """Forget photos that are held since before a moment; the names of their spooled bytes."""
    with transaction():
        old = HeldPhoto.select(HeldPhoto.id).where(HeldPhoto.held_at < before).limit(limit)
        # one that a turn takes in meanwhile is not ours any more
        gone = HeldPhoto.delete().where(HeldPhoto.id.in_(old)).returning(HeldPhoto)
        return [name for held in gone.execute() if (name := spooled(held.reference))]
