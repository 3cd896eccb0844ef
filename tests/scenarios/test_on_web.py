"""Every conversation in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.conversations import (
    CONVERSATIONS,
    counted,
    keeping,
    painting,
    photos,
    wandering,
)
from tests.scenarios.on_web import WebStage
from tests.scenarios.stage import Held, Stages, Talk, held_on, opened

ALWAYS: dict[Talk, str] = {
    counted.seven_actions_lead_to_a_training_the_specified_way: "en",
    counted.five_actions_lead_to_a_training_by_photos_first: "ru",
    photos.each_refused_photo_is_named_with_its_reason_and_the_good_ones_count: "ru",  # any file
    photos.a_photo_is_removed_from_the_gallery_and_put_back: "en",  # pictures in the page
    keeping.a_copy_of_everything_comes_to_the_chat_by_itself: "ru",  # a download
    painting.a_picture_is_kept_deleted_and_handed_over_and_more_like_it_are_made: "en",
    wandering.another_language_redraws_what_is_in_sight_and_stays: "en",
}
"""What this channel alone can break."""


@pytest.fixture(scope="module")
def stages(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stages]:
    """The channel, with everybody talking."""
    folder: Path = tmp_path_factory.mktemp("web")
    yield from opened(request, WebStage, folder, training__simulated_seconds=12)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("held", held_on("web", CONVERSATIONS, ALWAYS), ids=str)
def test_a_conversation(stages: Stages, held: Held) -> None:
    stages.result(held)
