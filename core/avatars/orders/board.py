"""The switches that are on, the prices that the provider has named, and the mode of the workers,
of one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.avatars import switches
from core.base.db import run
from core.base.processes.mode import said_by

_READ = """
SELECT 0, name, '', 0.0, at FROM controls UNION ALL SELECT 1, endpoint, unit, usd, at FROM prices
UNION ALL SELECT 2, mode, '', 0.0, at FROM heartbeats WHERE part = 'worker' AND mode <> ''
"""


@dataclass(frozen=True, slots=True)
class Board:
    """`since` is when each switch was set; `prices` are US dollars and their unit by endpoint.

    `beats` are the mode of each worker and when it was last alive.
    """

    since: Mapping[str, float]
    prices: Mapping[str, tuple[float, str]]
    beats: Sequence[tuple[str, float]] = ()

    def real(self, now: float) -> bool:
        """Whether what is ordered now will be paid, because a worker has the key."""
        return said_by(self.beats, now) == "production"

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
        {name: at for kind, name, _, _, at in rows if kind == 0},
        {endpoint: (usd, unit) for kind, endpoint, unit, usd, _ in rows if kind == 1},
        [(mode, at) for kind, mode, _, _, at in rows if kind == 2],
    )
