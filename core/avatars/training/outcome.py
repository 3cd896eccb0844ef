"""What an avatar says of its training: the order while it is under way, the model once it is made.

Its `finetune_id`, `fal_mode` and `training_config` are of the last training that was ordered,
however that ends; the models that were made stay beside it, and no later failure takes one away.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.avatars import queries
from core.avatars.disposal import Waste
from core.avatars.models import Avatar, AvatarStatus, TrainedModel, TrainingRun, change
from core.avatars.models.pictures import Picture, PictureRun
from core.avatars.orders import submissions
from core.base.db import transaction
from core.base.settings import Settings
from core.conversation.statements import lock_person


@dataclass(frozen=True, slots=True)
class Weights:
    """What was copied of a training's result; `config` is what the trainer says of it."""

    key: str
    sha256: str
    size: int
    config: Mapping[str, object]


def trigger_word(avatar_id: uuid.UUID) -> str:
    """The rare word that will stand for an avatar: its own, and nothing that anybody typed."""
    return f"lk{avatar_id.hex[:10]}"


def watched(avatar_id: uuid.UUID) -> bool:
    """Whether a training of an avatar was given up, and may be made still."""
    runs = TrainingRun.select(TrainingRun.id).where(TrainingRun.avatar == avatar_id)
    return submissions.watched(runs)


def ordered(run: TrainingRun) -> dict[str, object]:
    """What an avatar is from the start of a training on; fal's id comes with the order."""
    return {
        "fal_mode": run.training_type.value,
        "finetune_id": run.request_id,
        "training_config": configuration(run),
    }


def configuration(run: TrainingRun) -> dict[str, object]:
    """How an avatar is trained: the arguments are known once the order is about to be sent."""
    assert run.avatar_id is not None, "the caller has looked"
    return {
        "training_type": run.training_type.value,
        "trigger_word": trigger_word(run.avatar_id),
        "photos": run.photos_count,
        "arguments": run.arguments,
    }


def taken_back(model: TrainedModel) -> dict[str, Any]:
    """What an avatar is when its person is content with the model that it has."""
    return {
        "status": AvatarStatus.COMPLETED,
        "training_progress": 100,
        "finetune_id": model.finetune_id,
        "fal_mode": model.training_type.value,
        "training_config": model.training_config,
    }


def trained(
    avatar: Avatar,
    run: TrainingRun,
    result: Mapping[str, object],
    weights: Weights | None,
    base_model: str,
    now: float,
) -> TrainedModel:
    """The model that a training has made, as it was ordered, whatever was chosen since.

    What was simulated is nothing beside what is real, and goes with what is made after it.
    """
    simulated = TrainedModel.delete().where(
        TrainedModel.avatar == avatar.id, TrainedModel.test_mode
    )
    simulated.execute()
    return TrainedModel.create(
        avatar=avatar.id,
        user=avatar.user_id,
        run_id=run.id,
        training_type=run.training_type,
        base_model=base_model,
        phrase=trigger_word(avatar.id),
        finetune_id=result.get("finetune_id") or run.request_id,
        weights_key=weights.key if weights else None,
        weights_sha256=weights.sha256 if weights else None,
        weights_bytes=weights.size if weights else None,
        config=dict(weights.config) if weights else {},
        training_config=configuration(run),
        profile=run.profile,
        endpoint=run.endpoint,
        request_id=run.request_id,
        test_mode=run.test_mode,
        made_at=now,
    )


def retire_simulated(settings: Settings, now: float) -> int:
    """Make simulated avatars ready to be trained for real; how many it was.

    Simulated pictures go, with what is stored; each avatar in a transaction of its own.
    """
    tried = TrainedModel.select(TrainedModel.avatar).where(TrainedModel.test_mode)
    sampled = Picture.select(Picture.avatar).join(PictureRun).where(PictureRun.test_mode)
    completed = Avatar.status == AvatarStatus.COMPLETED
    simulated = (completed & Avatar.id.in_(tried)) | Avatar.id.in_(sampled)
    return sum(_retire(settings, seen, now) for seen in list(Avatar.select().where(simulated)))


def _retire(settings: Settings, seen: Avatar, now: float) -> bool:
    """Take back from an avatar what was simulated; whether its model was."""
    with transaction():
        lock_person(None, seen.user_id)
        found = Avatar.get_or_none(Avatar.id == seen.id)
        if found is None:
            return False
        _forget_samples(found, now)
        mine = (TrainedModel.avatar == found.id, TrainedModel.test_mode)
        completed = found.status is AvatarStatus.COMPLETED
        if not (completed and TrainedModel.delete().where(*mine).execute()):
            return False
        before = queries.model_of(found.id)
        change(found, **(taken_back(before) if before else _untrained(settings, found)))
        return True


def _forget_samples(found: Avatar, now: float) -> None:
    """Delete an avatar's simulated pictures; what is stored goes too."""
    runs = PictureRun.select(PictureRun.id).where(
        PictureRun.avatar == found.id, PictureRun.test_mode
    )
    gone = Picture.delete().where(Picture.run.in_(runs)).returning(Picture.key)
    Waste({picture.key for picture in gone.execute()}).doom(now)


def _untrained(settings: Settings, found: Avatar) -> dict[str, object]:
    """What an avatar is that has its photos and no model."""
    enough = found.photos_count >= settings.training.min_photos
    return {
        "status": AvatarStatus.READY if enough else AvatarStatus.UPLOADING,
        "training_progress": 0,
        "finetune_id": None,
        "fal_mode": None,
        "training_config": {},
    }
