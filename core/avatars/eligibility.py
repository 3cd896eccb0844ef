"""What stops a training from being started: for everybody, for a person, for today."""

from __future__ import annotations

import uuid
from typing import Any

from core.avatars import access, restrictions, switches
from core.avatars.models import (
    ACTIVE,
    HOLDING,
    Avatar,
    AvatarStatus,
    RunStatus,
    TrainingRun,
    change,
)
from core.avatars.orders import budget
from core.avatars.orders.kind import Policy
from core.base.days import day
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
    settings: Settings, user_id: uuid.UUID, price_usd: float | None, now: float, test_mode: bool
) -> str | None:
    """Why this person can't start a training at this price now, or None where they can.

    "blocked": they are not served; "busy": another one of theirs is under way; "closed": for
    everybody; "not_invited"; "daily_limit": theirs is reached; "budget": everybody's is.
    """
    if restrictions.blocked(user_id):
        return "blocked"
    if busy(user_id):
        return "busy"
    if not settings.training.enabled or switches.paused():
        return "closed"
    if not access.allowed(settings, user_id):
        return "not_invited"
    since = day(settings.zone, now).begins
    if _started(user_id, since) >= settings.training.runs_per_day + restrictions.granted(
        user_id, since
    ):
        return "daily_limit"
    promised = budget.promised_usd(TrainingRun, since, test_mode)
    fits = budget.fits(policy(settings), price_usd, now, test_mode, promised)
    return None if fits else "budget"


def busy(user_id: uuid.UUID) -> bool:
    """Whether a run holds the person's only slot."""
    holding = TrainingRun.status.in_(HOLDING)
    return bool(TrainingRun.select().where(TrainingRun.user == user_id, holding).exists())


def stopping(avatar_id: uuid.UUID) -> bool:
    """Whether an avatar still has a run, be it one that its person has stopped."""
    active: Any = TrainingRun.status.in_(ACTIVE)
    return bool(TrainingRun.select().where(TrainingRun.avatar == avatar_id, active).exists())


def retire_simulated(settings: Settings) -> int:
    """Make simulated avatars ready to be trained for real; how many it was."""
    tried: Any = TrainingRun.select(TrainingRun.avatar).where(
        TrainingRun.test_mode, TrainingRun.status == RunStatus.COMPLETED
    )
    simulated: Any = Avatar.select().where(
        Avatar.status == AvatarStatus.COMPLETED, Avatar.id.in_(tried)
    )
    retired = 0
    for found in simulated:
        if not found.avatar_data.get("test_mode"):
            continue
        enough = found.photos_count >= settings.training.min_photos
        change(
            found,
            status=AvatarStatus.READY if enough else AvatarStatus.UPLOADING,
            training_progress=0,
            finetune_id=None,
            fal_mode=None,
            avatar_data={},
            training_config={},
        )
        retired += 1
    return retired


def _started(user_id: uuid.UUID, since: float) -> int:
    """A person's trainings that count: not those that failed through no fault of theirs."""
    blameless: Any = (TrainingRun.status == RunStatus.FAILED) & (
        TrainingRun.error_class != "person"
    )
    query: Any = TrainingRun.select().where(
        TrainingRun.user == user_id, TrainingRun.created_at >= since, ~blameless
    )
    return int(query.count())
