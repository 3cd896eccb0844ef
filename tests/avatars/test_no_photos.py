"""What is certain to be no photo is said to be none at once; what is put aside is named truly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from core.app.bootstrap import App
from core.avatars.disposal import DoomedFile
from core.avatars.models import AvatarPhoto
from core.avatars.photos.declared import Declared, declared
from core.avatars.photos.held import HeldPhoto
from tests.avatars.photo_house import (
    collecting,
    describe_held,
    good,
    judge,
    labels,
    opened,
    send,
    send_file,
    statuses,
)
from tests.conversation.chat import Chat, Clock

PDF = {"name": "CV.pdf", "mime": "application/pdf"}
GIF = {"name": "cat.gif", "mime": "image/gif"}
ONE = "📄 That file is not a photo, so it is left out."


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path) -> Iterator[App]:
    app = opened(sqlite_url, tmp_path / "data")
    yield app
    app.close()
    structlog.reset_defaults()


@pytest.fixture
def chat(house: App) -> Chat:
    """Somebody new."""
    chat = Chat(house.engine)
    chat.command("start")
    return chat


@pytest.mark.parametrize(
    ("reference", "wanted"),
    [
        (PDF, Declared.OTHER),
        ({"name": "CV.pdf"}, Declared.OTHER),
        ({"mime": "video/mp4"}, Declared.OTHER),
        ({"name": "clip.MOV", "mime": ""}, Declared.OTHER),
        ({"mime": "text/plain; charset=utf-8", "name": "notes"}, Declared.OTHER),
        (GIF, Declared.FILE),
        ({"name": "logo.svg", "mime": "image/svg+xml"}, Declared.FILE),
        ({"name": "document"}, Declared.FILE),
        ({"mime": "application/octet-stream"}, Declared.FILE),
        ({"name": "photo.jpg", "mime": "application/pdf"}, Declared.FILE),
        ({"name": "IMG_1.HEIC", "mime": "application/octet-stream"}, Declared.PICTURE),
        ({"name": "IMG_1.JPG"}, Declared.PICTURE),
        ({"mime": "image/heif"}, Declared.PICTURE),
        ({"mime": "IMAGE/JPEG", "name": "x"}, Declared.PICTURE),
    ],
)
def test_a_file_is_called_what_its_type_and_name_agree_on(
    reference: dict[str, str], wanted: Declared
) -> None:
    assert declared(reference, photo=False) is wanted


def test_what_was_sent_as_a_photo_is_one_unless_its_name_says_otherwise() -> None:
    assert declared({}, photo=True) is Declared.PICTURE
    assert declared(GIF, photo=True) is Declared.FILE


def test_a_pdf_before_there_is_an_avatar_is_no_photo(house: App, chat: Chat) -> None:
    send_file(house, chat, b"%PDF", **PDF)
    assert ONE in chat.rendered.text
    assert "You sent" not in chat.rendered.text
    assert HeldPhoto.select().count() == 0
    assert DoomedFile.select().count() == 1, "its bytes are not kept either"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ([GIF], "📎 You sent 1 file."),
        ([{"name": "IMG_1.HEIC"}], "📎 You sent 1 photo."),
        ([GIF, {"name": "document"}], "📎 You sent 2 files."),
        ([GIF, {"name": "me.jpg"}], "📎 You sent 2 photos and files."),
    ],
)
def test_what_is_put_aside_is_called_what_it_is(
    house: App, chat: Chat, files: list[dict[str, Any]], told: str
) -> None:
    chat.command("help")
    for file in files:
        send_file(house, chat, b"who knows", **file)
    assert told in chat.rendered.text


def test_beside_photos_what_is_none_is_told_for_the_whole_series(house: App, chat: Chat) -> None:
    chat.command("help")
    send_file(house, chat, b"%PDF", **PDF)
    send(house, chat, good(1))
    send_file(house, chat, b"%PDF", **PDF)
    send(house, chat, good(2))
    for told in ("📄 2 files are not photos, so they are left out.", "📎 You sent 2 photos."):
        assert told in chat.rendered.text
    assert "🆕 Create an avatar from them" in labels(chat)


def test_a_file_after_photos_leaves_the_question_open(house: App, chat: Chat) -> None:
    chat.command("help")
    send(house, chat, good(1))
    send_file(house, chat, b"%PDF", **PDF)
    assert ONE in chat.rendered.text
    chat.press("🆕 Create an avatar from it")
    describe_held(chat)
    judge(house, chat)
    assert statuses() == {1: "valid"}


def test_it_is_not_told_again_with_the_next_series(
    house: App, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(2e9)
    monkeypatch.setattr(house.engine, "clock", clock)
    send_file(house, chat, b"%PDF", **PDF)
    clock.forward(11)
    send(house, chat, good(1))
    assert "not a photo" not in chat.rendered.text


@pytest.mark.parametrize("place", ["entering_name", "help", "main_menu"])
def test_it_is_said_wherever_it_comes(house: App, chat: Chat, place: str) -> None:
    if place == "entering_name":
        for label in (
            "🆕 Create avatar", "🎭 Portrait (recommended)", "Female",
        ):  # fmt: skip
            chat.press(label)
    else:
        chat.say({"help": "/help", "main_menu": "/menu"}[place])
    send_file(house, chat, b"%PDF", **PDF)
    assert chat.state == place
    assert ONE in chat.rendered.text
    assert HeldPhoto.select().count() == 0


def test_among_photos_that_are_collected_it_is_refused_by_its_number_and_not_fetched(
    house: App,
) -> None:
    chat = collecting(house)
    send_file(house, chat, b"%PDF", **PDF)
    assert chat.state == "photo_validation_error"
    assert "❌ Photo 1: not a picture" in chat.rendered.text
    assert AvatarPhoto.get().attempts == 0
    send(house, chat, good(1))
    send_file(house, chat, b"%PDF", **PDF)
    judge(house, chat)
    assert statuses() == {1: "not_a_picture", 2: "valid", 3: "not_a_picture"}


def test_a_file_that_may_be_a_photo_is_looked_at(house: App, chat: Chat) -> None:
    send_file(house, chat, good(1), name="document")
    send_file(house, chat, b"GIF89a", **GIF)
    assert "📎 2 files are put aside" in chat.rendered.text
    describe_held(chat)
    judge(house, chat)
    assert statuses()[1] == "valid"
    assert "❌ Photo 2" in chat.rendered.text


def test_what_was_told_is_not_counted_again_after_something_else_was_done(
    house: App, chat: Chat
) -> None:
    send_file(house, chat, b"%PDF", **PDF)
    chat.show()
    chat.say("/help")
    send_file(house, chat, b"%PDF", **PDF)
    assert ONE in chat.rendered.text


def test_what_nobody_has_seen_yet_is_counted_though_its_person_went_on(
    house: App, chat: Chat
) -> None:
    send_file(house, chat, b"%PDF", **PDF)
    chat.say("/help")
    send_file(house, chat, b"%PDF", **PDF)
    assert "2 files are not photos" in chat.rendered.text
