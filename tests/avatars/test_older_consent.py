"""Whoever agreed to an older text of the consent is asked again before their next photo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from core.app.bootstrap import App
from core.avatars import queries
from core.avatars.models import Consent
from core.avatars.queries import CONSENT_VERSION
from tests.avatars.photo_house import collecting, good, opened, send, statuses
from tests.conversation.chat import Chat


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[App]:
    app = opened(database_url, tmp_path / "data")
    yield app
    app.close()
    structlog.reset_defaults()


@pytest.fixture
def anna(house: App) -> Chat:
    """She collects photos, and agreed before the text spoke of pictures."""
    chat = collecting(house)
    Consent.update(version="2026-12").execute()
    return chat


def versions() -> list[str]:
    return [str(version) for version in Consent.select(Consent.version).scalars()]


def test_the_next_photo_is_put_aside_until_the_new_text_is_agreed_to(
    house: App, anna: Chat
) -> None:
    send(house, anna, good(1))
    assert statuses() == {}, "it is no photo of hers yet"
    anna.press("▶️ Add to “Anna”")
    assert anna.state == "consent"
    assert "its pictures" in anna.screen.text
    assert CONSENT_VERSION in anna.screen.text
    anna.press("✅ I agree, and I am 18 or older")
    assert (anna.state, len(statuses())) == ("uploading_photos", 1)
    assert sorted(versions()) == ["2026-12", CONSENT_VERSION]


def test_going_on_with_the_avatar_asks_again(anna: Chat) -> None:
    anna.say("/menu")
    anna.press(anna.rendered.offers[0].label)
    assert anna.state == "consent"


def test_a_press_below_an_older_text_agrees_to_nothing_and_shows_the_new_one(
    anna: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna.say("/menu")
    anna.press(anna.rendered.offers[0].label)
    read = anna.token("✅ I agree, and I am 18 or older")
    monkeypatch.setattr(queries, "CONSENT_VERSION", "2099-01")
    anna.press_token(read)
    assert (anna.state, versions()) == ("consent", ["2026-12"])
    assert "2099-01" in anna.screen.text
    anna.press("✅ I agree, and I am 18 or older")
    assert sorted(versions()) == ["2026-12", "2099-01"]
