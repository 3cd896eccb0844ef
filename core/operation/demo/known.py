"""What a made-up history is drawn from: only what the product itself knows.

A test holds each value against the product's own tables. What fal answers is written here as
Likeness keeps it, because this stands apart from the services.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from core.avatars.ports import ErrorClass, Phase
from core.avatars.screens.verdicts import DUPLICATE, OTHER
from core.avatars.screens.verdicts import REASONS as _REASONS
from core.avatars.training.durations import MINUTES
from core.base.settings import Settings

REASONS = tuple(code for code in _REASONS if code not in (DUPLICATE, OTHER))
"""Why a photo may be refused that is none that is here already."""


class Fault(NamedTuple):
    """A call of fal that failed, as it is kept; the code is None where there was no answer."""

    phase: Phase
    error_type: str
    error_class: ErrorClass
    message: str
    http_status: int | None


FAULTS = (
    Fault("status", "http_503", "retry", "The service is unavailable", 503),
    Fault("submit", "http_429", "retry", "Too many requests", 429),
    Fault("status", "timeout", "retry", "no answer in time", None),
    Fault("result", "image_load_error", "person", "An image could not be loaded", 422),
    Fault("result", "face_detection_error", "person", "No face was detected", 422),
    Fault("result", "internal_server_error", "retry", "The training failed", 500),
    Fault("upload", "connection_failed", "retry", "no connection could be made", None),
    Fault("submit", "balance_exhausted", "operator", "User is locked: exhausted balance", 403),
)
ENDINGS = tuple(fault for fault in FAULTS if fault.phase == "result")
"""What a training ends by: all else is tried again, or waits for the operator."""


class Trainer(NamedTuple):
    """Who trains a type: profile, endpoint, price in US dollars, usual seconds."""

    profile: str
    endpoint: str
    price_usd: float
    seconds: float


@cache
def trainers() -> dict[str, Trainer]:
    """The preferred profile of each training type, by the configuration's defaults."""
    settings = Settings()
    preferred = {
        "portrait": settings.training.profiles_portrait[0],
        "style": settings.training.profiles_style[0],
    }
    return {kind: _trainer(settings, kind, name) for kind, name in preferred.items()}


def _trainer(settings: Settings, kind: str, name: str) -> Trainer:
    chosen = getattr(settings.fal, name.replace("-", "_"))
    low, high = MINUTES[kind]
    price = round(chosen.steps * (chosen.usd_per_step or 0.0), 2)
    return Trainer(name, f"fal-ai/{name}", price, 60.0 * (low + high) / 2)
