"""The day's money: what was sent today, what has been promised, and whether one more fits."""

from __future__ import annotations

from typing import Any

import peewee

from core.avatars.models import RunStatus, TrainingRun
from core.avatars.orders import submissions
from core.avatars.privacy import ledger
from core.base.days import day
from core.base.db import is_sqlite, run
from core.base.settings import Settings

_ONE_BUDGET = 0x11CE4EB6
MILLIONTH = 1e-6


def sent_usd(zone: str, now: float, test_mode: bool) -> float:
    """What today's orders cost, or may cost, those of forgotten people included."""
    today = day(zone, now)
    return submissions.sent_usd(today.begins, test_mode) + ledger.sent_usd(today.name, test_mode)


def allows(settings: Settings, price_usd: float | None, now: float, test_mode: bool) -> bool:
    """Whether an order of this price may be sent today; simulated money is counted apart.

    The caller's transaction is the only one that looks and takes, from here on.
    """
    budget = settings.training.daily_budget_usd
    if budget <= 0:
        return True
    one_budget()
    return price_usd is not None and not over(
        budget, sent_usd(settings.zone, now, test_mode) + price_usd
    )


def has_room(settings: Settings, price_usd: float | None, now: float, test_mode: bool) -> bool:
    """Whether a training of this price may be started: what waits for today's money counts too."""
    budget = settings.training.daily_budget_usd
    if budget <= 0:
        return True
    since = day(settings.zone, now).begins
    spent = sent_usd(settings.zone, now, test_mode) + _promised_usd(budget, since, test_mode)
    return not over(budget, spent + (price_usd or 0.0))


def one_budget() -> None:
    """Let one transaction at a time look at the budget and take from it."""
    if not is_sqlite():
        run("SELECT pg_advisory_xact_lock(?)", _ONE_BUDGET)


def over(budget_usd: float, cost_usd: float) -> bool:
    """Whether it costs more; what adding up has lost, as with three times 2.2, doesn't count."""
    return cost_usd - budget_usd > MILLIONTH


def _promised_usd(budget: float, since: float, test_mode: bool) -> float:
    """What the trainings may cost that wait for their order: started since, or for want of budget.

    One that is dearer than the whole budget takes nothing of it.
    """
    query: Any = TrainingRun.select(peewee.fn.sum(TrainingRun.price_usd)).where(
        TrainingRun.status.in_((RunStatus.READY, RunStatus.PREPARING)),
        (TrainingRun.created_at >= since) | (TrainingRun.error_type == "budget"),
        TrainingRun.price_usd <= budget + MILLIONTH,
        TrainingRun.test_mode == test_mode,
    )
    return float(query.scalar() or 0.0)
