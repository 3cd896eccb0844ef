"""What stops a training from being started: for everybody, for a person, for today."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from core.avatars import access
from core.avatars.models import (
    ACTIVE,
    HOLDING,
    Avatar,
    AvatarStatus,
    TrainedModel,
    TrainingRun,
    change,
)
from core.avatars.orders.kind import Policy
from core.avatars.person import Known
from core.avatars.training.outcome import model_of, taken_back
from core.base.settings import Settings


def policy(settings: Settings) -> Policy:
    """What the settings allow."""
    training = settings.training
    return Policy(
        enabled=training.enabled,
        daily_budget_usd=training.daily_budget_usd,
        attempts=training.attempts,
        breaker_failures=training.breaker_failures,
        breaker_seconds=training.breaker_minutes * 60,
        watch_seconds=training.watch_hours * 3600,
        tick_seconds=settings.conversation.tick_seconds,
        zone=settings.zone,
    )


def obstacle(
    settings: Settings,
    user_id: uuid.UUID,
    known: Known,
    paused: bool,
    has_room: Callable[[], bool],
) -> str | None:
    """Why a person can't start a training now, or None where they can; `has_room` has the budget.

    "blocked": they are not served; "busy": another one of theirs is under way; "closed": for
    everybody; "not_invited"; "daily_limit": theirs is reached; "budget": everybody's is.
    """
    if known.blocked:
        return "blocked"
    if known.busy:
        return "busy"
    if not settings.training.enabled or paused:
        return "closed"
    if not access.allowed(settings, user_id, known.admitted):
        return "not_invited"
    if known.started >= settings.training.runs_per_day + known.granted:
        return "daily_limit"
    return None if has_room() else "budget"


def busy(user_id: uuid.UUID) -> bool:
    """Whether a run holds the person's only slot."""
    holding = TrainingRun.status.in_(HOLDING)
    return bool(TrainingRun.select().where(TrainingRun.user == user_id, holding).exists())


def stopping(avatar_id: uuid.UUID) -> bool:
    """Whether an avatar still has a run, be it one that its person has stopped."""
    active = TrainingRun.status.in_(ACTIVE)
    return bool(TrainingRun.select().where(TrainingRun.avatar == avatar_id, active).exists())


def retire_simulated(settings: Settings) -> int:
    """Make simulated avatars ready to be trained for real; how many it was."""
    tried = TrainedModel.select(TrainedModel.avatar).where(TrainedModel.test_mode)
    simulated = Avatar.select().where(Avatar.status == AvatarStatus.COMPLETED, Avatar.id.in_(tried))
    retired = 0
    for found in simulated:
        TrainedModel.delete().where(
            TrainedModel.avatar == found.id, TrainedModel.test_mode
        ).execute()
        before = model_of(found.id)
        change(found, **(taken_back(before) if before else _untrained(settings, found)))
        retired += 1
    return retired


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
