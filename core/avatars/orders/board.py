"""The switches that are on and the prices that the trainer has named, of one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.avatars import switches
from core.base.db import run

_READ = """
SELECT 0, name, '', 0.0, at FROM controls UNION ALL SELECT 1, endpoint, unit, usd, at FROM prices
"""


@dataclass(frozen=True, slots=True)
class Board:
    """`since` is when each switch was set; `prices` are US dollars and their unit by endpoint."""

    since: Mapping[str, float]
    prices: Mapping[str, tuple[float, str]]

    @property
    def paused(self) -> bool:
        """Whether the admin has stopped submissions."""
        return switches.PAUSED in self.since

    def gone(self, profile: str, now: float) -> bool:
        """Whether a profile's endpoint takes no orders; see `switches.gone`."""
        return self._at(f"{switches.GONE}{profile}") > now - switches.GONE_SECONDS

    def broken(self, profile: str, now: float, seconds: float) -> bool:
        """Whether a profile delivers nothing; see `switches.broken`."""
        return now - seconds < self._at(f"{switches.BROKEN}{profile}") <= now

    def _at(self, name: str) -> float:
        return self.since.get(name[:64], float("-inf"))


def read() -> Board:
    """Everything in one statement."""
    rows = run(_READ).fetchall()
    return Board(
        {name: at for kind, name, _, _, at in rows if not kind},
        {endpoint: (usd, unit) for kind, endpoint, unit, usd, _ in rows if kind},
    )
