"""How long orders usually take, by those that were finished last."""

from __future__ import annotations

from dataclasses import dataclass

import peewee

from core.avatars.orders.order import Order, Status
from core.base.quantiles import quantile

ENOUGH = 5
"""So many finished orders make an experience."""
RECENT = 50
"""So many of them are looked at: providers get faster and slower."""
_NEARLY_ALL = 0.9
"""Nine orders of ten are done by the late time; the bar then stands at 90 %."""


@dataclass(frozen=True, slots=True)
class Usual:
    """Seconds within which half of the orders are done (`median`), and nearly all (`late`)."""

    median: float
    late: float

    def left(self, elapsed: float) -> float | None:
        """What probably remains after so long; None where it is overdue."""
        elapsed = max(0.0, elapsed)  # the clock may have been set back
        for expected in (self.median, self.late):
            if elapsed < expected:
                return expected - elapsed
        return None

    def percent(self, elapsed: float) -> int:
        """How far it probably is: even at first, then ever slower, and never done."""
        elapsed = max(0.0, elapsed)
        if elapsed < self.median or self.median <= 0:
            return int(90 * elapsed / self.median) if self.median > 0 else 0
        over = (elapsed - self.median) / self.median
        return int(90 + 9 * over / (1 + over))


def experienced(model: type[Order], *alike: peewee.Expression) -> Usual | None:
    """How long the last of those that are alike took; None without experience."""
    finished = (model.status == Status.COMPLETED, model.started_at <= model.finished_at)
    query = model.select(model.finished_at - model.started_at).where(*alike, *finished)
    recent = query.order_by(model.created_at.desc()).limit(RECENT).scalars()
    seconds = sorted(float(took) for took in recent)
    if len(seconds) < ENOUGH:
        return None
    return Usual(quantile(seconds, 0.5), quantile(seconds, _NEARLY_ALL))
