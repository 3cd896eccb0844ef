"""What stops a training from being started: for everybody, for a person, for today."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from core.avatars import access
from core.avatars.models import ACTIVE, HOLDING, TrainingRun
from core.avatars.orders.kind import Policy
from core.avatars.person import Known
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
