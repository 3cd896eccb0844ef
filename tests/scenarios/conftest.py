"""Where conversations are held: a stage for each channel, opened once for all of its tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.contract import Stage, begun
from tests.scenarios.on_console import ConsoleStage
from tests.scenarios.on_telegram import TelegramStage
from tests.scenarios.on_web import WebStage

STAGES: dict[str, Callable[..., Stage]] = {
    "console": ConsoleStage,
    "telegram": TelegramStage,
    "web": WebStage,
}
QUICK = {
    "training__simulated_seconds": 4,
    "training__simulated_queue_seconds": 1,
    "training__check_seconds": 0.3,
    "conversation__tick_seconds": 1,
    "photos__max_bytes": 2_000_000,
}
"""Trainings of seconds; everything else as it comes."""


@pytest.fixture(scope="session")
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """A channel on which all goes well."""
    yield from _open(request, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session")
def failing_stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """A channel on which every training fails."""
    folder = tmp_path_factory.mktemp(f"{request.param}-failing")
    failure = {"training__simulated_outcome": "failure", "training__simulated_seconds": 1}
    yield from _open(request, folder, **failure)


def _open(request: pytest.FixtureRequest, folder: Path, **settings: Any) -> Iterator[Stage]:
    patience = {"training__simulated_seconds": 8} if request.param == "web" else {}
    opened = STAGES[request.param](folder, **{**QUICK, **patience, **settings})
    with begun(opened, request) as stage:
        yield stage
