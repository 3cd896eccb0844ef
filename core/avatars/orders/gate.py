"""Whether an order may be sent now, to which profile, and for how much: decided here alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.avatars import switches
from core.avatars.orders import board, breakers
from core.avatars.orders.board import Board
from core.avatars.orders.kind import AnyKind
from core.avatars.orders.money import budget
from core.avatars.orders.money.prices import Prices
from core.avatars.orders.order import Order
from core.avatars.ports import Failure
from core.base.days import day


@dataclass(frozen=True, slots=True)
class Offer:
    """An order as it could be sent; its price in US dollars is None where it is not known."""

    profile: str
    price_usd: float | None


class Gate:
    """Stands before every submission."""

    def __init__(self, kind: AnyKind) -> None:
        self._kind = kind
        self._policy = kind.policy
        self._breakers = breakers.Breakers(kind.policy)
        self.prices = Prices(kind)

    def offer(self, waiting: Order, now: float, sending: bool = False) -> Offer | Failure:
        """How this order may be ordered now; or why it waits in our queue, where nothing is lost.

        The preferred profile goes first, and one that this order was let down by goes last. None is
        taken that costs more than was agreed to, or than the day's budget holds. Where it is
        `sending` at once, it takes what is there for one order alone.
        """
        if closed := self._closed():
            return closed
        found = self._affordable(waiting, now)
        if isinstance(found, Failure):
            return found
        if self._policy.daily_budget_usd > 0:
            budget.one_budget()
        if not budget.fits(self._policy, found.price_usd, now, waiting.test_mode):
            switches.switch_on(switches.BUDGET, day(self._policy.zone, now).name, now, "worker")
            return Failure("budget", "operator", "today's budget is used up")
        if switches.stopped(now, sending):
            return Failure("stopped", "operator", "the provider refuses our orders")
        if sending and not self._breakers.passes(found.profile, now):
            return _NO_DELIVERY
        return found

    def quote(
        self, profiles: Iterable[str], now: float, known: Board | None = None, units: int = 1
    ) -> Offer:
        """What a new order would be ordered as; the preferred profile where none is there.

        By the switches and prices that are `known`, or by those of now.
        """
        known = known or board.read()
        simulated = self._kind.provider.test_mode and not known.real(now)
        offers = [self._offered(name, units, simulated, known) for name in profiles]
        there = [
            offer
            for offer in offers
            if not known.gone(offer.profile, now)
            and not known.broken(offer.profile, now, self._breakers.seconds)
            and self._priced(offer)
        ]
        return (there or offers)[0]

    def judge(self, order: Order, now: float) -> None:
        """Take note of how the last submission of an order has ended."""
        self._breakers.judge(order, now)

    def _closed(self) -> Failure | None:
        if not self._policy.enabled:
            return Failure("closed", "operator", "they are not enabled")
        return Failure("paused", "operator", "they are paused") if switches.paused() else None

    def _affordable(self, waiting: Order, now: float) -> Offer | Failure:
        """The first profile that takes orders, delivers, and costs no more than was agreed to."""
        hopeless = self._breakers.hopeless(waiting, now)
        steps: tuple[tuple[Callable[[Offer], bool], Failure], ...] = (
            (lambda offer: self._there(offer.profile, now), _GONE),
            (lambda offer: not self._broken(offer.profile, now), _NO_DELIVERY),
            (lambda offer: offer.profile not in hopeless, _NO_DELIVERY),
            (self._priced, _UNKNOWN_PRICE),
            (lambda offer: _agreed(waiting, offer), _DEARER),
        )
        left = self._in_order(waiting)
        for fits, otherwise in steps:
            left = [offer for offer in left if fits(offer)]
            if not left:
                return otherwise
        return left[0]

    def _in_order(self, waiting: Order) -> list[Offer]:
        let_down = breakers.failed_profiles(waiting)
        names = sorted(self._kind.profiles(waiting), key=let_down.__contains__)
        units = self._kind.units(waiting)
        return [self._offered(name, units, waiting.test_mode) for name in names]

    def _offered(
        self, profile: str, units: int, simulated: bool, known: Board | None = None
    ) -> Offer:
        usd = self.prices.unit_usd(profile, simulated, known)
        return Offer(profile, None if usd is None else usd * units)

    def _priced(self, offer: Offer) -> bool:
        """Whether its price is known, which none needs to be where there is no budget."""
        return offer.price_usd is not None or self._policy.daily_budget_usd <= 0

    def _there(self, profile: str, now: float) -> bool:
        return not switches.gone(profile, now)

    def _broken(self, profile: str, now: float) -> bool:
        return self._breakers.open(profile, now)


_GONE = Failure("endpoint_gone", "operator", "no profile takes orders")
_NO_DELIVERY = Failure("no_delivery", "operator", "no profile delivers what is ordered")
_UNKNOWN_PRICE = Failure("unknown_price", "operator", "there is a budget, and no known price")
_DEARER = Failure("dearer", "operator", "the profiles that are left cost more than was agreed to")


def _agreed(waiting: Order, offer: Offer) -> bool:
    """Whether an order costs no more than the person has agreed to.

    Who has agreed to a price that was not known has agreed to that profile alone.
    """
    if waiting.price_usd is None:
        return waiting.profile in ("", offer.profile)
    return offer.price_usd is not None and not budget.over(waiting.price_usd, offer.price_usd)
