"""The services that the settings choose: store, fal.ai or its simulation, inspector, darkroom."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from core import __version__
from core.avatars.photos.inspection.conversion import Converter
from core.avatars.photos.inspection.faces.face_port import FaceFinder
from core.avatars.photos.inspection.faces.people import FaceReader
from core.avatars.photos.rules import PhotoRules
from core.avatars.ports import ObjectStore, Observe
from core.base.errors import ConfigurationError
from core.base.logs.traces import Tracer
from core.base.settings import Settings
from core.services.darkroom import Darkroom
from core.services.fal import FalPainter, FalTrainer
from core.services.fal.simulation import (
    SimulatedPainter,
    SimulatedTrainer,
    simulated_trainer,
    steady,
)
from core.services.second_look import SecondLook
from core.services.storage import FolderStore

if TYPE_CHECKING:
    from core.avatars.photos.inspection.inspector import Inspector

Clock = Callable[[], float]
"""Seconds since 1970."""


def tracer(settings: Settings) -> Tracer | None:
    """Where spans are sent; OpenTelemetry is loaded only where they are."""
    place = settings.tracing
    if not place.endpoint:
        return None
    from core.services.tracing import Otlp

    return Otlp(place.endpoint, place.share, __version__)


def store(settings: Settings) -> ObjectStore:
    """Where photos are kept; an S3 server is asked for nothing before its first use."""
    place = settings.storage
    if place.backend == "folder":
        return FolderStore(settings.objects_dir)
    from core.services.minio_store import MinioStore  # a sixth of what a process imports

    return MinioStore(
        place.endpoint,
        place.bucket,
        place.access_key.get_secret_value(),
        place.secret_key.get_secret_value(),
        place.secure,
        place.region,
        place.prefix,
        place.public_endpoint,
    )


def trainer(settings: Settings, observe: Observe, clock: Clock) -> FalTrainer:
    """fal.ai where there is a key for it, else the simulation of it.

    In production that must be asked for by name.
    """
    if settings.fal.key.get_secret_value():
        return FalTrainer(settings, observe)
    allowed = settings.training.allow_simulated_in_production
    if settings.environment == "production" and not allowed:
        raise ConfigurationError(
            "environment = 'production', but trainings would only be simulated. Set FAL_KEY in the "
            "environment, or training.allow_simulated_in_production = true if that is what you "
            "want, or environment = 'development'."
        )
    return simulated_trainer(
        settings, observe, webhook_secret(settings), steady if clock is time.time else clock
    )


def painter(settings: Settings, observe: Observe, trainer: FalTrainer) -> FalPainter:
    """What paints with the trainer's models: simulated where they are."""
    if isinstance(trainer, SimulatedTrainer):
        return SimulatedPainter(settings, trainer, observe)
    return FalPainter(settings, observe)


def inspector(settings: Settings) -> Inspector:
    """Who looks at photos, with what only a worker has: OpenCV takes 0.2 s and 60 MB."""
    from core.avatars.photos.inspection.inspector import Inspector

    photos, look = settings.photos, _second_look(settings)
    rules = PhotoRules(photos.min_side, photos.max_bytes)
    if not photos.find_faces:
        return Inspector(None, rules, Converter(), look)
    from core.services.faces import YuNet

    return Inspector(YuNet(), rules, Converter(), look)


def darkroom(settings: Settings) -> Darkroom:
    """What looks at pictures that were painted; what compares faces is loaded when it is needed."""
    photos = settings.photos
    compared = photos.compare_faces and photos.find_faces
    return Darkroom(_face_tools if compared else None, _second_look(settings))


def _second_look(settings: Settings) -> SecondLook | None:
    return _one_look() if settings.pictures.second_look else None


@functools.cache
def _one_look() -> SecondLook:
    """One network for photos and pictures: it takes 80 MB."""
    return SecondLook()


@functools.cache
def _face_tools() -> tuple[FaceFinder, FaceReader]:
    from core.services.likeness import FaceTools

    return FaceTools()()


def webhook_secret(settings: Settings) -> bytes:
    """What run's webhook addresses are signed with: every process with our key has it."""
    key = settings.fal.key.get_secret_value()
    return hashlib.sha256(b"likeness webhooks\n" + key.encode()).digest()
