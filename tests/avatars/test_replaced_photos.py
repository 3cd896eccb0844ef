"""A photo that is replaced by editing its message: in its own avatar, and while it can be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from core.app.bootstrap import App
from core.avatars.models import Avatar, AvatarPhoto
from core.avatars.photos.held import HeldPhoto
from core.conversation.messages import Event, Kind
from tests.avatars.photo_house import collecting, describe, good, judge, opened
from tests.conversation.chat import Chat


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path) -> Iterator[App]:
    app = opened(sqlite_url, tmp_path / "data", training__max_photos=3, photos__max_pending=4)
    yield app
    app.close()
    structlog.reset_defaults()


@pytest.fixture
def chat(house: App) -> Chat:
    """Somebody whose avatar has all the photos that it may have."""
    chat = collecting(house)
    for n in range(3):
        send(house, chat, n)
    judge(house, chat)
    return chat


def send(house: App, chat: Chat, n: int, message: str = "", kind: Kind = Kind.PHOTO) -> None:
    """The nth photo in a message of its own, or in the place of another one."""
    file = {"spool": house.spool.put(good(n))}
    if kind is Kind.FILE:
        file |= {"name": "CV.pdf", "mime": "application/pdf"}
    chat.do(Event(kind, file=file, message=message or str(n), edited=bool(message)))


def there() -> list[int]:
    """The numbers of the photos that no one has taken out."""
    found = AvatarPhoto.select().where(AvatarPhoto.removed_at.is_null())
    return [photo.number for photo in found.order_by(AvatarPhoto.number)]


def test_the_new_photo_has_the_place_of_the_one_it_replaces(house: App, chat: Chat) -> None:
    send(house, chat, 9, message="1")
    judge(house, chat)
    assert there() == [1, 3, 4]
    assert Avatar.get().photos_count == 3
    assert chat.state == "uploading_photos"


def test_a_photo_that_a_training_has_taken_stays_and_the_new_one_is_put_aside(
    house: App, chat: Chat
) -> None:
    chat.press("🚀 Start training")
    send(house, chat, 9, message="1")
    assert there() == [1, 2, 3]
    assert HeldPhoto.select().count() == 1
    assert "already running without this photo" in chat.screen.hint
    send(house, chat, 8, message="1")
    assert HeldPhoto.select().count() == 1, "that one is replaced"


def test_a_photo_of_another_avatar_stays_there(house: App, chat: Chat) -> None:
    chat.say("/menu")
    chat.press("🆕 Create avatar")
    chat.press("🆕 Start a new one anyway")
    describe(chat)
    send(house, chat, 9, message="1")
    judge(house, chat)
    assert len(there()) == 4


def test_a_photo_that_becomes_another_file_leaves_and_is_counted_no_more(
    house: App, chat: Chat
) -> None:
    chat.press("🖼️ View (3)")
    chat.press("🚀 Start training")
    assert chat.state == "confirming_training"
    send(house, chat, 9, message="1", kind=Kind.FILE)
    assert there() == [1, 3]
    assert Avatar.get().photos_count == 2
    assert "not a photo" in chat.screen.hint
