"""What an avatar says of its training: the order while it is under way, the model once it is made.

`finetune_id`, `fal_mode` and `training_config` are of the last training that was ordered, however
that ends; `avatar_data` is of the model that was made, which a later failure does not take away.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.avatars.models import Avatar, AvatarStatus, TrainingRun
from core.avatars.orders import submissions


@dataclass(frozen=True, slots=True)
class Weights:
    """What was copied of a training's result; `config` is what the trainer says of it."""

    key: str
    sha256: str
    size: int
    config: Mapping[str, Any]


def trigger_word(avatar_id: uuid.UUID) -> str:
    """The rare word that will stand for an avatar: its own, and nothing that anybody typed."""
    return f"lk{avatar_id.hex[:10]}"


def watched(avatar_id: uuid.UUID) -> bool:
    """Whether a training of an avatar was given up, and may be made still."""
    runs: Any = TrainingRun.select(TrainingRun.id).where(TrainingRun.avatar == avatar_id)
    return submissions.watched(runs)


def weights_columns(weights: Weights) -> dict[str, Any]:
    """The weights as a run keeps them."""
    return {
        "weights_key": weights.key,
        "weights_sha256": weights.sha256,
        "weights_bytes": weights.size,
    }


def ordered(run: TrainingRun) -> dict[str, Any]:
    """What an avatar is from the start of a training on; fal's id comes with the order."""
    return {
        "fal_mode": run.training_type.value,
        "finetune_id": run.request_id,
        "training_config": configuration(run),
    }


def configuration(run: TrainingRun) -> dict[str, Any]:
    """How an avatar is trained: the arguments are known once the order is about to be sent."""
    assert run.avatar_id is not None, "whoever calls has looked"
    return {
        "training_type": run.training_type.value,
        "trigger_word": trigger_word(run.avatar_id),
        "photos": run.photos_count,
        "arguments": run.arguments,
    }


def model_of(avatar: Avatar) -> Mapping[str, Any] | None:
    """The model that an avatar has, whatever has been ordered since; None where none was made.

    Its `fal_mode` says how it was trained, its `weights` where they are stored; a model without
    weights stays at fal under its `finetune_id`.
    """
    return avatar.avatar_data if avatar.avatar_data.get("run") else None


def taken_back(model: Mapping[str, Any]) -> dict[str, Any]:
    """What an avatar is when its person is content with the model that it has."""
    return {
        "status": AvatarStatus.COMPLETED,
        "training_progress": 100,
        **{name: model[name] for name in ("finetune_id", "fal_mode", "training_config")},
    }


def trained(
    avatar: Avatar, run: TrainingRun, result: Mapping[str, object], weights: Weights | None
) -> dict[str, Any]:
    """What an avatar is after its training: as it was ordered, whatever was chosen since."""
    model: dict[str, Any] = {
        **ordered(run),
        "finetune_id": result.get("finetune_id") or run.request_id,
        "run": str(run.id),
        "request_id": run.request_id,
        "test_mode": run.test_mode,
        "profile": run.profile,
        "endpoint": run.endpoint,
    }
    if weights is not None:
        model["weights"] = {"key": weights.key, "sha256": weights.sha256, "bytes": weights.size}
        model["config"] = dict(weights.config)
    return {
        **taken_back(model),
        "training_type": run.training_type,
        "avatar_data": {**model, "earlier": _earlier(avatar)},
    }


def _earlier(avatar: Avatar) -> list[dict[str, Any]]:
    """What the avatar was before: the models made with the same photos, oldest first."""
    known = dict(model_of(avatar) or {})
    before = list(known.pop("earlier", []))
    return [*before, known] if known and not known["test_mode"] else before
