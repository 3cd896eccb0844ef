"""Every conversation in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.conversations import CONVERSATIONS
from tests.scenarios.on_web import WebStage
from tests.scenarios.stage import Held, Stages, held_on, opened


@pytest.fixture(scope="module")
def stages(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stages]:
    """The channel, with everybody talking."""
    folder: Path = tmp_path_factory.mktemp("web")
    yield from opened(request, WebStage, folder, training__simulated_seconds=12)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("held", held_on("web", CONVERSATIONS), ids=str)
def test_a_conversation(stages: Stages, held: Held) -> None:
    stages.result(held)
