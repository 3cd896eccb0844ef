"""Every conversation in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.conversations import CONVERSATIONS, keeping, painting, photos
from tests.scenarios.on_console import ConsoleStage
from tests.scenarios.stage import Held, Stages, Talk, held_on, opened

ALWAYS: dict[Talk, str] = {
    photos.a_training_asked_for_too_early_is_told_what_is_lacking: "en",  # numbers are buttons
    keeping.a_copy_of_everything_comes_to_the_chat_by_itself: "en",  # a file is left in a folder
    painting.the_good_news_has_pictures_and_a_style_and_a_wish_make_more: "ru",  # photos by paths
}
"""What this channel alone can break."""


@pytest.fixture(scope="module")
def stages(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stages]:
    """The channel, with everybody talking."""
    folder: Path = tmp_path_factory.mktemp("console")
    yield from opened(request, ConsoleStage, folder)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("held", held_on("console", CONVERSATIONS, ALWAYS), ids=str)
def test_a_conversation(stages: Stages, held: Held) -> None:
    stages.result(held)
