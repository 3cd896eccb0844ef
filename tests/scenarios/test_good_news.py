"""The good news of a training and its first pictures: together, and nobody waits for long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.services.made_by_ai import marked
from tests.scenarios.on_steps import SteppedHouse, SteppedPerson
from tests.scenarios.stage import QUICK
from tests.scenarios.walks import launch, ready

pytestmark = pytest.mark.usefixtures("sqlite_db")

NEWS = "🎉 The avatar is ready"
FIRST = "✨ The first pictures of “{name}”"
WAIT = 20.0


@contextmanager
def trained(folder: Path, url: str, painting_seconds: float) -> Iterator[SteppedPerson]:
    """Somebody whose training ends in this moment, and who sees how it goes on."""
    settings = {**QUICK, "pictures__simulated_seconds": painting_seconds}
    house = SteppedHouse(folder, url, **settings, pictures__preview_wait_seconds=WAIT)
    try:
        anna = SteppedPerson(house, "en")
        anna.patience = 60
        ready(anna)
        launch(anna)
        anna.wait_for(lambda _: anna.kept.statuses == ["completed"], "a trained avatar")
        yield anna
    finally:
        house.stop()


def seconds_until(anna: SteppedPerson, seen: Callable[[], bool]) -> float:
    """How long it takes, by the house's own clock."""
    begun = anna.steps.clock()
    anna.wait_for(lambda _: seen(), "what is awaited")
    return anna.steps.clock() - begun


def test_the_news_come_right_below_the_pictures(sqlite_url: str, tmp_path: Path) -> None:
    with trained(tmp_path, sqlite_url, 5) as anna:
        assert anna.t(NEWS) not in anna.sight.text
        waited = seconds_until(anna, lambda: anna.t(NEWS) in anna.sight.text)
        assert waited < WAIT
        (album,) = anna.chat.notices
        assert album.title == anna.t(FIRST, name="Anna")
        assert len(album.images) == 4
        app = anna.steps.app
        assert all(marked(app.thumbnail(p.key, 1280) or b"") for p in album.pictures)
        assert all(marked(app.open_file(p.key) or b"") for p in album.pictures)
        assert marked(app.sheet(album.pictures))


def test_the_news_wait_no_longer_than_they_may(sqlite_url: str, tmp_path: Path) -> None:
    with trained(tmp_path, sqlite_url, 60) as anna:
        waited = seconds_until(anna, lambda: anna.t(NEWS) in anna.sight.text)
        assert WAIT - 1 <= waited <= WAIT + 1
        assert not anna.chat.notices
        seconds_until(anna, lambda: bool(anna.chat.notices))
        assert anna.t(FIRST, name="Anna") in anna.sight.text


def test_whatever_a_person_does_shows_the_news_at_once(sqlite_url: str, tmp_path: Path) -> None:
    with trained(tmp_path, sqlite_url, 60) as anna:
        assert anna.t(NEWS) not in anna.sight.text
        anna.say("Well?")
        assert anna.t(NEWS) in anna.sight.text
        assert not anna.chat.notices
