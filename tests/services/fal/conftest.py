"""A simulated fal with its ledger, and the trainer that talks to it over real sockets."""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from core.avatars.ports import Observation, Observe, TrainingOrder
from core.base.settings import Settings
from core.base.settings.product.fal import Fal
from core.services.fal import FalPainter, FalTrainer
from core.services.fal.simulation import FalServer

PATIENCE = Fal(connect_seconds=1, answer_seconds=0.5, submit_seconds=0.5)
Order = Callable[..., TrainingOrder]
Connect = Callable[..., FalTrainer]


@pytest.fixture
def fal() -> Iterator[FalServer]:
    """A server whose trainings are completed at once."""
    with FalServer() as server:
        _ = server.ledger
        yield server


@pytest.fixture
def servers() -> Callable[[], set[threading.Thread]]:
    """The simulated fals that run since this test began, as their threads."""

    def running() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if thread.name == "simulated-fal"}

    before = running()
    return lambda: running() - before


@pytest.fixture
def observed() -> list[Observation]:
    """Every observation that `trainer` reported."""
    return []


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes trainers, and closes them afterwards."""
    with ExitStack() as opened:

        def make(settings: Settings, observe: Observe = lambda _: None) -> FalTrainer:
            made = FalTrainer(settings, observe)
            opened.callback(made.close)
            return made

        yield make


@pytest.fixture
def trainer(fal: FalServer, observed: list[Observation], connect: Connect) -> FalTrainer:
    """The trainer, which loses patience after half a second."""
    return connect(fal.settings(Settings(fal=PATIENCE)), observed.append)


@pytest.fixture
def painter(fal: FalServer, observed: list[Observation]) -> Iterator[FalPainter]:
    """The painter, just as impatient."""
    made = FalPainter(fal.settings(Settings(fal=PATIENCE)), observed.append)
    yield made
    made.close()


@pytest.fixture
def order() -> Order:
    def make(profile: str = "flux-lora-portrait-trainer", **changes: Any) -> TrainingOrder:
        given: dict[str, Any] = {
            "run_id": str(uuid.uuid4()),
            "training_type": "portrait",
            "avatar_type": "character",
            "trigger_word": "lk7qz",
            "profile": profile,
        }
        return TrainingOrder(**{**given, **changes})

    return make
