"""Orders of pictures, and the pictures that came of them."""

from __future__ import annotations

import uuid
from enum import StrEnum

import peewee
from playhouse.fields import EnumField

from core.avatars.models import Avatar, TrainedModel, TrainingRun
from core.avatars.orders.order import Order
from core.base.db import Model
from core.conversation.models import Conversation, User


class Shape(StrEnum):
    """How a picture lies."""

    PORTRAIT = "portrait"
    SQUARE = "square"
    LANDSCAPE = "landscape"


SIDES = {Shape.PORTRAIT: (864, 1152), Shape.SQUARE: (1000, 1000), Shape.LANDSCAPE: (1152, 864)}
"""Width and height in pixels: at most a million, for megapixels are rounded up in billing."""


class Purpose(StrEnum):
    """Why pictures were ordered: shown with the good news of a training, or asked for."""

    PREVIEW = "preview"
    ASKED = "asked"


class PictureRun(Order):
    """One order of 1 to 4 pictures. It outlives its avatar, for the books.

    Either a `scene` of a `pack`, counted from 0, or a `wish`: the only place of what was typed.
    `variation` is 0 for the prompt as it stands, more for others of its family, with its `seed`.
    `counted` is how many count in their person's day, `blocked` how many were held back by a
    safety check, `spoilt` how many were no pictures.
    """

    avatar = peewee.ForeignKeyField(Avatar, backref="picture_runs", null=True, on_delete="SET NULL")
    user = peewee.ForeignKeyField(User, backref="picture_runs", null=True, on_delete="SET NULL")
    conversation = peewee.ForeignKeyField(Conversation, null=True, on_delete="SET NULL")
    trained = peewee.ForeignKeyField(TrainedModel, null=True, on_delete="SET NULL")
    avatar_id: uuid.UUID | None
    purpose = EnumField(Purpose, max_length=16)
    pack = peewee.CharField(max_length=32, default="")
    scene = peewee.IntegerField(default=0)
    wish = peewee.TextField(default="")
    variation = peewee.IntegerField(default=0)
    shape = EnumField(Shape, max_length=16)
    count = peewee.IntegerField()
    seed = peewee.BigIntegerField()
    counted = peewee.IntegerField(default=0)
    blocked = peewee.IntegerField(default=0)
    spoilt = peewee.IntegerField(default=0)

    class Meta:
        table_name = "picture_runs"


class Picture(Model):
    """One picture, stored under `key`; its `number` is what its person calls it by.

    It is theirs from `made_at` on, in seconds since 1970; before, its key is only reserved, so that
    what is stored is no orphan. `likeness` is the cosine to the avatar's photos, null where it was
    not measured. One with `removed_at` can be put back for a while.
    """

    id = peewee.UUIDField(primary_key=True, default=uuid.uuid4)
    run = peewee.ForeignKeyField(PictureRun, backref="pictures", on_delete="CASCADE")
    avatar = peewee.ForeignKeyField(Avatar, backref="pictures", on_delete="CASCADE")
    user = peewee.ForeignKeyField(User, backref="pictures", on_delete="CASCADE")
    run_id: uuid.UUID
    avatar_id: uuid.UUID
    user_id: uuid.UUID
    place = peewee.IntegerField()
    number = peewee.IntegerField(default=0)
    key = peewee.CharField()
    sha256 = peewee.CharField(max_length=64)
    size = peewee.BigIntegerField()
    width = peewee.IntegerField()
    height = peewee.IntegerField()
    likeness = peewee.DoubleField(null=True)
    favourite = peewee.BooleanField(default=False)
    made_at = peewee.DoubleField(null=True)
    removed_at = peewee.DoubleField(null=True)

    class Meta:
        table_name = "pictures"


THERE = Picture.made_at.is_null(False) & Picture.removed_at.is_null()
"""A picture that its person has."""

ORDERED: tuple[type[Order], ...] = (TrainingRun, PictureRun)
"""Whatever is ordered and paid: it shares one budget."""
