"""A verdict is told once it has come, in full, and not told again: what is new stands first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from core.app.bootstrap import App
from core.avatars.models import Avatar, AvatarPhoto
from core.conversation.models import Conversation
from tests.avatars.photo_house import (
    NO_PICTURE,
    collecting,
    describe,
    good,
    judge,
    labels,
    opened,
    pending,
    send,
)
from tests.conversation.chat import Chat
from tests.pictures_for_tests import photo

REFUSED = "❌ Photo {}: not a picture"
BEFORE = "Still to fix:"


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[App]:
    app = opened(database_url, tmp_path / "data")
    yield app
    app.close()
    structlog.reset_defaults()


@pytest.fixture
def chat(house: App) -> Chat:
    return collecting(house)


def album(house: App, chat: Chat, *photos: bytes) -> str:
    """Photos at once; what is said once all have their verdict."""
    send(house, chat, *photos)
    judge(house, chat)
    return chat.rendered.text


def test_three_good_one_refused_then_three_good_are_each_told_once(house: App, chat: Chat) -> None:
    first = album(house, chat, *map(good, range(3)), NO_PICTURE)
    assert "✅ Accepted: 3 of 4 (no. 1–3)" in first
    assert REFUSED.format(4) in first
    assert BEFORE not in first
    second = album(house, chat, *map(good, range(3, 6)))
    assert "✅ Accepted: 3 of 3 (no. 5–7)" in second
    assert "of 4" not in second
    before = second.index(BEFORE)
    assert second.index("✅ Accepted") < before < second.index(REFUSED.format(4))
    assert "Uploaded: 6 photos\nMinimum: 2\n44 more will fit" in second


def test_albums_are_not_added_up(house: App, chat: Chat) -> None:
    for n in range(4):
        text = album(house, chat, good(3 * n), NO_PICTURE, good(3 * n + 1), NO_PICTURE)
        assert text.count("Accepted") == 1
        wanted = f"✅ Accepted: 2 of 4 (no. {4 * n + 1}, {4 * n + 3})"
        assert wanted in text
    assert "❌ Photos 14, 16: not a picture" in text
    assert "❌ Photos 2, 4, 6, 8, 10, 12: not a picture" in text[text.index(BEFORE) :]


def test_what_is_new_is_told_of_however_long_the_pause_was(house: App, chat: Chat) -> None:
    """Whether a series is over is what its person has seen, not what a clock says."""
    album(house, chat, good(1), NO_PICTURE)
    Conversation.update(photo_at=0, shown_at=0).execute()
    text = album(house, chat, good(2), NO_PICTURE)
    assert "✅ Accepted: 1 of 2 (no. 3)" in text


def test_verdicts_that_nobody_could_be_shown_are_told_with_the_next(house: App, chat: Chat) -> None:
    send(house, chat, good(1), NO_PICTURE)
    for photo_id in house.verdicts.due(2e9, 100):
        house.verdicts.judge(photo_id)
    house.engine.drain(chat.id)  # the channel is away: nothing is shown
    text = album(house, chat, good(2), NO_PICTURE)
    assert "✅ Accepted: 2 of 4 (no. 1, 3)" in text
    assert BEFORE not in text


def test_what_was_told_stays_in_sight_until_something_new_comes(house: App, chat: Chat) -> None:
    album(house, chat, good(1), NO_PICTURE)
    told = chat.rendered.text
    chat.show()
    chat.say("what?")
    chat.show()
    assert told.split("\n\n", 1)[1] in chat.rendered.text
    send(house, chat, good(2))
    assert "Accepted" not in chat.rendered.text
    assert "🔎 Looking at 1 photo…" in chat.rendered.text
    assert REFUSED.format(2) in chat.rendered.text[chat.rendered.text.index(BEFORE) :]


def test_an_album_that_is_looked_at_photo_by_photo_is_one_series(house: App, chat: Chat) -> None:
    send(house, chat, good(1), NO_PICTURE, good(2), good(3))
    for photo_id in house.verdicts.due(2e9, 2):
        house.verdicts.judge(photo_id)
    house.engine.drain(chat.id)
    chat.show()
    send(house, chat, NO_PICTURE)
    chat.show()
    assert pending() == 3
    judge(house, chat)
    assert "✅ Accepted: 3 of 5 (no. 1, 3, 4)" in chat.rendered.text


def test_a_verdict_that_came_while_the_person_was_elsewhere_is_told_when_they_are_back(
    house: App, chat: Chat
) -> None:
    album(house, chat, good(1), NO_PICTURE)
    send(house, chat, good(2), NO_PICTURE)
    chat.say("/menu")
    judge(house, chat)
    assert "Accepted" not in chat.rendered.text
    chat.press(labels(chat)[0])
    chat.show()
    assert "✅ Accepted: 1 of 2 (no. 3)" in chat.rendered.text


def test_advice_is_told_with_its_series_and_seen_at_the_last_look(house: App, chat: Chat) -> None:
    album(house, chat, good(1), good(2))
    advice = AvatarPhoto.update(photo_metadata={"advice": ["dark"]})
    advice.where(AvatarPhoto.number == 1).execute()
    dark = "💡 Photo 1: rather dark"
    assert dark in chat.rendered.text
    assert dark not in album(house, chat, good(3))
    assert [tile.label for tile in chat.rendered.pictures] == ["1 💡", "2 ✅", "3 ✅"]


def test_what_another_training_type_refuses_is_told_as_new(house: App, chat: Chat) -> None:
    Avatar.update(training_type="style").execute()
    album(house, chat, good(1), good(2), NO_PICTURE)
    AvatarPhoto.update(has_face=False).where(AvatarPhoto.number == 1).execute()
    chat.press("◀️ Back")
    chat.press("◀️ Back")
    for label in ("🎓 Another training type", "🎭 Portrait (recommended)"):
        chat.press(label)
    chat.press(next(label for label in labels(chat) if "Continue" in label))
    assert chat.state == "photo_validation_error"
    refused = AvatarPhoto.get(AvatarPhoto.number == 1)
    assert refused.reason == "no_face"
    assert "❌ Photo 1: no face visible" in chat.rendered.text


def test_of_two_avatars_each_has_its_own_series(house: App, chat: Chat) -> None:
    album(house, chat, good(1), NO_PICTURE)
    chat.say("/menu")
    chat.press("🆕 Create avatar")
    chat.press("🆕 Start a new one anyway")
    describe(chat)
    text = album(house, chat, photo(9, (520, 520)), NO_PICTURE)
    assert "✅ Accepted: 1 of 2 (no. 1)" in text
    assert BEFORE not in text
