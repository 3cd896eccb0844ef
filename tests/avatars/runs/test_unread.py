"""A training that fal says is finished, whose result can't be read: what its person reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.avatars.dialogue.facts_loader import Loader
from core.avatars.models import RunStatus
from core.avatars.ports import Unreachable
from core.avatars.screens import SCREENS
from core.conversation.flow import Position
from core.conversation.messages import Screen
from tests import makers
from tests.avatar_facts import triggers
from tests.avatars.training_house import COMPLETED, QUEUED, House, failure

ERRORS = ("http_500", "bad_answer", "unexpected_result", "timeout")


@pytest.fixture
def house(db: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(House, "folder", tmp_path, raising=False)
    house = House()
    house.start()
    house.advance(QUEUED)
    return house


def unreadable(house: House, error: str = "bad_answer", times: int = 8) -> None:
    for _ in range(times):
        house.clock.forward(200)
        house.refused(Unreachable(failure(error, ended=True)))


def screen(house: House, state: str = "training_in_progress") -> Screen:
    loader = Loader(
        house.settings, house.training, makers.pictures(house.settings), lambda *_: "", house.clock
    )
    memory = {"avatar": house.avatar.id.hex}
    where = Position(
        house.owner.id, house.owner.user_id, "web", state, 1, 1, memory, "en", "Anna"
    )  # fmt: skip
    return SCREENS[state](loader(where, "en"))


@pytest.mark.parametrize("error", ERRORS)
def test_it_is_finished_and_not_there_yet_and_one_may_stop_waiting(
    error: str, house: House
) -> None:
    unreadable(house, error)
    seen = screen(house)
    assert "The training has finished, but the model can’t be fetched" in seen.text
    assert "In the queue" not in seen.text
    assert "stop" in triggers(seen)
    assert house.told[-1] == "progress", "nobody has to ask for that screen"
    house.clock.forward(200)
    house.advance(COMPLETED)
    assert house.status == RunStatus.COMPLETED


def test_a_trainer_that_does_not_answer_says_nothing_of_the_training(house: House) -> None:
    for _ in range(8):
        house.clock.forward(200)
        house.refused(Unreachable(failure("timeout")))
    assert "In the queue" in screen(house).text


@pytest.mark.parametrize("before", [0, 8])
def test_whoever_stops_waiting_is_told_why_this_avatar_waits_and_may_train_another(
    before: int, house: House
) -> None:
    unreadable(house, times=before)
    house.cancel()
    unreadable(house)
    assert (house.status, house.obstacle) == (RunStatus.CANCELLING, None)
    assert house.refusal() == "unfetched", "and not: try again in a minute"
    seen = screen(house, "training_cancelled")
    assert "we are still trying to fetch the model" in seen.text
    assert "retry" not in triggers(seen)
    house.clock.forward(200)
    house.advance(COMPLETED)
    assert (house.status, house.now.status.value) == (RunStatus.COMPLETED, "completed")
