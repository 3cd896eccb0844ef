"""One person with two browsers, or two tabs: one conversation, and one record of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog import reset_defaults

from core.app.bootstrap import App
from tests.avatars.test_limits import wired
from tests.channels.web.tabs import Browser
from tests.pictures_for_tests import photo


@pytest.fixture
def app(sqlite_url: str, tmp_path: Path) -> Iterator[App]:
    app: App = wired((sqlite_url, str(tmp_path / "data")))
    yield app
    app.close()
    reset_defaults()


@pytest.fixture
def phone(app: App) -> Browser:
    return Browser(app)


@pytest.fixture
def desktop(app: App) -> Browser:
    return Browser(app)


def test_both_come_to_see_the_same(phone: Browser, desktop: Browser) -> None:
    phone.press("Create")
    desktop.look()
    assert phone.title == desktop.title == "🎓 Choose the training type"
    assert phone.record == desktop.record


def test_a_press_of_the_older_screen_is_answered_and_that_screen_stands_there_once(
    phone: Browser, desktop: Browser
) -> None:
    phone.press("Create")
    desktop.press("Help")
    assert "That choice was out of date." in desktop.seen.rendered.body
    assert desktop.record == ["👋 Hello!", "🆕 Create avatar", "ℹ️ Help"]


def test_the_same_press_on_both_acts_once(phone: Browser, desktop: Browser) -> None:
    phone.press("Create")
    desktop.press("Create")
    assert desktop.title == "🎓 Choose the training type"
    assert desktop.record == ["👋 Hello!", "🆕 Create avatar"]


def test_photos_of_both_belong_to_the_same_avatar(
    app: App, phone: Browser, desktop: Browser
) -> None:
    for label in ("Create", "Portrait", "Female"):
        phone.press(label)
    phone.say("Anna")
    phone.press("I agree")
    for number, browser in enumerate((phone, desktop), 1):
        browser.say("", [(f"{number}.jpg", photo(number, (520, 520)))])
    worker = app.worker()
    for _ in range(4):
        worker.step()
    for browser in (phone, desktop):
        browser.look()
        assert browser.seen.rendered.body.startswith("Uploaded: 2/10 photos")
