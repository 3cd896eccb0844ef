"""What is known of a person and of their avatars, read in one statement."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import peewee

from core.avatars import queries
from core.avatars.models import (
    HOLDING,
    STAYING,
    Admission,
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    PhotoValidationStatus,
    RunStatus,
    TrainedModel,
    TrainingRun,
)
from core.avatars.orders.submissions import UNREAD, WATCHED, Submission
from core.avatars.photos.declared import Declared
from core.avatars.photos.held import HeldPhoto, held_photos
from core.avatars.restrictions import Block, Grant
from core.base.db import M, database, is_sqlite
from core.conversation.models import Conversation, User


@dataclass(slots=True)
class Owned:
    """An avatar with its latest run and its count of valid photos.

    `watched` says that an order for it was given up, and may be made still, `unread` that one is
    over, and what came of it can't be had so far, `model_at_fal` that a model stays there alone.
    """

    avatar: Avatar
    run: TrainingRun | None
    valid: int
    watched: bool
    unread: bool = False
    model_at_fal: bool = False


@dataclass(slots=True)
class Known:
    """A person: what they agreed to, what was ruled about them, and their avatars, newest first.

    `busy` says that a run holds their only slot; `started` counts the trainings since a moment that
    count, `granted` those that they were given beyond the limit. `stored_photos` (and their bytes)
    and `trainings` are what is kept. `chats` is how many conversations are theirs.
    """

    consented: bool
    blocked: bool
    admitted: bool
    busy: bool
    started: int
    granted: int
    held: int
    held_files: int
    stored_photos: int
    stored_bytes: int
    trainings: int
    chats: int
    avatars: list[Owned]

    @property
    def named(self) -> list[Owned]:
        """The avatars that count."""
        return [owned for owned in self.avatars if owned.avatar.name]

    @property
    def unfinished(self) -> Owned | None:
        """The avatar that its person last worked on and has not trained yet."""
        open_ = [o for o in self.avatars if o.avatar.status in queries.UNFINISHED]
        return max(open_, key=lambda owned: owned.avatar.updated_at, default=None)

    @property
    def in_training(self) -> Owned | None:
        """The avatar whose run holds the only slot."""
        holding = (owned for owned in self.avatars if owned.run and owned.run.status in HOLDING)
        return next(holding, None)

    @property
    def finished(self) -> Owned | None:
        """The newest avatar that is trained."""
        return next((o for o in self.avatars if o.avatar.status is AvatarStatus.COMPLETED), None)

    def owned(self, avatar_id: str | None) -> Owned | None:
        """An avatar by its id as screens write it (32 hex letters)."""
        try:
            wanted = uuid.UUID(avatar_id or "")
        except ValueError:
            return None
        return next((owned for owned in self.avatars if owned.avatar.id == wanted), None)


_ANYBODY, _EVER = "f" * 32, -1.0
_YES_OR_NO = ("consented", "blocked", "admitted", "busy")
_ANSWERS = (
    *_YES_OR_NO, "started", "granted", "held", "held_files", "stored_photos", "stored_bytes",
    "trainings", "chats",
)  # fmt: skip
"""Columns that answer for the person, before those of each avatar."""
_AVATAR, _RUN = Avatar._meta.sorted_fields, TrainingRun._meta.sorted_fields
_BLAMELESS = (TrainingRun.status == RunStatus.FAILED) & (TrainingRun.error_class != "person")


def read(user_id: uuid.UUID, since: float) -> Known:
    """A person; their trainings are counted `since` a moment."""
    rows = _rows(user_id, since)
    yes, counts = len(_YES_OR_NO), len(_ANSWERS)
    first = rows[0] if rows else (0,) * counts
    values = (*map(bool, first[:yes]), *(int(count or 0) for count in first[yes:counts]))
    owned = [_owned(*row[counts:]) for row in rows]
    answers: dict[str, Any] = dict(zip(_ANSWERS, values, strict=True))
    return Known(avatars=[found for found in owned if found], **answers)


def _rows(user_id: uuid.UUID, since: float) -> list[tuple[Any, ...]]:
    text, parameters = _statement(is_sqlite())
    mine = {_ANYBODY: user_id.hex, _EVER: since}
    given = [mine.get(value, value) for value in parameters]
    return list(database.obj.execute_sql(text, given).fetchall())


@functools.cache
def _statement(_sqlite: bool) -> tuple[str, tuple[object, ...]]:
    """The statement in the dialect of the bound database; building it takes longer than running it.

    Its parameters have _ANYBODY and _EVER where the person and the moment belong.
    """
    columns = (
        *_answers(uuid.UUID(_ANYBODY), _EVER),
        _valid(),
        _has_order(WATCHED),
        _has_order(UNREAD),
        peewee.fn.EXISTS(TrainedModel.select(1).where(TrainedModel.avatar == Avatar.id, STAYING)),
        *_AVATAR,
        *_RUN,
    )
    query = (
        User.select(*columns)
        .join(Avatar, peewee.JOIN.LEFT_OUTER, on=(Avatar.user == User.id))
        .join(TrainingRun, peewee.JOIN.LEFT_OUTER, on=(TrainingRun.id == _latest()))
        .where(User.id == uuid.UUID(_ANYBODY))
        .order_by(Avatar.created_at.desc(), Avatar.id)
    )
    text, parameters = query.sql()
    return text, tuple(_marker(value) for value in parameters)


def _marker(value: object) -> object:
    """A parameter as it is compared: PostgreSQL's identifiers are objects."""
    return _ANYBODY if value in (_ANYBODY, uuid.UUID(_ANYBODY)) else value


def photos_of(found: Avatar) -> list[AvatarPhoto]:
    """An avatar's photos in the order they came, the removed ones among them."""
    query = AvatarPhoto.select().where(AvatarPhoto.avatar == found.id)
    photos = list(query.order_by(AvatarPhoto.number))
    for photo in photos:
        photo.avatar = found
    return photos


def _owned(
    valid: int, watched: object, unread: object, at_fal: object, *columns: object
) -> Owned | None:
    avatar = _row(Avatar, _AVATAR, columns[: len(_AVATAR)])
    run = _row(TrainingRun, _RUN, columns[len(_AVATAR) :])
    if avatar is None:
        return None
    return Owned(avatar, run, valid, bool(watched), bool(unread), bool(at_fal))


def _row(model: type[M], fields: Any, values: Sequence[object]) -> M | None:
    pairs = zip(fields, values, strict=True)
    named = {field.name: field.python_value(value) for field, value in pairs}
    return None if named["id"] is None else model(**named)


def _answers(user_id: uuid.UUID, since: float) -> list[object]:
    """A person's columns, in the order of _ANSWERS."""
    runs = TrainingRun.select().where(TrainingRun.user == user_id)
    held = held_photos(user_id).order_by()
    stored = AvatarPhoto.select().where(
        AvatarPhoto.user == user_id, AvatarPhoto.minio_key.is_null(False)
    )
    return [
        _exists(queries.consents(user_id)),
        _exists(Block.select().where(Block.user == user_id)),
        _exists(Admission.select().where(Admission.user == user_id)),
        _exists(runs.where(TrainingRun.status.in_(HOLDING))),
        _count(runs.where(TrainingRun.created_at >= since, ~_BLAMELESS)),
        _count(Grant.select().where(Grant.user == user_id, Grant.at > since)),
        _count(held),
        _count(held.where(HeldPhoto.declared == Declared.FILE)),
        _count(stored),
        stored.select(peewee.fn.sum(AvatarPhoto.file_size)),
        _count(runs),
        _count(Conversation.select().where(Conversation.user == user_id)),
    ]


def _exists(query: peewee.Select) -> peewee.Function:
    return peewee.fn.EXISTS(query.select(1))


def _count(query: peewee.Select) -> peewee.Select:
    return query.select(peewee.fn.count(1))


def _latest() -> object:
    run = TrainingRun.alias()
    own = run.select(run.id).where(run.avatar == Avatar.id)
    return own.order_by(run.created_at.desc()).limit(1)


def _valid() -> object:
    mine = AvatarPhoto.select().where(
        AvatarPhoto.avatar == Avatar.id,
        AvatarPhoto.removed_at.is_null(),
        AvatarPhoto.validation_status == PhotoValidationStatus.VALID,
    )
    return _count(mine)


def _has_order(which: object) -> object:
    run = TrainingRun.alias()
    orders = Submission.select(1).join(run, on=(Submission.run_id == run.id))
    return peewee.fn.EXISTS(orders.where(run.avatar == Avatar.id, which))
