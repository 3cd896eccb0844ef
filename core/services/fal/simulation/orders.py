"""A simulated order: all of it but a prompt is in its request id, and the clock does the rest."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from core.services.fal.simulation.pictures import Drawing

PLACES = 3
"""How many places the simulated queue has: 3, 2, 1, and it begins."""

CODES = {
    "archive_file_count_below_minimum": 422,
    "archive_file_count_exceeds_maximum": 422,
    "content_policy_violation": 422,
    "face_detection_error": 422,
    "file_download_error": 422,
    "file_too_large": 422,
    "image_load_error": 422,
    "image_too_large": 422,
    "image_too_small": 422,
    "invalid_archive": 422,
    "unsupported_image_format": 422,
    "downstream_service_error": 400,
    "downstream_service_unavailable": 500,
    "internal_server_error": 500,
    "generation_timeout": 504,
}
"""The errors of a model, each with its HTTP code: how an order may end, beside "success"."""

REQUEST_CODES = {
    "bad_request": 400,
    "client_cancelled": 499,
    "client_disconnected": 499,
    "internal_error": 500,
    "runner_server_error": 500,
    "runner_incomplete_response": 502,
    "runner_connection_error": 503,
    "runner_connection_refused": 503,
    "runner_connection_timeout": 503,
    "runner_disconnected": 503,
    "runner_scheduling_failure": 503,
    "request_timeout": 504,
    "startup_timeout": 504,
}
"""The errors of a request, which its status already tells."""

FAILURE = "internal_server_error"
"""What the setting "failure" means."""

Stage = Literal["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
_WRITTEN = re.compile(r"sim-([0-9a-f]{32})-(\d+)-(\d+)-(\d+)-([\da-fx]+)-(\w+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Order:
    """What a request id says; moments and durations are milliseconds."""

    run: str
    ordered: int
    queue: int
    duration: int
    steps: int
    outcome: str
    drawing: Drawing | None = None
    """Of an order of pictures, which has no steps."""

    @property
    def request_id(self) -> str:
        work = self.drawing.code if self.drawing else self.steps
        return f"sim-{self.run}-{self.ordered}-{self.queue}-{self.duration}-{work}-{self.outcome}"

    @classmethod
    def read(cls, request_id: str) -> Order | None:
        """The order behind an id; None where the id is none of ours."""
        found = _WRITTEN.fullmatch(request_id)
        if found is None or len(request_id) > 128:
            return None
        run, *moments, work, outcome = found.groups()
        drawing = Drawing.read(work)
        if drawing is None and not work.isdecimal():
            return None
        ordered, queue, duration = map(int, moments)
        steps = 0 if drawing else int(work)
        return cls(run, ordered, queue, duration, steps, outcome, drawing)

    @property
    def ends(self) -> float:
        """The moment of its end, in seconds since 1970."""
        return (self.ordered + self.queue + self.duration) / 1000

    def stage(self, now: float) -> Stage:
        passed = now * 1000 - self.ordered
        if passed < self.queue:
            return "IN_QUEUE"
        return "IN_PROGRESS" if passed < self.queue + self.duration else "COMPLETED"

    def position(self, now: float) -> int:
        """How many are before it in the queue, as fal counts: from 0."""
        left = 1 - max(0.0, now * 1000 - self.ordered) / max(1, self.queue)
        return max(0, math.ceil(left * PLACES) - 1)

    def logs(self, now: float) -> list[dict[str, str]]:
        """What a trainer has printed so far, with a bar as tqdm draws it."""
        passed = now * 1000 - self.ordered - self.queue
        share = min(1.0, max(0.0, passed / max(1, self.duration)))
        done = math.floor(share * self.steps)
        drawn = "█" * math.floor(share * 10)
        lines = [
            "Downloading images: 100%|██████████| 12/12 [00:00<00:00]",
            f"{math.floor(share * 100):3}%|{drawn:10}| {done}/{self.steps} [00:00<00:00]",
        ]
        return [{"message": line, "level": "INFO", "source": "RUN"} for line in lines]
