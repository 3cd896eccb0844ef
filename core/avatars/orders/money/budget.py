"""The day's money: what was sent today, what has been promised, and whether one more fits."""

from __future__ import annotations

from collections.abc import Iterable

import peewee

from core.avatars.orders import submissions
from core.avatars.orders.kind import Policy
from core.avatars.orders.money import daily_totals
from core.avatars.orders.order import Order, Status
from core.base.days import day
from core.base.db import is_sqlite, run

_ONE_BUDGET = 0x11CE4EB6
MILLIONTH = 1e-6


def sent_usd(zone: str, now: float, test_mode: bool) -> float:
    """What today's orders cost, or may cost, those of forgotten people included."""
    today = day(zone, now)
    forgotten = daily_totals.sent_usd(today.name, test_mode)
    return submissions.sent_usd(today.begins, test_mode) + forgotten


def fits(
    policy: Policy, price_usd: float | None, now: float, test_mode: bool, promised_usd: float = 0.0
) -> bool:
    """Whether an order of this price has room today, beside what is `promised` to others.

    A price that is not known counts as nothing; simulated money is counted apart. Who takes what
    is left calls `one_budget` before.
    """
    budget = policy.daily_budget_usd
    if budget <= 0:
        return True
    spent = sent_usd(policy.zone, now, test_mode) + promised_usd
    return not over(budget, spent + (price_usd or 0.0))


def promised_usd(
    models: Iterable[type[Order]], budget_usd: float, since: float, test_mode: bool
) -> float:
    """What the orders that wait may cost: made since a moment, or waiting for want of budget.

    One that is dearer than the whole budget takes nothing of it.
    """
    return sum(_promised(model, budget_usd, since, test_mode) for model in models)


def _promised(model: type[Order], budget_usd: float, since: float, test_mode: bool) -> float:
    query = model.select(peewee.fn.sum(model.price_usd)).where(
        model.status.in_((Status.READY, Status.PREPARING)),
        (model.created_at >= since) | (model.error_type == "budget"),
        model.price_usd <= budget_usd + MILLIONTH,
        model.test_mode == test_mode,
    )
    return float(query.scalar() or 0.0)


def one_budget() -> None:
    """Let one transaction at a time look at the budget and take from it."""
    if not is_sqlite():
        run("SELECT pg_advisory_xact_lock(?)", _ONE_BUDGET)


def over(budget_usd: float, cost_usd: float) -> bool:
    """Whether it costs more; what adding up has lost, as with three times 2.2, doesn't count."""
    return cost_usd - budget_usd > MILLIONTH
