"""An album with good and bad photos: one screen for all, refusals overruled, the set as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from PIL import Image, ImageFilter

from core.app.bootstrap import App, bootstrap
from core.avatars.models import Avatar, AvatarPhoto, AvatarStatus, AvatarTrainingType
from core.avatars.models import PhotoValidationStatus as Status
from core.avatars.screens.pictures.examples import NO_PICTURE
from core.base.errors import StorageUnavailable
from core.base.settings import Settings
from core.conversation.delivery.rendering import drawn
from core.conversation.messages import Event, Kind, Picture
from core.operation.metrics import photos as metrics
from core.operation.metrics.scope import Scope
from tests.conversation.chat import BUTTONS, Chat
from tests.photographs import (
    ASTRONAUT,
    CAT,
    COFFEE,
    LEFT_EYE,
    RIGHT_EYE,
    ROCKET,
    far_away,
    jpeg,
    pair,
    photograph,
    selfie,
)

PERSON = jpeg(photograph(ASTRONAUT))
KEEP = "👌 Photo {} is fine"


def enlarged(name: str) -> bytes:
    picture = photograph(name)
    return jpeg(picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.BICUBIC))


NO_FACE = enlarged(CAT)
BLURRED = jpeg(selfie(0.5, 1.0).filter(ImageFilter.GaussianBlur(9)))
SMALL = jpeg(photograph(CAT))


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[App]:
    """The whole product, with real faces looked for."""
    app = bootstrap(
        Settings.load(
            environ={
                "LIKENESS_DATABASE__URL": database_url,
                "LIKENESS_DATA_DIR": str(tmp_path / "data"),
                "LIKENESS_LOG__LEVEL": "error",
                "LIKENESS_TRAINING__MIN_PHOTOS": "2",
                "LIKENESS_TRAINING__MAX_PHOTOS": "7",
            }
        )
    )
    yield app
    app.database.close()
    structlog.reset_defaults()


@pytest.fixture
def chat(house: App) -> Chat:
    """Somebody whose portrait waits for photos."""
    chat = Chat(house.engine)
    chat.command("start")
    for label in ("🆕 Create avatar", "🎭 Portrait (recommended)", "Female"):
        chat.press(label)
    chat.say("Anna")
    chat.press("✅ I agree, and I am 18 or older")
    return chat


def send(house: App, chat: Chat, *photos: bytes) -> None:
    """Photos at once, judged by the worker, which clears the spool."""
    for data in photos:
        chat.do(Event(Kind.PHOTO, file={"spool": house.spool.put(data)}))
    worker = house.worker()
    for photo_id in house.verdicts.due(2e9, 100):
        worker.give("photo", photo_id)
    for avatar in Avatar.select().where(Avatar.compare_at.is_null(False)):
        worker.give("faces", str(avatar.id))
    house.engine.drain(chat.id)


def photos() -> list[AvatarPhoto]:
    return list(AvatarPhoto.select().order_by(AvatarPhoto.number))


def statuses() -> list[str]:
    return [photo.validation_status.value for photo in photos()]


def labels(chat: Chat) -> list[str]:
    return [offer.label for offer in chat.rendered.offers]


# one screen


def test_an_album_is_settled_on_one_screen_with_a_numbered_sheet(house: App, chat: Chat) -> None:
    send(house, chat, PERSON, NO_FACE, BLURRED, SMALL, PERSON, b"no picture", jpeg(far_away(0.3)))
    assert chat.state == "photo_validation_error"
    text = chat.rendered.text
    for line in (
        "✅ Accepted: 2 of 7 (no. 1, 7)",
        "❌ Photo 2: no face visible – send one where the face is clearly visible",
        "❌ Photo 3: too blurred – hold still and take it once more, in more light",
        "❌ Photo 4: smaller than 512×512 pixels – send the original file",
        "♻️ Photo 5: already here – no need to send it again",
        "❌ Photo 6: not a picture – send a photo in JPEG or PNG",
    ):
        assert line in text
    told = [(picture.label, picture.note) for picture in chat.rendered.pictures]
    assert told[:5] == [
        ("2 ❌", "no face visible"), ("3 ❌", "too blurred"),
        ("4 ❌", "smaller than 512×512 pixels"), ("5 ♻️", "already here"),
        ("6 ❌", "not a picture"),
    ]  # fmt: skip
    assert [label for label, _ in told[5:]] == ["1 ✅", "7 ✅"], "what is ordered, below"
    keys = [picture.key for picture in chat.rendered.pictures]
    first = AvatarPhoto.get(AvatarPhoto.number == 1)
    assert keys[3] == first.minio_key, "what is here already is shown by what is here"
    assert keys[4] == NO_PICTURE
    assert all(house.thumbnail(key) for key in keys)
    with Image.open(BytesIO(house.sheet(chat.rendered.pictures))) as sheet:
        assert min(sheet.size) > 600


def test_a_picture_that_the_store_has_no_hold_of_now_is_not_said_to_be_gone(
    house: App, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(house, chat, PERSON)
    photo = AvatarPhoto.get()

    def away(_key: str) -> bytes:
        raise StorageUnavailable("away")

    monkeypatch.setattr(house.store, "get", away)
    with pytest.raises(StorageUnavailable):
        house.thumbnail(str(photo.minio_key))
    with pytest.raises(StorageUnavailable):
        house.sent_picture(chat.id, photo.reference["spool"], 100)
    shown = drawn(house, (Picture(str(photo.minio_key)),))
    assert shown is None, "a message goes without it"


def test_on_a_channel_without_pictures_the_sheet_is_numbered_lines(house: App, chat: Chat) -> None:
    send(house, chat, PERSON, NO_FACE)
    text = chat.show(type(BUTTONS)(payload_bytes=200)).rendered.text
    assert "🖼 2 ❌" in text
    assert "🖼 1" not in text, "accepted ones are words alone"
    assert "❌ Photo 2: no face visible" in text


def test_advice_on_accepted_photos_is_told_and_does_not_stop_anybody(
    house: App, chat: Chat
) -> None:
    soft = photograph(ASTRONAUT).filter(ImageFilter.GaussianBlur(1))
    send(house, chat, jpeg(pair(0.4)), jpeg(far_away(0.07)), jpeg(soft))
    assert statuses() == ["valid"] * 3
    assert chat.state == "uploading_photos"
    for line in (
        "💡 Photo 1: several faces – one person alone in the picture works better",
        "💡 Photo 2: the face is small – come closer, or crop the picture around it",
        "💡 Photo 3: a little blurred – hold still, in more light",
    ):
        assert line in chat.rendered.text
    assert "🚀 Start training" in labels(chat)


def test_of_a_person_trained_as_a_style_a_missing_face_is_advice_and_of_a_style_it_is_nothing(
    house: App, chat: Chat
) -> None:
    Avatar.update(training_type=AvatarTrainingType.STYLE).execute()
    send(house, chat, NO_FACE)
    assert statuses() == ["valid"]
    wanted = "💡 Photo 1: no face found – add photos that show the face clearly"
    assert wanted in chat.rendered.text
    Avatar.update(avatar_type="style").execute()
    send(house, chat, enlarged(COFFEE))
    assert photos()[1].photo_metadata["advice"] == []
    assert "no face" not in chat.rendered.text.replace(wanted, "")


# overruling


def test_a_refusal_that_may_be_our_mistake_can_be_overruled(house: App, chat: Chat) -> None:
    send(house, chat, PERSON, NO_FACE, BLURRED, SMALL)
    assert [label for label in labels(chat) if "👌" in label] == [KEEP.format(2), KEEP.format(3)]
    chat.press(KEEP.format(2))
    assert chat.state == "photo_validation_error"
    assert "All right: photo 2 is accepted." in chat.rendered.text
    assert "✅ Accepted: 2 of 4 (no. 1, 2)" in chat.rendered.text
    kept = photos()[1]
    assert (kept.validation_status, kept.reason, kept.has_face) == (Status.VALID, "", False)
    assert kept.photo_metadata["overruled"] == "no_face"
    assert kept.photo_metadata["advice"][0] == "no_face"
    assert house.store.exists(str(kept.minio_key))
    chat.press(KEEP.format(3))
    assert photos()[2].photo_metadata["advice"][0] == "blurred"
    avatar = Avatar.get()
    assert (avatar.photos_count, avatar.status) == (3, AvatarStatus.READY)
    assert metrics.overruled(Scope(0.0, 4e9)).share == 1.0


def test_after_the_last_refusal_is_overruled_the_upload_goes_on(house: App, chat: Chat) -> None:
    send(house, chat, NO_FACE)
    chat.press(KEEP.format(1))
    assert chat.state == "uploading_photos"
    assert "Uploaded: 1/2 photos" in chat.rendered.text


def test_a_press_twice_accepts_once(house: App, chat: Chat) -> None:
    send(house, chat, NO_FACE, SMALL)
    token = chat.press(KEEP.format(1))
    chat.press_token(token)
    assert Avatar.get().photos_count == 1


def test_the_same_picture_refused_twice_counts_once(house: App, chat: Chat) -> None:
    send(house, chat, NO_FACE, jpeg(Image.open(BytesIO(NO_FACE)).resize((720, 512))))
    assert statuses() == ["invalid", "invalid"]
    chat.press(KEEP.format(1))
    chat.press(KEEP.format(2))
    assert statuses() == ["valid", "duplicate"]
    assert "Photo 2 is already here" in chat.rendered.text


def test_of_a_series_on_a_tripod_what_looks_the_same_is_taken_on_its_persons_word(
    house: App, chat: Chat
) -> None:
    frames = [jpeg(far_away(0.2), quality) for quality in (90, 80, 70)]
    send(house, chat, *frames)
    assert statuses() == ["valid", "duplicate", "duplicate"]
    assert "the same picture as another one" in chat.rendered.text
    chat.press(KEEP.format(2))
    chat.press(KEEP.format(3))
    assert statuses() == ["valid", "valid", "valid"]
    assert Avatar.get().photos_count == 3
    second = AvatarPhoto.get(number=2)
    assert house.store.exists(second.minio_key or "")
    assert second.photo_metadata["overruled"] == "repeated"
    assert "looks_alike" in second.photo_metadata["advice"]


def test_the_identical_file_stays_a_duplicate_that_no_word_makes_another_photo(
    house: App, chat: Chat
) -> None:
    send(house, chat, PERSON, PERSON, NO_FACE)
    assert statuses() == ["valid", "duplicate", "invalid"]
    assert "already here" in chat.rendered.text
    assert KEEP.format(2) not in labels(chat)


def test_a_refused_picture_that_has_been_cleared_away_is_asked_for_again(
    house: App, chat: Chat
) -> None:
    send(house, chat, NO_FACE, SMALL)
    token = chat.token(KEEP.format(1))
    AvatarPhoto.update(minio_key=None).execute()
    chat.press_token(token)
    assert statuses() == ["invalid", "invalid"]
    assert "That picture is not here any more. Please send it once more." in chat.rendered.text
    assert KEEP.format(1) not in labels(chat)


def test_no_refusal_is_overruled_beyond_what_fits(house: App, chat: Chat) -> None:
    send(house, chat, NO_FACE)
    token = chat.token(KEEP.format(1))
    good = (jpeg(selfie(0.6)), jpeg(selfie(0.6, 1.0)), PERSON)
    send(house, chat, *good, *(jpeg(far_away(share)) for share in (0.12, 0.2, 0.4, 0.5)))
    assert statuses().count("valid") == 7
    chat.press_token(token)
    assert statuses()[0] == "invalid"
    assert KEEP.format(1) not in labels(chat)


def test_what_was_overruled_stays_so_when_it_must_be_judged_again(house: App, chat: Chat) -> None:
    send(house, chat, NO_FACE)
    chat.press(KEEP.format(1))
    AvatarPhoto.update(
        validation_status=Status.PENDING,
        reference={"spool": house.spool.put(NO_FACE)},
        next_check_at=0,
    ).execute()
    house.verdicts.judge(str(photos()[0].id))
    kept = photos()[0]
    assert kept.validation_status is Status.VALID
    assert kept.photo_metadata["overruled"] == "no_face"


# another purpose


def change_type(chat: Chat, label: str) -> None:
    chat.press("◀️ Back")
    if chat.state == "uploading_photos":
        chat.press("◀️ Back")
    chat.press("🎓 Another training type")
    chat.press(label)
    assert chat.state == "avatar_details"


def test_photos_are_judged_anew_when_another_training_wants_a_face(house: App, chat: Chat) -> None:
    Avatar.update(training_type=AvatarTrainingType.STYLE).execute()
    send(house, chat, PERSON, NO_FACE)
    assert (statuses(), Avatar.get().photos_count) == (["valid", "valid"], 2)
    change_type(chat, "🎭 Portrait (recommended)")
    assert [(p.validation_status, p.reason) for p in photos()] == [
        (Status.VALID, ""),
        (Status.INVALID, "no_face"),
    ]
    assert "so 1 photo doesn’t count any more" in chat.rendered.text
    assert (Avatar.get().photos_count, Avatar.get().status) == (1, AvatarStatus.UPLOADING)


def test_what_no_portrait_wants_a_style_may_take(house: App, chat: Chat) -> None:
    send(house, chat, PERSON, NO_FACE)
    assert statuses() == ["valid", "invalid"]
    change_type(chat, "🎨 Artistic (versatile)")
    assert statuses() == ["valid", "valid"]
    assert photos()[1].photo_metadata["advice"] == ["no_face"]
    assert Avatar.get().photos_count == 2


# the set


def test_a_set_that_lacks_variety_is_told_so_before_it_is_trained_on_and_goes_on(
    house: App, chat: Chat
) -> None:
    Avatar.update(training_type=AvatarTrainingType.STYLE, avatar_type="style").execute()
    send(house, chat, enlarged(LEFT_EYE), enlarged(RIGHT_EYE), shifted(RIGHT_EYE), enlarged(ROCKET))
    assert statuses() == ["valid"] * 4
    chat.press("🚀 Start training")
    told = "💡 3 of 4 photos look alike (no. 1–3). The avatar gets better with other angles"
    assert told in chat.rendered.text
    assert chat.state == "confirming_photos"
    assert "🚀 Launch the training" in labels(chat)


def test_a_set_with_variety_is_told_nothing_and_launched_at_once(house: App, chat: Chat) -> None:
    send(house, chat, PERSON, jpeg(selfie(0.6)), jpeg(far_away(0.3)))
    assert "look alike" not in chat.rendered.text
    chat.press("🚀 Start training")
    assert chat.state == "training_in_progress"


def shifted(name: str) -> bytes:
    """One more frame of the scene, from a step aside."""
    picture: Any = photograph(name)
    part = picture.crop((picture.width // 20, 0, picture.width, picture.height))
    return jpeg(part.resize((part.width * 2, part.height * 2), Image.Resampling.BICUBIC))
