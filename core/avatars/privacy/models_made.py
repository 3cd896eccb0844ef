"""The models that were trained for a person: which there are, and where they can be had."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.avatars import queries
from core.avatars.models import Avatar
from core.avatars.privacy import filenames
from core.avatars.privacy.retained import KEPT_SECONDS, Export
from core.avatars.training.outcome import model_of

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
    found = [
        (avatar, model)
        for avatar in reversed(list(queries.named_avatars(user_id)))
        for model in _models(avatar)
    ]
    names = filenames.unique(avatar.name for avatar, _ in found)
    return [_made(avatar, model, name) for (avatar, model), name in zip(found, names, strict=True)]


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


def _models(avatar: Avatar) -> Iterator[Mapping[str, Any]]:
    """An avatar's; a simulated one is somewhere only where it has a file."""
    latest = model_of(avatar)
    every = () if latest is None else (*latest.get("earlier", ()), latest)
    return (model for model in every if model.get("weights") or not model.get("test_mode"))


def _made(avatar: Avatar, model: Mapping[str, Any], name: str) -> Made:
    weights = model.get("weights") or {}
    return Made(
        avatar.name,
        uuid.UUID(model["run"]),
        str(model.get("finetune_id") or ""),
        f"{name}.safetensors",
        weights.get("key"),
        int(weights.get("bytes") or 0),
    )
