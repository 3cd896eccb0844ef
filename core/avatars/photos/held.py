"""Photos that are put aside: those that came before there was an avatar, or a consent."""

from __future__ import annotations

import peewee
from playhouse.fields import EnumField

from core.avatars.photos.declared import Declared
from core.base.db import Model
from core.conversation.models import Conversation, User


class HeldPhoto(Model):
    """A photo that came at the wrong moment: the channel's reference alone, for a day.

    `declared` is what it said of itself: a picture, or a file that may be one.
    """

    id = peewee.BigAutoField()
    user = peewee.ForeignKeyField(User, backref="held_photos", on_delete="CASCADE")
    conversation = peewee.ForeignKeyField(Conversation, on_delete="CASCADE")
    reference = peewee.JSONField()
    declared = EnumField(Declared, max_length=16, default=Declared.PICTURE)
    held_at = peewee.DoubleField()

    class Meta:
        table_name = "held_photos"
