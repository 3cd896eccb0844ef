"""Buttons of pictures pressed twice, or long after: nothing comes that nobody wants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.conversation.tokens import RenderedButton
from tests.scenarios.conversations.painting import made, press_pack, runs, styles, trained
from tests.scenarios.on_steps import SteppedHouse, SteppedPerson
from tests.scenarios.stage import QUICK

pytestmark = pytest.mark.usefixtures("sqlite_db")


@pytest.fixture
def anna(sqlite_url: str, tmp_path: Path) -> Iterator[SteppedPerson]:
    """Somebody who looks at pictures of a style."""
    house = SteppedHouse(tmp_path, sqlite_url, **QUICK)
    person = SteppedPerson(house, "en")
    person.patience = 30
    trained(person)
    styles(person)
    press_pack(person)
    made(person, 5, 8)
    yield person
    house.stop()


def offered(anna: SteppedPerson, label: str) -> RenderedButton:
    return next(offer for offer in anna.offers_in_sight if offer.label == anna.t(label))


def test_again_is_one_order_however_often_it_is_pressed(anna: SteppedPerson) -> None:
    orders, again = len(runs(anna)), offered(anna, "🔁 Again")
    old = offered(anna, "📄 As files")
    for _ in range(2):
        anna.press_offer(again)
    made(anna, 9, 12)
    anna.press_offer(again)
    anna.press_offer(old)
    anna.see("That choice was out of date. Here is where things stand now.")
    assert not [notice for notice in anna.chat.notices if notice.file]
    assert len(runs(anna)) == orders + 1


def test_files_are_handed_over_once_a_screen(anna: SteppedPerson) -> None:
    files = offered(anna, "📄 As files")
    anna.press_offer(files)
    assert [notice.file.name for notice in anna.chat.notices if notice.file] == [
        f"picture-{number}.jpg" for number in range(5, 9)
    ]
    anna.press_offer(files)
    assert not anna.chat.notices
