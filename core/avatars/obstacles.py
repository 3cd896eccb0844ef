"""What stops a training from being started: for everybody, for a person, for today."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import peewee

from core.avatars import access, books
from core.avatars.models import HOLDING, AvatarTrainingType, RunStatus, TrainingRun
from core.avatars.remains import day_of
from core.settings import Settings

DAY = 86_400.0


def price_usd(settings: Settings, training_type: str) -> float:
    """What a training costs at present."""
    prices = {
        AvatarTrainingType.PORTRAIT: settings.training.price_portrait_usd,
        AvatarTrainingType.STYLE: settings.training.price_style_usd,
    }
    return prices[AvatarTrainingType(training_type)]


def obstacle(
    settings: Settings, user_id: uuid.UUID, training_type: str, now: float, test_mode: bool
) -> str | None:
    """Why this person can't start a training now, or None where they can.

    "busy": another one of theirs is under way; "closed": for everybody; "not_invited";
    "daily_limit": theirs is reached; "budget": everybody's is.
    """
    if _busy(user_id):
        return "busy"
    if not settings.training.enabled:
        return "closed"
    if not access.allowed(settings, user_id):
        return "not_invited"
    if _started(user_id, now - DAY) >= settings.training.runs_per_day:
        return "daily_limit"
    return "budget" if _too_dear(settings, training_type, now, test_mode) else None


def _busy(user_id: uuid.UUID) -> bool:
    holding = TrainingRun.status.in_(HOLDING)
    return bool(TrainingRun.select().where(TrainingRun.user == user_id, holding).exists())


def _started(user_id: uuid.UUID, since: float) -> int:
    """A person's trainings that count: not those that failed through no fault of theirs."""
    blameless: Any = (TrainingRun.status == RunStatus.FAILED) & (
        TrainingRun.error_class != "person"
    )
    query: Any = TrainingRun.select().where(
        TrainingRun.user == user_id, TrainingRun.created_at > since, ~blameless
    )
    return int(query.count())


def _too_dear(settings: Settings, training_type: str, now: float, test_mode: bool) -> bool:
    """Whether one more goes over today's budget (UTC); simulated money is counted apart."""
    budget = settings.training.daily_budget_usd
    if budget <= 0:
        return False
    midnight = datetime.datetime.fromtimestamp(now, datetime.UTC).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    query: Any = TrainingRun.select(peewee.fn.sum(TrainingRun.price_usd)).where(
        TrainingRun.created_at >= midnight.timestamp(), TrainingRun.test_mode == test_mode
    )
    spent = (query.scalar() or 0.0) + books.spent_usd(day_of(now), test_mode)
    return spent + price_usd(settings, training_type) > budget
