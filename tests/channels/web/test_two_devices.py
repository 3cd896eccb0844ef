"""One person with two browsers, or two tabs: one conversation, and one record of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog import reset_defaults

from channels.web.outgoing import Upload
from channels.web.tab_session import TabSession
from core.app.bootstrap import App
from tests.avatars.test_limits import wired
from tests.pictures_for_tests import photo


@pytest.fixture
def app(sqlite_url: str, tmp_path: Path) -> Iterator[App]:
    app: App = wired((sqlite_url, str(tmp_path / "data")))
    yield app
    app.close()
    reset_defaults()


@pytest.fixture
def phone(app: App) -> TabSession:
    return opened(app)


@pytest.fixture
def desktop(app: App) -> TabSession:
    return opened(app)


def opened(app: App) -> TabSession:
    tab = TabSession(app, "anna", "en")
    tab.refresh()
    return tab


def press(tab: TabSession, label: str) -> None:
    """Press what this tab shows, which may be old."""
    assert tab.view is not None
    [offer] = [offer for offer in tab.view.offers if label in offer.label]
    tab.press(offer, tab.view.revision)
    tab.refresh()


def title(tab: TabSession) -> str:
    assert tab.view is not None
    return tab.view.rendered.title


def record(tab: TabSession) -> list[str]:
    """Titles of the bot, and what the person said."""
    assert tab.view is not None
    return [str(entry.content.get("title") or entry.content["text"]) for entry in tab.view.entries]


def test_both_come_to_see_the_same(phone: TabSession, desktop: TabSession) -> None:
    press(phone, "Create")
    desktop.refresh()
    assert title(phone) == title(desktop) == "🎓 Choose the training type"
    assert record(phone) == record(desktop)


def test_a_press_of_the_older_screen_is_answered_and_that_screen_stands_there_once(
    phone: TabSession, desktop: TabSession
) -> None:
    press(phone, "Create")
    press(desktop, "Help")
    assert desktop.view is not None
    assert "This button was out of date." in desktop.view.rendered.body
    assert record(desktop) == ["👋 Hello!", "🆕 Create avatar", "ℹ️ Help"]


def test_the_same_press_on_both_acts_once(phone: TabSession, desktop: TabSession) -> None:
    press(phone, "Create")
    press(desktop, "Create")
    assert title(desktop) == "🎓 Choose the training type"
    assert record(desktop) == ["👋 Hello!", "🆕 Create avatar"]


def test_photos_of_both_belong_to_the_same_avatar(
    app: App, phone: TabSession, desktop: TabSession
) -> None:
    for label in ("Create", "Portrait", "Choose", "Female"):
        press(phone, label)
    phone.say("Anna")
    phone.refresh()
    press(phone, "I agree")
    for number, tab in enumerate((phone, desktop), 1):
        tab.say("", [Upload(f"{number}.jpg", "image/jpeg", photo(number, (520, 520)))])
    worker = app.worker()
    for _ in range(4):
        worker.step()
    for tab in (phone, desktop):
        tab.refresh()
        assert tab.view is not None
        assert tab.view.rendered.body.startswith("Uploaded: 2/10 photos")
