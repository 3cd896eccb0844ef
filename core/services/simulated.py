"""Training without a trainer: for trying everything out, and for the tests.

It keeps nothing. A request id carries when the training was ordered, how long it queues and
trains, and how it ends; the clock does the rest. So a killed process forgets no training, and the
same order, submitted again, is the same training.
"""

import math
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.avatars.ports import CancelAnswer, Download, Failure, Handle, Standing, TrainingOrder
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
    def upload_seconds(self) -> float:
        return 86_400.0

    def profiles(self, training_type: str) -> tuple[str, ...]:
        style = training_type == "style"
        return self._settings.profiles_style if style else self._settings.profiles_portrait

    def endpoint(self, profile: str) -> str:
        return f"fal-ai/{profile}"

    def price_usd(self, profile: str) -> float:  # noqa: ARG002
        return 0.0

    def min_photos(self, profile: str) -> int:  # noqa: ARG002
        return 1

    def max_photos(self, profile: str) -> int:  # noqa: ARG002
        return self._settings.max_photos

    def arguments(self, order: TrainingOrder, data_url: str) -> dict[str, Any]:
        return {"images_data_url": data_url, "trigger_phrase": order.trigger_word}

    def upload(self, run_id: str, photos: Iterable[tuple[str, Callable[[], bytes]]]) -> str:
        for _, read in photos:
            read()
        return f"sim://{run_id}"

    def submit(self, order: TrainingOrder, data_url: str, webhook_url: str) -> Handle:  # noqa: ARG002
        """A handle whose request id is all that there is."""
        request = _Request(
            run=UUID(order.run_id).hex,
            ordered=round(self._clock() * 1000),
            queue=round(self._settings.simulated_queue_seconds * 1000),
            duration=round(self._settings.simulated_seconds * 1000),
            outcome=self._settings.simulated_outcome,
        )
        return Handle(order.run_id, order.profile, str(request))

    def check(self, handle: Handle) -> Standing:
        """Where it stands by the clock alone; ValueError for an id that isn't ours."""
        request = _Request.read(handle.request_id)
        passed = self._clock() * 1000 - request.ordered
        if passed < request.queue:
            left = 1 - max(0.0, passed) / max(1, request.queue)
            return Standing("queued", position=math.ceil(left * PLACES))
        passed -= request.queue
        if passed < request.duration:
            return Standing("training", percent=math.floor(passed / request.duration * 100))
        return _ended(request)

    def cancel(self, handle: Handle) -> CancelAnswer:
        """Nothing runs, so there is nothing to be found."""
        _Request.read(handle.request_id)
        return "unknown"

    def download(self, handle: Handle, url: str) -> AbstractContextManager[Download]:
        raise NotImplementedError("a simulated training leaves no file")


def _ended(request: _Request) -> Standing:
    if request.outcome == "failure":
        return Standing("failed", failure=Failure("simulated_failure", "operator", "as configured"))
    return Standing("completed", result={"finetune_id": f"sim-{request.run}"})
