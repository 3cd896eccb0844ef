"""Whether an order may be sent now, and to which profile."""

from __future__ import annotations

import datetime
from typing import Any

from core.avatars import books, controls
from core.avatars.models import TrainingRun
from core.avatars.obstacles import over
from core.avatars.ports import Failure, Trainer
from core.avatars.privacy.remains import day_of
from core.avatars.runs import submissions
from core.db import is_sqlite, run
from core.settings import Settings

_ONE_BUDGET = 0x11CE4EB6
LONGEST_WAIT = 30 * 86_400.0
"""A run that has waited longer for its order is not looked for: an index is used instead."""


class Gate:
    """Stands before every submission."""

    def __init__(self, settings: Settings, trainer: Trainer) -> None:
        self._settings = settings
        self._trainer = trainer

    def closed(self, waiting: TrainingRun, now: float, sending: bool = False) -> Failure | None:
        """Why this run must wait; it waits in our queue, and nothing is lost.

        Where it is `sending` at once, it takes what is there for one order alone.
        """
        if not self._settings.training.enabled:
            return Failure("closed", "operator", "training.enabled is false")
        if controls.paused():
            return Failure("paused", "operator", "trainings are paused")
        if self.profile(waiting.training_type, now) is None:
            return Failure("endpoint_gone", "operator", "no profile takes orders")
        if self._spent(waiting, now):
            controls.switch_on(controls.BUDGET, _day(now).date().isoformat(), now, "worker")
            return Failure("budget", "operator", "today's budget is used up")
        if controls.stopped(now, sending):
            return Failure("stopped", "operator", "the trainer refuses our orders")
        return None

    def profile(self, training_type: str, now: float) -> str | None:
        """The preferred profile whose endpoint is there."""
        profiles = self._trainer.profiles(training_type)
        return next((name for name in profiles if not controls.gone(name, now)), None)

    def terms(self, waiting: TrainingRun, profile: str, now: float) -> dict[str, Any]:
        """What changes for a run that another profile takes over: its name, and what it costs."""
        if profile == waiting.profile:
            return {}
        return {"profile": profile, "price_usd": self.price_usd(waiting.training_type, now)}

    def price_usd(self, training_type: str, now: float) -> float:
        """What a training of a type costs at present; 0 where nobody has said.

        A simulated one costs what the configuration pretends.
        """
        training = self._settings.training
        said = {"portrait": training.price_portrait_usd, "style": training.price_style_usd}
        if said[training_type] or self._trainer.test_mode:
            return said[training_type]
        profile = self.profile(training_type, now)
        return (self._trainer.price_usd(profile) or 0.0) if profile else 0.0

    def _spent(self, waiting: TrainingRun, now: float) -> bool:
        """Whether one more order goes over today's budget; simulated money is counted apart."""
        budget = self._settings.training.daily_budget_usd
        if budget <= 0:
            return False
        one_budget()
        spent = submissions.sent_usd(_day(now).timestamp(), waiting.test_mode)
        spent += books.spent_usd(day_of(now), waiting.test_mode)
        return over(budget, spent + (waiting.price_usd or 0.0))


def one_budget() -> None:
    """Let one transaction at a time look at the budget and take from it."""
    if not is_sqlite():
        run("SELECT pg_advisory_xact_lock(?)", _ONE_BUDGET)


def _day(now: float) -> datetime.datetime:
    """Midnight (UTC) of a moment's day."""
    moment = datetime.datetime.fromtimestamp(now, datetime.UTC)
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
