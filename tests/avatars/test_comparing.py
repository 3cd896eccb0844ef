"""Whether a set shows one person is found out beside the dialogue, and said before it is paid."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from PIL import Image, ImageOps

from core.app.bootstrap import App, bootstrap
from core.avatars.models import Avatar, AvatarPhoto, Consent
from core.avatars.photos.comparing import Comparing
from core.avatars.photos.counting import recount
from core.base.errors import StorageUnavailable
from core.base.settings import Settings
from core.conversation.messages import Event, Kind, Motion
from core.services.likeness import FaceTools
from tests.conversation.chat import Chat
from tests.photographs import ASTRONAUT, COFFEE, far_away, jpeg, lit, photograph, selfie

ONE = (
    jpeg(photograph(ASTRONAUT)), jpeg(selfie(0.6)), jpeg(selfie(0.8, 0.75)), jpeg(far_away(0.25)),
)  # fmt: skip


def other(picture: Image.Image) -> bytes:
    """A face that is another to the network, as a statue's would be: the negative."""
    return jpeg(ImageOps.invert(picture))


ANOTHER = other(photograph(ASTRONAUT)), other(lit(selfie(0.6), 0.9))
TOOLS = FaceTools()


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[App]:
    app = bootstrap(
        Settings.load(
            environ={
                "LIKENESS_DATABASE__URL": database_url,
                "LIKENESS_DATA_DIR": str(tmp_path / "data"),
                "LIKENESS_LOG__LEVEL": "error",
                "LIKENESS_TRAINING__MIN_PHOTOS": "2",
                "LIKENESS_TRAINING__MAX_PHOTOS": "9",
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
    for data in photos:
        chat.do(Event(Kind.PHOTO, file={"spool": house.spool.put(data)}))
    worker = house.worker()
    for photo_id in house.verdicts.due(2e9, 100):
        worker.give("photo", photo_id)
    AvatarPhoto.update(validation_status="valid", reason="").execute()  # its person says so
    recount(Avatar.get().id, house.settings)
    house.engine.drain(chat.id)


def comparing(house: App) -> Comparing:
    return Comparing(house.store, house.inbox, TOOLS)


def compare(house: App, chat: Chat) -> None:
    found = comparing(house)
    for avatar_id in found.due(9):
        assert found.compare(avatar_id) == chat.id
    house.engine.drain(chat.id)


def look(chat: Chat) -> str:
    """The last look before the price."""
    chat.press("🚀 Start training")
    assert chat.state == "confirming_photos"
    text: str = chat.rendered.text
    return text


def kept() -> dict[str, Any]:
    found: dict[str, Any] = Avatar.get().avatar_data["people"]
    return found


def test_two_people_in_one_set_are_said_before_money_is_spent(house: App, chat: Chat) -> None:
    send(house, chat, *ONE, *ANOTHER)
    compare(house, chat)
    said = "These photos seem to show different people: no. 1–4; no. 5, 6."
    assert said in look(chat)
    assert chat.token("🚀 Launch the training"), "it is advice and refuses nothing"


def test_one_photo_that_is_like_no_other_is_named(house: App, chat: Chat) -> None:
    send(house, chat, *ONE[:2], ANOTHER[0], *ONE[2:])
    compare(house, chat)
    assert "👤 Photo 3 doesn’t look like the others" in look(chat)


def test_that_no_two_photos_show_one_person_is_said(house: App, chat: Chat) -> None:
    send(house, chat, ONE[0], ANOTHER[0])
    compare(house, chat)
    said = "👥 Each of these photos seems to show a different person: no. 1, 2."
    assert said in look(chat)
    assert chat.token("🚀 Launch the training"), "it is advice and refuses nothing"


def test_of_one_person_nothing_is_said_and_the_order_is_launched_where_it_stands(
    house: App, chat: Chat
) -> None:
    send(house, chat, *ONE)
    compare(house, chat)
    text = chat.show().rendered.text
    assert "👥" not in text
    assert "👤" not in text
    assert "Usual time: " in text
    assert len(kept()["groups"]) == 1
    chat.press("🚀 Start training")
    assert chat.state == "training_in_progress"


def test_a_photo_without_a_face_is_in_no_group(house: App, chat: Chat) -> None:
    send(house, chat, *ONE[:2], jpeg(photograph(COFFEE)))
    compare(house, chat)
    assert [len(group) for group in kept()["groups"]] == [2]


def test_nothing_is_kept_of_a_face_but_whom_it_belongs_to(house: App, chat: Chat) -> None:
    send(house, chat, *ONE, ANOTHER[0])
    compare(house, chat)
    assert kept().keys() == {"photos", "groups"}
    ids = {photo.id.hex for photo in AvatarPhoto.select()}
    assert {name for group in kept()["groups"] for name in group} == ids


def test_a_photo_that_is_taken_out_is_not_spoken_of_and_the_rest_is_compared_anew(
    house: App, chat: Chat
) -> None:
    send(house, chat, *ONE[:3], ANOTHER[0])
    compare(house, chat)
    chat.press("🖼️ View (4)")
    chat.press("🗑 4")
    chat.press("🚀 Start training")
    assert "look like the others" not in chat.rendered.text
    assert comparing(house).due(9)


def labels(chat: Chat) -> list[str]:
    return [offer.label for offer in chat.rendered.offers]


def test_while_a_worker_compares_the_launch_waits_and_says_so(house: App, chat: Chat) -> None:
    send(house, chat, *ONE, *ANOTHER)
    found = comparing(house)
    for _ in ("it is due", "it is claimed"):
        text = chat.show().rendered.text
        assert "Comparing the faces" in text
        assert "🚀 Start training" not in labels(chat)
        assert chat.screen.motion is Motion.SETTLING
        claimed = found.due(9)
    assert claimed == []
    (avatar_id,) = (str(avatar.id) for avatar in Avatar.select())
    found.compare(avatar_id)
    house.engine.drain(chat.id)
    assert "Comparing the faces" not in chat.show().rendered.text
    assert "different people" in look(chat)
    assert "🚀 Launch the training" in labels(chat)


def test_who_looks_before_the_faces_are_compared_launches_once_they_are(
    house: App, chat: Chat
) -> None:
    send(house, chat, *ONE)
    chat.press("🖼️ View (4)")
    chat.press("🚀 Start training")
    assert "Comparing the faces" in chat.rendered.text
    assert "🚀 Launch the training" not in labels(chat)
    compare(house, chat)
    chat.show()
    chat.press("🚀 Launch the training")
    assert chat.state == "training_in_progress"


def test_a_set_that_changed_meanwhile_is_compared_once_more(house: App, chat: Chat) -> None:
    send(house, chat, *ONE[:2])
    found = comparing(house)
    (avatar_id,) = found.due(9)
    seen = found._vectors

    def slowly(photos: list[AvatarPhoto]) -> Any:
        send(house, chat, ONE[2])
        return seen(photos)

    found._vectors = slowly  # type: ignore[method-assign]
    assert found.compare(avatar_id) is None
    assert "people" not in Avatar.get().avatar_data
    compare(house, chat)
    assert [len(group) for group in kept()["groups"]] == [3]


def test_where_the_store_is_away_it_is_said_that_nothing_is_known(
    house: App, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(house, chat, *ONE[:2])
    found = comparing(house)

    def away(_key: str) -> bytes:
        raise StorageUnavailable("no disk")

    monkeypatch.setattr(house.store, "get", away)
    found.compare(*found.due(9))
    monkeypatch.undo()
    house.engine.drain(chat.id)
    assert "could not be compared" in look(chat)


def test_the_worker_compares_by_itself(house: App, chat: Chat) -> None:
    send(house, chat, *ONE[:2], ANOTHER[0])
    worker, end = house.worker(), time.monotonic() + 100
    worker.start()
    try:
        while "people" not in Avatar.get().avatar_data:
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        worker.stop()
    assert Avatar.get().compare_at is None
    assert "👤 Photo 3" in look(chat)


def test_where_it_is_not_wanted_nothing_is_compared(house: App, chat: Chat) -> None:
    photos = house.settings.photos.model_copy(update={"compare_faces": False})
    send(house, chat, *ONE[:2])
    recount(Avatar.get().id, house.settings.model_copy(update={"photos": photos}))
    assert comparing(house).due(9) == []


def test_an_erased_avatar_is_compared_with_nothing(house: App, chat: Chat) -> None:
    send(house, chat, *ONE[:2])
    found = comparing(house)
    (avatar_id,) = found.due(9)
    AvatarPhoto.delete().execute()
    Avatar.delete().execute()
    assert found.compare(avatar_id) is None
    assert Consent.select().exists()
