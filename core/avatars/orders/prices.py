"""What an order costs: by the trainer's own word where it gives one, else by the configuration.

None is a price that is not known; it is never taken for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import peewee
import structlog

from core.avatars.orders import board
from core.avatars.orders.board import Board
from core.avatars.platform_port import KEY_REFUSED, UnitPrice
from core.avatars.ports import Trainer, Unreachable
from core.base.db import Model, transaction
from core.base.settings import Settings

log = structlog.get_logger()

TRAINING_TYPES = ("portrait", "style")


class KnownPrice(Model):
    """What a trainer charges by its own word: US dollars for one unit, and when it said so."""

    endpoint = peewee.CharField(max_length=128, primary_key=True)
    usd = peewee.DoubleField()
    unit = peewee.CharField(max_length=64)
    at = peewee.DoubleField()

    class Meta:
        table_name = "prices"


class Prices:
    """The prices in force, for every process that has the database."""

    def __init__(self, settings: Settings, trainer: Trainer) -> None:
        self._training = settings.training
        self._trainer = trainer
        self._refused = False

    def order_usd(
        self, training_type: str, profile: str, known: Board | None = None
    ) -> float | None:
        """What one order of a profile costs; a simulated one what the configuration pretends."""
        if self._trainer.test_mode:
            return self._training.price_usd(training_type) or 0.0
        said = (known or board.read()).prices.get(self._trainer.endpoint(profile))
        by_trainer = None if said is None else self._trainer.priced(profile, *said)
        return self._trainer.price_usd(profile) if by_trainer is None else by_trainer

    def shown_usd(self, training_type: str, cost_usd: float | None) -> float | None:
        """What a person sees of an order that costs so much: 0 is nothing, None is not known."""
        shown = self._training.shown_price
        paid = self._training.price_usd(training_type) if shown == "price" else None
        return 0.0 if shown == "nothing" else cost_usd if paid is None else paid

    def refresh(self, now: float) -> None:
        """Ask the trainer for its prices, where the key may."""
        if self._trainer.test_mode:
            return
        try:
            found = self._trainer.platform.prices(map(self._trainer.endpoint, self._profiles()))
        except Unreachable as away:
            refused = away.failure.error_type == KEY_REFUSED
            if not (refused and self._refused):
                log.warning("fal's prices can't be had", error=away.failure.error_type)
            self._refused = refused
            return
        for endpoint, price in found.items():
            _keep(endpoint, price, now)

    def say_unknown(self) -> None:
        """Log which trainers have no known price."""
        for kind in TRAINING_TYPES:
            for profile in self._trainer.profiles(kind):
                if self.order_usd(kind, profile) is None:
                    budget = self._training.daily_budget_usd > 0
                    told = "it gets no order, for there is a budget" if budget else "shown as such"
                    log.warning("a trainer's price is unknown", profile=profile, so=told)

    def _profiles(self) -> Iterable[str]:
        return dict.fromkeys(
            name for kind in TRAINING_TYPES for name in self._trainer.profiles(kind)
        )


def _keep(endpoint: str, price: UnitPrice, now: float) -> None:
    known = {"usd": price.usd, "unit": price.unit[:64], "at": now}
    with transaction():
        before = KnownPrice.get_or_none(KnownPrice.endpoint == endpoint)
        insert: Any = KnownPrice.insert({"endpoint": endpoint[:128], **known})
        insert.on_conflict(conflict_target=[KnownPrice.endpoint], update=known).execute()
    if before is None or (before.usd, before.unit) != (price.usd, price.unit):
        log.info("fal's price", endpoint=endpoint, usd=price.usd, unit=price.unit)
