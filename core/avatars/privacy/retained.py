"""What is left of those who are gone, and what must still go: none of it names anybody."""

from __future__ import annotations

import uuid

import peewee
from playhouse.fields import EnumField

from core.avatars.models import AvatarTrainingType, RunStatus
from core.base.db import Model
from core.conversation.models import Conversation, User

KEPT_SECONDS = 86_400.0
"""How long the files of an export can be downloaded."""


class RemoteCopy(Model):
    """Something that the trainer keeps of an order and must not: it names nobody.

    A `request` is deleted by the worker, by the trainer's id of it. A `model` that stays with the
    trainer can only be deleted there by hand. `next_check_at` says when it is tried next,
    `error_type` why it could not be deleted.
    """

    id = peewee.BigAutoField()
    kind = peewee.CharField(max_length=16)
    name = peewee.CharField(max_length=255)
    endpoint = peewee.CharField(max_length=128)
    test_mode = peewee.BooleanField()
    at = peewee.DoubleField()
    next_check_at = peewee.DoubleField()
    attempts = peewee.IntegerField(default=0)
    error_type = peewee.CharField(max_length=64, default="")

    class Meta:
        table_name = "remote_copies"


class Export(Model):
    """A person's order of all that belongs to them, and the zip files made of it.

    `made_at` is null until they are stored; `size` is their bytes together.
    """

    id = peewee.UUIDField(primary_key=True, default=uuid.uuid4)
    user = peewee.ForeignKeyField(User, backref="exports", on_delete="CASCADE")
    conversation = peewee.ForeignKeyField(Conversation, on_delete="CASCADE")
    user_id: uuid.UUID
    conversation_id: int
    ordered_at = peewee.DoubleField()
    attempts = peewee.IntegerField(default=0)
    next_check_at = peewee.DoubleField(default=0)
    made_at = peewee.DoubleField(null=True)
    parts = peewee.IntegerField(default=0)
    size = peewee.BigIntegerField(default=0)

    class Meta:
        table_name = "exports"


class CostEntry(Model):
    """What a training of somebody forgotten has cost, on which day (UTC); null is unknown."""

    id = peewee.BigAutoField()
    day = peewee.CharField(max_length=10)
    training_type = EnumField(AvatarTrainingType, max_length=16)
    test_mode = peewee.BooleanField()
    status = EnumField(RunStatus, max_length=16)
    usd = peewee.DoubleField(null=True)

    class Meta:
        table_name = "cost_entries"
