"""The models that were trained for a person: which there are, and where they can be had."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from dataclasses import dataclass

from core.avatars.models import Avatar, TrainedModel
from core.avatars.privacy import filenames
from core.avatars.privacy.retained import KEPT_SECONDS, Export

PATH = "/download/{token}"
_ID, _MARK = 32, 32
"""Letters of an id and of the mark in a token."""


@dataclass(frozen=True, slots=True)
class Made:
    """A trained model: `file` is what it is called for its person, `size` in bytes.

    One without a `key` has no file: it stays at the trainer, under its `number`.
    """

    avatar: str
    run: uuid.UUID
    number: str
    file: str
    key: str | None
    size: int


def made(user_id: uuid.UUID) -> list[Made]:
    """A person's models, avatar by avatar, those made earlier first."""
    query = TrainedModel.select(TrainedModel, Avatar).join(Avatar)
    somewhere = ~TrainedModel.test_mode | TrainedModel.weights_key.is_null(False)
    theirs = query.where(TrainedModel.user == user_id, Avatar.name != "", somewhere)
    found = list(theirs.order_by(Avatar.created_at, Avatar.id.desc(), TrainedModel.made_at))
    names = filenames.unique(model.avatar.name for model in found)
    return [_made(model, name) for model, name in zip(found, names, strict=True)]


def token_of(export: Export, run: uuid.UUID) -> str:
    """What opens a model's file for as long as an export can be downloaded."""
    named = export.id.hex + run.hex
    return named + _mark(export, named)


def opened(token: str, now: float) -> Made | None:
    """The model whose file a token opens; None where it opens none, or none any more."""
    named, mark = token[: 2 * _ID], token[2 * _ID :]
    try:
        export_id, run = uuid.UUID(named[:_ID]), uuid.UUID(named[_ID:])
    except ValueError:
        return None
    export = Export.get_or_none(Export.id == export_id, Export.made_at > now - KEPT_SECONDS)
    if export is None or not hmac.compare_digest(_mark(export, named).encode(), mark.encode()):
        return None
    theirs = (model for model in made(export.user_id) if model.run == run and model.key)
    return next(theirs, None)


def _mark(export: Export, named: str) -> str:
    key = str(export.conversation.token_key).encode()
    return hmac.new(key, f"download {named}".encode(), hashlib.sha256).hexdigest()[:_MARK]


def _made(model: TrainedModel, name: str) -> Made:
    return Made(
        model.avatar.name,
        model.run_id,
        model.finetune_id or "",
        f"{name}.safetensors",
        model.weights_key,
        model.weights_bytes or 0,
    )
