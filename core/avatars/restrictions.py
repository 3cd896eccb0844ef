"""What the admin has ruled about one person: that they are not served, or may train once more."""

from __future__ import annotations

import uuid

import peewee

from core.base.db import Model
from core.conversation.models import User


class Block(Model):
    """Somebody who gets no training and whose photos are not taken; `who` has ruled it."""

    user = peewee.ForeignKeyField(User, primary_key=True, backref="blocks", on_delete="CASCADE")
    at = peewee.DoubleField()
    who = peewee.CharField(max_length=64)

    class Meta:
        table_name = "blocks"


class Grant(Model):
    """One training more than `training.runs_per_day`, for a day from `at` on."""

    id = peewee.BigAutoField()
    user = peewee.ForeignKeyField(User, backref="grants", on_delete="CASCADE")
    at = peewee.DoubleField()
    who = peewee.CharField(max_length=64)
    home_id = peewee.UUIDField(null=True)

    class Meta:
        table_name = "grants"


def block(user_id: uuid.UUID, now: float, who: str) -> bool:
    """Serve a person no more; whether they were served until now."""
    row = {"user": user_id, "at": now, "who": who[:64]}
    return bool(Block.insert(row).on_conflict_ignore().as_rowcount().execute())


def unblock(user_id: uuid.UUID) -> bool:
    """Serve a person again; whether they were blocked."""
    return bool(Block.delete().where(Block.user == user_id).execute())


def blocked(user_id: uuid.UUID) -> bool:
    """Whether a person is not served."""
    return bool(Block.select().where(Block.user == user_id).exists())


def grant(user_id: uuid.UUID, now: float, who: str) -> None:
    """Let a person start one training more within a day."""
    Grant.create(user=user_id, at=now, who=who[:64])


def granted(user_id: uuid.UUID, since: float) -> int:
    """How many trainings more a person was given since a moment."""
    query = Grant.select().where(Grant.user == user_id, Grant.at > since)
    return int(query.count())
