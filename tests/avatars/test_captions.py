"""Photos with words beside them, and messages that their person has changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from core.app.bootstrap import App
from core.avatars.models import Avatar, AvatarPhoto
from core.avatars.photos.held import HeldPhoto
from tests.avatars.test_limits import wired
from tests.conversation.chat import Chat

WAY = ("🆕 Create avatar", "🎭 Portrait (recommended)", "Female")
AGREE = "✅ I agree, and I’m 18 or older"


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path) -> Iterator[App]:
    app = wired((sqlite_url, str(tmp_path / "data")))
    yield app
    app.close()
    structlog.reset_defaults()


@pytest.fixture
def chat(house: App) -> Chat:
    """A person who is asked for a name."""
    chat = Chat(house.engine)
    chat.command("start")
    for label in WAY:
        chat.press(label)
    return chat


def agree(chat: Chat) -> None:
    chat.press(next(o.label for o in chat.rendered.offers if o.label.startswith("✅")))


def test_a_caption_names_the_avatar_and_its_photo_is_not_lost(chat: Chat) -> None:
    chat.photo("a", "Anna")
    assert (chat.state, Avatar.get().name) == ("consent", "Anna")
    assert "put aside" in chat.screen.hint
    agree(chat)
    assert chat.state == "uploading_photos"
    assert [photo.reference["key"] for photo in AvatarPhoto.select()] == ["a"]


def test_a_caption_gives_a_new_name_where_one_is_changed(chat: Chat) -> None:
    chat.say("Ana", "/cancel")
    chat.press("📁 My avatars (1)")
    chat.press(chat.rendered.offers[0].label)
    chat.press("✏️ Edit")
    chat.photo("a", "Anna")
    assert (chat.state, Avatar.get().name) == ("avatar_details", "Anna")
    assert "put aside" in chat.screen.hint, "the photo is not passed over in silence"


@pytest.mark.parametrize(
    "caption",
    ["/cancel", " /Cancel", "/cancel\nplease", "/cancel@likeness_bot", "Cancel", "отмена"],
)
def test_cancel_under_a_photo_cancels_and_the_photo_is_kept(chat: Chat, caption: str) -> None:
    chat.say("Anna")
    agree(chat)
    chat.photo("a", caption)
    assert chat.state == "avatar_menu"
    assert AvatarPhoto.select().count() == 1


def test_help_under_a_photo_shows_the_help_and_says_what_became_of_the_photo(chat: Chat) -> None:
    chat.command("start")
    chat.photo("a", "/help")
    assert chat.state == "help"
    assert "put aside" in chat.screen.hint
    assert HeldPhoto.select().count() == 1


def test_a_name_that_is_edited_afterwards_is_corrected(chat: Chat) -> None:
    chat.write("Ana", "7")
    chat.write("Anna", "7", edited=True)
    assert (chat.state, Avatar.get().name) == ("consent", "Anna")
    assert chat.screen.hint == "✏️ The avatar is called “Anna” now."
    agree(chat)
    chat.write("Anna Maria", "7", edited=True)
    assert (chat.state, Avatar.get().name) == ("uploading_photos", "Anna Maria")


def test_a_name_that_was_refused_may_be_edited_until_it_is_one(chat: Chat) -> None:
    chat.write("🙂", "7")
    chat.write("Anna", "7", edited=True)
    assert (chat.state, Avatar.get().name) == ("consent", "Anna")


def test_an_edit_that_is_no_name_leaves_the_name_and_says_why(chat: Chat) -> None:
    chat.write("Anna", "7")
    chat.write("🙂", "7", edited=True)
    assert (chat.state, Avatar.get().name) == ("consent", "Anna")
    assert "ordinary letters" in chat.screen.hint


def test_an_edit_renames_the_avatar_that_it_had_named_whatever_was_said_since(chat: Chat) -> None:
    chat.write("Ana", "7")
    chat.write("ok thanks", "8")
    chat.write("Anna", "7", edited=True)
    assert Avatar.get().name == "Anna"
    agree(chat)
    chat.say("/menu")
    for label in (WAY[0], "🆕 Start a new one anyway", *WAY[1:]):
        chat.press(label)
    chat.write("🙂", "9")
    chat.write("Berta", "10")
    chat.write("Clara", "9", edited=True)
    chat.write("Anna Maria", "7", edited=True)
    assert sorted(avatar.name for avatar in Avatar.select()) == ["Anna Maria", "Berta"]


def test_of_an_edit_that_changes_nothing_any_more_it_is_said(chat: Chat) -> None:
    chat.write("Ana", "7")
    chat.write("what now?", "8")
    agree(chat)
    chat.write("what next?", "8", edited=True)
    assert "You changed a message that has been answered" in chat.screen.hint
    Avatar.delete().execute()
    chat.write("Anna", "7", edited=True)
    assert "doesn’t exist any more" in chat.screen.hint


def test_a_photo_that_is_replaced_by_an_edit_is_replaced_in_the_avatar(chat: Chat) -> None:
    chat.say("Anna")
    agree(chat)
    chat.photo("a", message="8")
    chat.photo("b", message="8", edited=True)
    there = AvatarPhoto.select().where(AvatarPhoto.removed_at.is_null())
    assert [photo.reference["key"] for photo in there] == ["b"]


def test_a_held_photo_that_is_replaced_by_an_edit_is_held_once(chat: Chat) -> None:
    chat.photo("a", message="8")
    chat.photo("b", message="8", edited=True)
    assert [photo.reference["key"] for photo in HeldPhoto.select()] == ["b"]


def test_a_message_that_is_edited_without_its_photo_brings_no_second_one(chat: Chat) -> None:
    chat.photo("a", "Ana", message="8")
    chat.photo("a", "Anna", message="8", edited=True)
    assert Avatar.get().name == "Anna"
    assert HeldPhoto.select().count() == 1
