"""Training without a trainer: for trying everything out, and for the tests.

It keeps nothing. A request id carries when the training was ordered, how long it queues and
trains, and how it ends; the clock does the rest. So a killed process forgets no training, and the
same order, submitted again, is the same training.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from core.avatars.ports import Standing, TrainingOrder
from core.settings import Training

PLACES = 3
"""How many places a simulated queue has: 3, 2, 1, and it begins."""


@dataclass(frozen=True, slots=True)
class _Request:
    """What a request id says; moments and durations are milliseconds."""

    run: str
    ordered: int
    queue: int
    duration: int
    outcome: str

    def __str__(self) -> str:
        return f"sim-{self.run}-{self.ordered}-{self.queue}-{self.duration}-{self.outcome}"

    @classmethod
    def read(cls, request_id: str) -> "_Request":
        """The request behind an id; ValueError where the id is not one of ours."""
        mark, run, *numbers, outcome = request_id.split("-")
        if mark != "sim" or outcome not in ("success", "failure"):
            raise ValueError(f"not a simulated training: {request_id!r}")
        ordered, queue, duration = map(int, numbers)
        return cls(run, ordered, queue, duration, outcome)


class SimulatedTrainer:
    """A Trainer that pretends; `clock` gives seconds since 1970."""

    def __init__(self, settings: Training, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock

    @property
    def test_mode(self) -> bool:
        return True

    @property
    def repeatable(self) -> bool:
        return True

    def submit(self, order: TrainingOrder) -> str:
        """The request id; the same one for the same order."""
        request = _Request(
            run=UUID(order.run_id).hex,
            ordered=round(order.ordered_at * 1000),
            queue=round(self._settings.simulated_queue_seconds * 1000),
            duration=round(self._settings.simulated_seconds * 1000),
            outcome=self._settings.simulated_outcome,
        )
        return str(request)

    def check(self, request_id: str) -> Standing:
        """Where it stands by the clock alone; ValueError for an id that isn't ours."""
        request = _Request.read(request_id)
        passed = self._clock() * 1000 - request.ordered
        if passed < request.queue:
            left = 1 - max(0.0, passed) / max(1, request.queue)
            return Standing("queued", 0, math.ceil(left * PLACES))
        passed -= request.queue
        if passed < request.duration:
            return Standing("training", math.floor(passed / request.duration * 100), None)
        return _ended(request)

    def cancel(self, request_id: str) -> None:
        """Nothing to do: nothing runs, and that it was cancelled is known to the run's row."""
        _Request.read(request_id)


def _ended(request: _Request) -> Standing:
    if request.outcome == "failure":
        return Standing("failed", 0, None, error="simulated_failure", error_class="retry")
    return Standing("completed", 100, None, result={"finetune_id": f"sim-{request.run}"})
