"""A training that does not go as it should: what is true of it, and what one can do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.avatars.rules import run_stoppable as stoppable
from core.avatars.screens import SCREENS, hints
from core.avatars.screens.notices import training_failed
from core.base.texts import LANGUAGES, translator
from core.conversation.messages import Screen
from tests.avatar_facts import ID, RUN, facts, labels, triggers

SAVING = replace(RUN, status="saving", progress=99, left=None)
HELD_UP = replace(SAVING, error_class="operator", unfetched=True)


def in_progress(run: object, language: str = "en", **more: object) -> Screen:
    avatar = {"status": "training", "run": run}
    return SCREENS["training_in_progress"](facts(language, avatar=avatar, **more))


def test_a_result_that_is_on_its_way_is_almost_done_and_not_stoppable() -> None:
    screen = in_progress(SAVING)
    assert "⏱️ Almost done" in screen.text
    assert "stop" not in triggers(screen)


@pytest.mark.parametrize("error_class", ["retry", "operator"])
def test_a_result_that_can_not_be_fetched_is_said_and_can_be_left(error_class: str) -> None:
    run = replace(SAVING, error_class=error_class, unfetched=True)
    screen = in_progress(run)
    assert "Almost done" not in screen.text
    assert "can’t be fetched from the training service" in screen.text
    assert "stop" in triggers(screen)
    assert stoppable(run.status, run.error_class)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", ["queued", "training"])
def test_a_result_that_can_not_be_read_is_no_training_that_goes_on(
    language: str, status: str
) -> None:
    run = replace(RUN, status=status, error_class="retry", unfetched=True)
    screen, t = in_progress(run, language), translator(language)
    assert t("Fetching the finished model…") in screen.text
    for untrue in ("⏱️ Training continues…", "In progress…", "In the queue…", "⏱️ Almost done"):
        assert t(untrue) not in screen.text
    assert "stop" in triggers(screen)
    assert t("Stop the training? Your photos are kept, but the progress is lost.") not in (
        in_progress(run, language, asked="stop").text
    )


def test_whoever_stops_waiting_is_told_what_they_keep() -> None:
    screen = in_progress(HELD_UP, asked="stop")
    assert "it will still be yours" in screen.text
    assert "the progress is lost" not in screen.text
    assert "progress is lost" in in_progress(RUN, asked="stop").text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("lingers", ["unsettled", "unfetched"])
def test_a_training_that_goes_on_behind_the_scenes_says_so_and_offers_no_other(
    language: str, lingers: str
) -> None:
    run = replace(RUN, status="cancelling", lingers=lingers)
    screen = SCREENS["training_cancelled"](
        facts(language, avatar={"status": "cancelled", "run": run})
    )
    assert translator(language)(hints.OBSTACLES[lingers]) in screen.text
    assert translator(language)(hints.OBSTACLES["stopping"]) not in screen.text
    assert "retry" not in triggers(screen)


def test_one_that_is_over_can_be_started_again() -> None:
    run = replace(RUN, status="cancelled")
    screen = SCREENS["training_cancelled"](facts("en", avatar={"status": "cancelled", "run": run}))
    assert "start again whenever you like" in screen.text
    assert "retry" in triggers(screen)


def test_a_model_that_was_lost_is_no_training_that_failed() -> None:
    run = replace(RUN, status="failed", error_class="operator", lost=True)
    screen = SCREENS["training_error"](facts("en", avatar={"status": "error", "run": run}))
    assert "The training itself finished" in screen.text
    assert "🔁 Try again" in labels(screen)
    told = training_failed(
        {"avatar": ID, "name": "A", "error_class": "operator", "lost": True}, "en"
    )
    assert "The training itself finished" in told.text
