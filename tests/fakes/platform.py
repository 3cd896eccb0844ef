"""A platform that says what it is told to say: a trainer's list, its prices, what was deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.avatars.platform_port import Listed, UnitPrice
from core.avatars.ports import TrainerError


@dataclass
class ScriptedPlatform:
    """Its lists are by endpoint; `refusals` are what the next calls raise, each once."""

    listed: dict[str, list[Listed]] = field(default_factory=dict)
    charges: dict[str, UnitPrice] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    asked: list[tuple[str, float, float]] = field(default_factory=list)
    refusals: list[TrainerError] = field(default_factory=list)
    trusting: bool = True
    """Whether an order that isn't listed may be any; else it is none."""
    careless: bool = False
    """Whether it gives more than was asked for: all moments, and each order twice."""
    away: TrainerError | None = None
    """What every call raises."""

    def prices(self, endpoints: Iterable[str]) -> Mapping[str, UnitPrice]:
        self._refuse()
        return {name: self.charges[name] for name in endpoints if name in self.charges}

    def requests(self, endpoint: str, since: float, until: float) -> list[Listed]:
        self._refuse()
        self.asked.append((endpoint, since, until))
        listed = self.listed.get(endpoint, [])
        if self.careless:
            return 2 * listed
        return [one for one in listed if one.sent_at is None or since <= one.sent_at <= until]

    def request(self, endpoint: str, request_id: str, since: float) -> Listed | None:
        self._refuse()
        listed = self.listed.get(endpoint, [])
        other = Listed(request_id, None, None) if self.trusting else None
        return next((one for one in listed if one.request_id == request_id), other)

    def delete(self, request_id: str) -> None:
        self._refuse()
        self.deleted.append(request_id)

    def networks(self) -> tuple[str, ...]:
        self._refuse()
        return ("192.0.2.0/24",)

    def _refuse(self) -> None:
        if self.away is not None:
            raise self.away
        if self.refusals:
            raise self.refusals.pop(0)
