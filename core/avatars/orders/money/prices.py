"""What an order costs: by the provider's own word where it gives one, else by the configuration.

None is a price that is not known; it is never taken for nothing.
"""

from __future__ import annotations

import peewee
import structlog

from core.avatars.orders import board
from core.avatars.orders.board import Board
from core.avatars.orders.kind import AnyKind
from core.avatars.platform_port import KEY_REFUSED, UnitPrice
from core.avatars.ports import Unreachable
from core.base.db import Model, transaction

log = structlog.get_logger()


class KnownPrice(Model):
    """What a provider charges by its own word: US dollars for one unit, and when it said so."""

    endpoint = peewee.CharField(max_length=128, primary_key=True)
    usd = peewee.DoubleField()
    unit = peewee.CharField(max_length=64)
    at = peewee.DoubleField()

    class Meta:
        table_name = "prices"


class Prices:
    """The prices in force, for every process that has the database."""

    def __init__(self, kind: AnyKind) -> None:
        self._kind = kind
        self._provider = kind.provider
        self._refused = False

    def unit_usd(self, profile: str, simulated: bool, known: Board | None = None) -> float | None:
        """What a unit of a profile costs; a simulated one what the configuration pretends."""
        if simulated:
            return self._kind.simulated_usd(profile)
        said = (known or board.read()).prices.get(self._provider.endpoint(profile))
        by_provider = None if said is None else self._provider.priced(profile, *said)
        return self._provider.price_usd(profile) if by_provider is None else by_provider

    def refresh(self, now: float) -> None:
        """Ask the provider for its prices, where the key may."""
        if self._provider.test_mode:
            return
        try:
            found = self._provider.platform.prices(
                map(self._provider.endpoint, self._kind.profiles())
            )
        except Unreachable as away:
            refused = away.failure.error_type == KEY_REFUSED
            if not (refused and self._refused):
                log.warning("fal's prices can't be had", error=away.failure.error_type)
            self._refused = refused
            return
        for endpoint, price in found.items():
            _keep(endpoint, price, now)

    def say_unknown(self) -> None:
        """Log which profiles have no known price."""
        for profile in self._kind.profiles():
            if self.unit_usd(profile, self._provider.test_mode) is None:
                budget = self._kind.policy.daily_budget_usd > 0
                told = "it gets no order, for there is a budget" if budget else "shown as such"
                log.warning("a price is unknown", profile=profile, so=told)


def _keep(endpoint: str, price: UnitPrice, now: float) -> None:
    known = {"usd": price.usd, "unit": price.unit[:64], "at": now}
    with transaction():
        before = KnownPrice.get_or_none(KnownPrice.endpoint == endpoint)
        insert = KnownPrice.insert({"endpoint": endpoint[:128], **known})
        insert.on_conflict(conflict_target=[KnownPrice.endpoint], update=known).execute()
    if before is None or (before.usd, before.unit) != (price.usd, price.unit):
        log.info("fal's price", endpoint=endpoint, usd=price.usd, unit=price.unit)
