"""How long a training takes, by our own experience."""

from __future__ import annotations

from statistics import median
from typing import Any

from core.avatars.models import RunStatus, TrainingRun

ENOUGH = 5
"""So many finished trainings make an experience."""
RECENT = 50
"""So many of them are looked at: trainers get faster and slower."""


def usual_seconds(training_type: str, test_mode: bool) -> float | None:
    """The median of the last finished trainings of a type; None where there are too few."""
    query: Any = (
        TrainingRun.select(TrainingRun.finished_at - TrainingRun.started_at)
        .where(
            TrainingRun.training_type == training_type,
            TrainingRun.test_mode == test_mode,
            TrainingRun.status == RunStatus.COMPLETED,
            TrainingRun.started_at.is_null(False),
        )
        .order_by(TrainingRun.created_at.desc())
        .limit(RECENT)
    )
    seconds = [float(row[0]) for row in query.tuples()]
    return median(seconds) if len(seconds) >= ENOUGH else None
