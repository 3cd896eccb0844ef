"""How long a training took, and takes: by our own experience, else by the specification."""

from __future__ import annotations

from core.avatars.models import TrainingRun
from core.avatars.orders.usual import Usual, experienced
from core.base.settings import Settings

MINUTES = {"portrait": (3, 15), "style": (5, 30)}
"""The specification's durations."""


def usual(settings: Settings, training_type: str, test_mode: bool) -> Usual:
    """How long the last finished trainings of a type took; without experience, a guess."""
    alike = (TrainingRun.training_type == training_type, TrainingRun.test_mode == test_mode)
    low, high = MINUTES[training_type]
    guess = Usual((low + high) / 2 * 60.0, high * 60.0)
    if test_mode:
        simulated = settings.training.simulated_seconds
        guess = Usual(simulated, simulated)
    return experienced(TrainingRun, *alike) or guess
