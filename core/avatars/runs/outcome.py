"""What a good end leaves behind: the weights that were copied, and the avatar that they are."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.avatars.models import Avatar, AvatarStatus, TrainingRun


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


def weights_columns(weights: Weights) -> dict[str, Any]:
    """The weights as a run keeps them."""
    return {
        "weights_key": weights.key,
        "weights_sha256": weights.sha256,
        "weights_bytes": weights.size,
    }


def trained(
    avatar: Avatar, run: TrainingRun, result: Mapping[str, object], weights: Weights | None
) -> dict[str, Any]:
    """What an avatar is after its training: as it was ordered, whatever was chosen since."""
    data: dict[str, Any] = {
        "run": str(run.id),
        "request_id": run.request_id,
        "test_mode": run.test_mode,
        "profile": run.profile,
        "endpoint": run.endpoint,
    }
    if weights is not None:
        data["weights"] = {"key": weights.key, "sha256": weights.sha256, "bytes": weights.size}
        data["config"] = dict(weights.config)
    return {
        "status": AvatarStatus.COMPLETED,
        "training_progress": 100,
        "training_type": run.training_type,
        "fal_mode": run.training_type.value,
        "finetune_id": result.get("finetune_id") or (weights.key if weights else None),
        "training_config": {
            "training_type": run.training_type.value,
            "trigger_word": trigger_word(avatar.id),
            "photos": run.photos_count,
            "arguments": run.arguments,
        },
        "avatar_data": {**data, "earlier": _earlier(avatar)},
    }


def _earlier(avatar: Avatar) -> list[dict[str, Any]]:
    """What the avatar was before: the models made with the same photos, oldest first."""
    if not avatar.finetune_id or avatar.avatar_data.get("test_mode", True):
        return []
    known = dict(avatar.avatar_data)
    before = list(known.pop("earlier", []))
    return [
        *before,
        {"finetune_id": avatar.finetune_id, "fal_mode": avatar.fal_mode,
         "training_config": avatar.training_config, **known},
    ]  # fmt: skip
