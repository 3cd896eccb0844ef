"""The product's tables. Enums are enforced by the database; so are the limits that cost money.

`created_at` and `updated_at` of avatars and photos are UTC datetimes, as the specification names
them; every other moment is a float, seconds since 1970.
"""

from __future__ import annotations

import datetime
import uuid
from enum import StrEnum
from typing import Any

import peewee
from playhouse.fields import EnumField

from core.avatars.naming import LONGEST
from core.avatars.orders.order import ACTIVE as ACTIVE
from core.avatars.orders.order import HOLDING as HOLDING
from core.avatars.orders.order import Order, Status
from core.base.db import Model
from core.base.folding import folded
from core.conversation.models import Conversation, User


class AvatarGender(StrEnum):
    """The gender of the person shown; a style or a thing is `other`."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"


class AvatarType(StrEnum):
    """What an avatar is: a person, a style, or anything else."""

    CHARACTER = "character"
    STYLE = "style"
    CUSTOM = "custom"


class AvatarTrainingType(StrEnum):
    """The algorithm that trains it."""

    PORTRAIT = "portrait"
    STYLE = "style"


class AvatarStatus(StrEnum):
    """How far an avatar has come."""

    DRAFT = "draft"
    UPLOADING = "uploading"
    READY = "ready"
    TRAINING = "training"
    COMPLETED = "completed"
    ERROR = "error"
    CANCELLED = "cancelled"


class PhotoValidationStatus(StrEnum):
    """What became of a photo."""

    PENDING = "pending"
    VALID = "valid"
    INVALID = "invalid"
    DUPLICATE = "duplicate"


RunStatus = Status
"""A training run's status, by the specification's name."""


def utc_now() -> datetime.datetime:
    """Now in UTC, as `created_at` and `updated_at` keep it."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def change(row: Avatar | AvatarPhoto, **columns: Any) -> None:
    """Write these columns of an avatar or a photo, and when they changed."""
    changed: dict[str, object] = {**columns, "updated_at": utc_now()}
    for name, value in changed.items():
        setattr(row, name, value)
    row.save(only=list(changed))


def rename_to(avatar: Avatar, name: str) -> None:
    """Give an avatar a name, and have it found by that."""
    change(avatar, name=name, sought=folded(name))


class Avatar(Model):
    """An avatar, from the first choice on; it counts as created once it has a name.

    `avatar_type` is null until it has been chosen; a portrait is a character at once, so a
    portrait without a kind is one whose training type has not been confirmed yet. `compare_at`:
    see comparing.py. `home_id` is who brought it, where its person was linked with others; its
    objects stay below the prefix of that one.
    """

    id = peewee.UUIDField(primary_key=True, default=uuid.uuid4)
    user = peewee.ForeignKeyField(User, backref="avatars", on_delete="CASCADE")
    user_id: uuid.UUID
    name = peewee.CharField(max_length=LONGEST, default="")
    sought = peewee.TextField(default="")
    gender = EnumField(AvatarGender, max_length=16, null=True)
    avatar_type = EnumField(AvatarType, max_length=16, null=True)
    training_type = EnumField(
        AvatarTrainingType, max_length=16, default=AvatarTrainingType.PORTRAIT
    )
    status = EnumField(AvatarStatus, max_length=16, default=AvatarStatus.DRAFT)
    training_progress = peewee.IntegerField(default=0)
    finetune_id = peewee.CharField(null=True)
    fal_mode = peewee.CharField(max_length=16, null=True)
    avatar_data = peewee.JSONField(default=dict)
    training_config = peewee.JSONField(default=dict)
    photos_count = peewee.IntegerField(default=0)
    compare_at = peewee.DoubleField(null=True)
    home_id = peewee.UUIDField(null=True)
    created_at = peewee.DateTimeField(default=utc_now)
    updated_at = peewee.DateTimeField(default=utc_now)

    class Meta:
        table_name = "avatars"


DELAYED = 3
"""So many tries in vain to reach what a photo needs, and the person is told: some seconds."""


class AvatarPhoto(Model):
    """A photo of an avatar, `pending` from its arrival until its verdict and its object exist.

    `reference` is what its channel fetches it by, `reason` the code of its refusal. `attempts`
    counts the tries to judge it, `postponed` those that only found something out of reach. A
    removed photo can be put back until the sweep. `told_revision` is that of the conversation's
    screen that tells of its verdict, null until one does.
    """

    id = peewee.UUIDField(primary_key=True, default=uuid.uuid4)
    avatar = peewee.ForeignKeyField(Avatar, backref="photos", on_delete="CASCADE")
    user = peewee.ForeignKeyField(User, backref="photos", on_delete="CASCADE")
    conversation = peewee.ForeignKeyField(Conversation, null=True, on_delete="SET NULL")
    avatar_id: uuid.UUID
    user_id: uuid.UUID
    conversation_id: int | None
    reference = peewee.JSONField(default=dict)
    minio_key = peewee.CharField(null=True)
    file_hash = peewee.CharField(max_length=64, null=True)
    file_size = peewee.IntegerField(null=True)
    validation_status = EnumField(
        PhotoValidationStatus, max_length=16, default=PhotoValidationStatus.PENDING
    )
    reason = peewee.CharField(max_length=32, default="")
    has_face = peewee.BooleanField(null=True)
    quality_score = peewee.DoubleField(null=True)
    width = peewee.IntegerField(null=True)
    height = peewee.IntegerField(null=True)
    photo_metadata = peewee.JSONField(default=dict)
    number = peewee.IntegerField()
    attempts = peewee.IntegerField(default=0)
    postponed = peewee.IntegerField(default=0)
    next_check_at = peewee.DoubleField(default=0)
    dismissed_at = peewee.DoubleField(null=True)
    removed_at = peewee.DoubleField(null=True)
    told_revision = peewee.BigIntegerField(null=True)
    created_at = peewee.DateTimeField(default=utc_now)
    updated_at = peewee.DateTimeField(default=utc_now)

    class Meta:
        table_name = "avatar_photos"

    @property
    def delayed(self) -> bool:
        """Whether it is pending, and its person was told that it takes long, or is to be."""
        pending = self.validation_status is PhotoValidationStatus.PENDING
        late = self.postponed >= DELAYED or "late" in self.photo_metadata
        return bool(pending and late)


class TrainingRun(Order):
    """One training, as it is ordered. It outlives its avatar, for the books.

    `weights_key` names its weights from before they are stored, so that they are no orphans.
    """

    avatar = peewee.ForeignKeyField(Avatar, backref="runs", null=True, on_delete="SET NULL")
    user = peewee.ForeignKeyField(User, backref="runs", null=True, on_delete="SET NULL")
    conversation = peewee.ForeignKeyField(Conversation, null=True, on_delete="SET NULL")
    avatar_id: uuid.UUID | None
    training_type = EnumField(AvatarTrainingType, max_length=16)
    photos_count = peewee.IntegerField(default=0)
    weights_key = peewee.CharField(null=True)

    class Meta:
        table_name = "training_runs"


class TrainedModel(Model):
    """What a training has made for an avatar, which has the one that was made last.

    Its weights are stored here under `weights_key`; a model without them stays with the trainer,
    under its `finetune_id`. `base_model` decides who can paint with it, `phrase` is the word by
    which it knows its subject. `config` is what the trainer says of it, `training_config` how it
    was ordered, as the avatar says it. `made_at` is seconds since 1970. The painter has its weights
    at `remote_url` for a while, sent there at `remote_at`.
    """

    id = peewee.UUIDField(primary_key=True, default=uuid.uuid4)
    avatar = peewee.ForeignKeyField(Avatar, backref="models", on_delete="CASCADE")
    user = peewee.ForeignKeyField(User, backref="models", on_delete="CASCADE")
    avatar_id: uuid.UUID
    user_id: uuid.UUID
    run_id = peewee.UUIDField(unique=True)
    training_type = EnumField(AvatarTrainingType, max_length=16)
    base_model = peewee.CharField(max_length=32)
    phrase = peewee.CharField(max_length=64)
    finetune_id = peewee.CharField(null=True)
    weights_key = peewee.CharField(null=True)
    weights_sha256 = peewee.CharField(max_length=64, null=True)
    weights_bytes = peewee.BigIntegerField(null=True)
    config = peewee.JSONField(default=dict)
    training_config = peewee.JSONField(default=dict)
    profile = peewee.CharField(max_length=64)
    endpoint = peewee.CharField(max_length=128)
    request_id = peewee.CharField(null=True)
    test_mode = peewee.BooleanField()
    made_at = peewee.DoubleField()
    remote_url = peewee.TextField(default="")
    remote_at = peewee.DoubleField(null=True)

    class Meta:
        table_name = "trained_models"

    @property
    def stays(self) -> bool:
        """Whether it is with the trainer alone; STAYING says the same to the database."""
        return bool(self.finetune_id and not self.weights_key and not self.test_mode)


STAYING = (
    TrainedModel.finetune_id.is_null(False)
    & TrainedModel.weights_key.is_null()
    & ~TrainedModel.test_mode
)


class Consent(Model):
    """A person's consent to a version of the text, until they withdraw it.

    One is `set_aside_at` a moment where its person was linked with one who had not consented.
    """

    id = peewee.BigAutoField()
    user = peewee.ForeignKeyField(User, backref="consents", on_delete="CASCADE")
    version = peewee.CharField(max_length=16)
    given_at = peewee.DoubleField()
    withdrawn_at = peewee.DoubleField(null=True)
    set_aside_at = peewee.DoubleField(null=True)
    home_id = peewee.UUIDField(null=True)

    class Meta:
        table_name = "consents"


class Admission(Model):
    """Somebody who came with an invitation; it lasts, whatever becomes of that."""

    user = peewee.ForeignKeyField(User, primary_key=True, backref="admissions", on_delete="CASCADE")
    user_id: uuid.UUID
    invite = peewee.CharField(max_length=128)
    at = peewee.DoubleField()
    home_id = peewee.UUIDField(null=True)

    class Meta:
        table_name = "admissions"
