"""What stops a training from being started: for everybody, for a person, for today."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import peewee

from core.avatars import access, books, controls, rulings
from core.avatars.models import (
    ACTIVE,
    HOLDING,
    Avatar,
    AvatarStatus,
    RunStatus,
    TrainingRun,
    change,
)
from core.avatars.privacy.remains import day_of
from core.settings import Settings

DAY = 86_400.0
MILLIONTH = 1e-6


def obstacle(
    settings: Settings, user_id: uuid.UUID, price_usd: float, now: float, test_mode: bool
) -> str | None:
    """Why this person can't start a training at this price now, or None where they can.

    "blocked": they are not served; "busy": another one of theirs is under way; "closed": for
    everybody; "not_invited"; "daily_limit": theirs is reached; "budget": everybody's is.
    """
    if rulings.blocked(user_id):
        return "blocked"
    if busy(user_id):
        return "busy"
    if not settings.training.enabled or controls.paused():
        return "closed"
    if not access.allowed(settings, user_id):
        return "not_invited"
    allowed = settings.training.runs_per_day + rulings.granted(user_id, now - DAY)
    if _started(user_id, now - DAY) >= allowed:
        return "daily_limit"
    return "budget" if _too_dear(settings, price_usd, now, test_mode) else None


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
        TrainingRun.user == user_id, TrainingRun.created_at > since, ~blameless
    )
    return int(query.count())


def _too_dear(settings: Settings, price_usd: float, now: float, test_mode: bool) -> bool:
    """Whether one more goes over today's budget (UTC); simulated money is counted apart."""
    budget = settings.training.daily_budget_usd
    if budget <= 0:
        return False
    midnight = datetime.datetime.fromtimestamp(now, datetime.UTC).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    cost = peewee.fn.coalesce(TrainingRun.cost_usd, TrainingRun.price_usd)
    query: Any = TrainingRun.select(peewee.fn.sum(cost)).where(
        TrainingRun.created_at >= midnight.timestamp(), TrainingRun.test_mode == test_mode
    )
    spent = (query.scalar() or 0.0) + books.spent_usd(day_of(now), test_mode)
    return over(budget, spent + price_usd)


def over(budget_usd: float, cost_usd: float) -> bool:
    """Whether it costs more; what adding up has lost, as with three times 2.2, doesn't count."""
    return cost_usd - budget_usd > MILLIONTH
