"""How long a training took, and takes: by our own experience, else by the specification."""

from __future__ import annotations

from dataclasses import dataclass

from core.avatars.models import RunStatus, TrainingRun
from core.base.quantiles import quantile
from core.base.settings import Settings

ENOUGH = 5
"""So many finished trainings make an experience."""
RECENT = 50
"""So many of them are looked at: trainers get faster and slower."""
MINUTES = {"portrait": (3, 15), "style": (5, 30)}
"""The specification's durations."""
_NEARLY_ALL = 0.9
"""Nine trainings of ten are done by the late time; the bar then stands at 90 %."""


@dataclass(frozen=True, slots=True)
class Usual:
    """Seconds within which half of the trainings are done (`median`), and nearly all (`late`)."""

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


def usual(settings: Settings, training_type: str, test_mode: bool) -> Usual:
    """How long the last finished trainings of a type took; without experience, a guess."""
    seconds = sorted(_experience(training_type, test_mode))
    if len(seconds) >= ENOUGH:
        return Usual(quantile(seconds, 0.5), quantile(seconds, _NEARLY_ALL))
    if test_mode:
        guess = settings.training.simulated_seconds
        return Usual(guess, guess)
    low, high = MINUTES[training_type]
    return Usual((low + high) / 2 * 60.0, high * 60.0)


def _experience(training_type: str, test_mode: bool) -> list[float]:
    query = (
        TrainingRun.select(TrainingRun.finished_at - TrainingRun.started_at)
        .where(
            TrainingRun.training_type == training_type,
            TrainingRun.test_mode == test_mode,
            TrainingRun.status == RunStatus.COMPLETED,
            TrainingRun.started_at <= TrainingRun.finished_at,
        )
        .order_by(TrainingRun.created_at.desc())
        .limit(RECENT)
    )
    return [float(seconds) for seconds in query.scalars()]
