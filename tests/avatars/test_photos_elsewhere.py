"""Photos of somebody who is not where they send them: refusals are read, photos find their way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from core.app.bootstrap import App
from core.avatars import queries
from core.avatars.models import Avatar, AvatarPhoto, AvatarStatus, PhotoValidationStatus
from core.avatars.photos.held import HeldPhoto
from core.conversation.messages import Event, Kind
from tests.avatars.test_limits import ENOUGH, person_who_is_ready, wired
from tests.conversation.chat import Chat
from tests.pictures_for_tests import photo

REFUSED = "❌ Photo {}: not a picture – send a photo in JPEG or PNG"
NO_PICTURE = b"Dear diary, today I am no picture."


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setenv("LIKENESS_TRAINING__MIN_PHOTOS", str(ENOUGH))
    app = wired((sqlite_url, str(tmp_path / "data")))
    yield app
    app.close()
    structlog.reset_defaults()


@pytest.fixture
def chat(house: App) -> Chat:
    return person_who_is_ready(house, "anna")


def send(house: App, chat: Chat, *photos: bytes) -> None:
    for data in photos:
        chat.do(Event(Kind.PHOTO, file={"spool": house.spool.put(data)}))


def judged(house: App, chat: Chat) -> None:
    for photo_id in house.verdicts.due(2e9, 100):
        house.verdicts.judge(photo_id)
    house.engine.drain(chat.id)


def labels(chat: Chat) -> list[str]:
    return [offer.label for offer in chat.rendered.offers]


def pending() -> int:
    return int(queries.photos_with(Avatar.get().id, PhotoValidationStatus.PENDING).count())


@pytest.mark.parametrize(
    "way",
    [
        ("/menu", "▶️ Continue “Anna” (2 photos)"),
        ("◀️ Back", "▶️ Continue “Anna” (2 photos)"),
        ("◀️ Back", "📷 Add photos"),
        ("/help", "◀️ Back"),
        ("/language", "English"),
    ],
)
def test_whoever_left_before_the_verdicts_reads_them_on_return(
    house: App, chat: Chat, way: tuple[str, str]
) -> None:
    chat.say("/menu")
    chat.press("▶️ Continue “Anna” (2 photos)")
    send(house, chat, NO_PICTURE)
    away, again = way
    chat.say(away) if away.startswith("/") else chat.press(away)
    judged(house, chat)
    assert REFUSED.format(3) not in chat.rendered.text
    chat.press(again)
    assert chat.state == "photo_validation_error"
    assert REFUSED.format(3) in chat.rendered.text


def test_what_has_been_read_is_not_shown_again(house: App, chat: Chat) -> None:
    chat.say("/menu")
    chat.press("▶️ Continue “Anna” (2 photos)")
    send(house, chat, NO_PICTURE)
    judged(house, chat)
    chat.press("🖼️ View (2)")
    chat.press("🚀 Start training")
    assert chat.state == "confirming_training"
    chat.say("/menu")
    chat.press("▶️ Continue “Anna” (2 photos)")
    assert chat.state == "uploading_photos"


@pytest.mark.parametrize("status", [AvatarStatus.ERROR, AvatarStatus.CANCELLED])
def test_a_photo_after_a_training_that_did_not_work_out_is_one_of_that_avatar(
    house: App, chat: Chat, status: AvatarStatus
) -> None:
    chat.say("/menu")
    Avatar.update(status=status).execute()
    chat.press("🎭 Avatars")
    chat.press("📁 My avatars (1)")
    chat.press(labels(chat)[0])
    chat.press("▶️ Continue “Anna”")
    assert chat.state == f"training_{status.value}"
    send(house, chat, photo(7), photo(8))
    assert chat.state == "uploading_photos"
    assert (pending(), HeldPhoto.select().count()) == (2, 0)
    judged(house, chat)
    assert Avatar.get().photos_count == ENOUGH + 2


def test_a_photo_sent_to_an_avatar_that_is_looked_at_is_one_of_that_avatar(
    house: App, chat: Chat
) -> None:
    chat.say("/menu")
    chat.press("🆕 Create avatar")
    chat.press("🆕 Start a new one anyway")
    for label in ("🎭 Portrait (recommended)", "Female"):
        chat.press(label)
    chat.say("Berta")
    chat.press("◀️ Back")
    chat.press("◀️ Back")
    chat.press("🟢 Anna")
    send(house, chat, photo(7))
    taken = AvatarPhoto.select().order_by(AvatarPhoto.number.desc()).first()
    assert (chat.state, taken.avatar.name) == ("uploading_photos", "Anna")
    chat.say("/help")
    send(house, chat, photo(8))
    assert "▶️ Add to “Anna”" in labels(chat), "and not to the one that was touched last"


def test_whoever_withdraws_consent_over_photos_is_not_sent_back_to_send_some(chat: Chat) -> None:
    chat.press("📷 Add photos")
    chat.say("/privacy")
    chat.press("Withdraw consent")
    chat.press("Yes, withdraw it")
    chat.press("◀️ Back")
    assert chat.state == "consent"


def test_a_photo_that_has_come_again_is_not_said_to_be_back(house: App, chat: Chat) -> None:
    first = queries.photos(Avatar.get().id).first()
    chat.press("◀️ Back")
    chat.press("🖼️ View (2)")
    chat.press(f"🗑 {first.number}")
    again = {"validation_status": PhotoValidationStatus.VALID, "file_hash": first.file_hash}
    owner = {name: getattr(first, name) for name in ("avatar", "user", "conversation")}
    AvatarPhoto.create(**owner, **again, number=9, reference={})
    chat.press(f"↩️ Put back {first.number}")
    assert f"Photo {first.number} is already here" in chat.rendered.text
    assert "is back" not in chat.rendered.text


def test_a_gallery_without_photos_says_so_and_leaves_the_person_where_they_are(
    house: App, chat: Chat
) -> None:
    AvatarPhoto.delete().execute()
    chat.press("🖼️ View (0)")
    assert chat.state == "uploading_photos"
    assert "There is nothing to look at yet: send your first photos." in chat.rendered.text
