"""Photos come first: a portrait is begun of them, and gender and name are one question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from core.app.bootstrap import App
from core.avatars.models import Avatar, AvatarPhoto, Consent
from core.avatars.photos.held import HeldPhoto
from core.avatars.queries import CONSENT_VERSION
from core.avatars.screens import SCREENS
from core.conversation.messages import Event, Kind
from tests import makers
from tests.avatar_facts import facts, labels, triggers
from tests.avatars.photo_house import good, judge, opened, send
from tests.conversation.chat import Chat

AGREE = "✅ I agree, and I am 18 or older"
ARTISTIC = "🎨 Artistic instead"


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path) -> Iterator[App]:
    app = opened(sqlite_url, tmp_path / "data")
    yield app
    app.close()
    structlog.reset_defaults()


@pytest.fixture
def chat(house: App) -> Chat:
    """Somebody who has sent photos before anything else, and has no name that we know."""
    return came(house, "")


def came(house: App, name: str) -> Chat:
    chat = Chat(house.engine, name or "🎭")
    send(house, chat, *map(good, range(3)))
    return chat


def kept() -> tuple[Any, ...]:
    found = Avatar.get()
    return found.name, found.training_type.value, found.gender and found.gender.value


def test_photos_of_a_newcomer_lead_to_the_consent_and_none_is_fetched(chat: Chat) -> None:
    assert chat.state == "consent"
    assert "📎 3 photos are put aside" in chat.screen.hint
    assert (HeldPhoto.select().count(), AvatarPhoto.select().count()) == (3, 0)


def test_four_actions_lead_to_the_training_where_the_own_name_can_be_the_avatars(
    house: App,
) -> None:
    chat = came(house, "Мария")
    chat.press(AGREE)
    assert "It will be called “Мария”" in chat.rendered.text
    assert "Type: 🎭 portrait" in chat.rendered.text
    chat.press("Female")
    assert (chat.state, kept()) == ("uploading_photos", ("Мария", "portrait", "female"))
    assert HeldPhoto.select().count() == 0
    judge(house, chat)
    chat.press("🚀 Start training")
    assert chat.state == "training_in_progress"


def test_a_name_that_is_typed_beside_the_gender_counts(house: App) -> None:
    chat = came(house, "Мария")
    chat.press(AGREE)
    chat.say("Anna")
    assert chat.state == "selecting_gender"
    assert "It will be called “Anna”" in chat.rendered.text
    chat.say("Bettina")
    chat.press("Female")
    assert (chat.state, kept()) == ("uploading_photos", ("Bettina", "portrait", "female"))


@pytest.mark.parametrize("typed", ["🙂", "/nonsense", "x" * 41])
def test_what_can_be_no_name_is_none(chat: Chat, typed: str) -> None:
    chat.press(AGREE)
    chat.say(typed)
    assert (chat.state, kept()[0]) == ("selecting_gender", "")
    assert "called" not in chat.rendered.text


def test_where_no_name_is_known_it_is_asked_after_the_gender(house: App, chat: Chat) -> None:
    chat.press(AGREE)
    assert "called" not in chat.rendered.text
    chat.press("Female")
    assert chat.state == "entering_name"
    chat.say("Anna")
    assert (chat.state, HeldPhoto.select().count()) == ("uploading_photos", 0)


def test_the_artistic_type_is_a_press_away(chat: Chat) -> None:
    chat.press(AGREE)
    chat.press(ARTISTIC)
    assert chat.state == "selecting_training_type"
    chat.press("🎨 Artistic (versatile)")
    chat.press("🖌 Style")
    chat.say("Watercolour")
    assert (chat.state, kept()) == ("uploading_photos", ("Watercolour", "style", "other"))
    assert AvatarPhoto.select().count() == 3


def test_a_gender_is_never_chosen_for_anybody(chat: Chat) -> None:
    chat.press(AGREE)
    assert Avatar.get().gender is None


def test_who_does_not_agree_leaves_nothing_behind(chat: Chat) -> None:
    chat.press("I don’t agree")
    assert chat.state == "avatar_menu"
    assert (HeldPhoto.select().count(), Consent.select().count()) == (0, 0)


def test_who_leaves_goes_on_and_the_photos_are_taken_in(house: App, chat: Chat) -> None:
    chat.say("/menu")
    chat.press("▶️ Continue creating")
    for label in ("Female",):
        chat.press(label)
    chat.say("Anna")
    chat.press(AGREE)
    assert (chat.state, HeldPhoto.select().count()) == ("uploading_photos", 0)


def test_whoever_has_avatars_is_asked_first(house: App) -> None:
    chat = Chat(house.engine, "Мария")
    chat.command("start")
    makers.avatar(chat.row, photos=0, name="Берта", status="completed", gender="female")
    send(house, chat, good(1))
    assert chat.state == "main_menu"
    assert Avatar.select().count() == 1, "nothing is begun unasked"
    chat.press("🆕 Create an avatar from it")
    assert chat.state == "consent"
    chat.press(AGREE)
    chat.press("Female")
    assert (chat.state, HeldPhoto.select().count()) == ("uploading_photos", 0)


def test_whoever_has_agreed_before_is_asked_for_the_gender_at_once(house: App) -> None:
    chat = Chat(house.engine, "Мария")
    chat.command("start")
    Consent.create(user=chat.row.user_id, version=CONSENT_VERSION, given_at=0)
    send(house, chat, good(1), good(2))
    assert chat.state == "selecting_gender"
    chat.press("Female")
    assert AvatarPhoto.select().count() == 2


def test_a_message_whose_photo_is_replaced_begins_nothing_twice(house: App) -> None:
    chat = Chat(house.engine, "Мария")
    for n, edited in ((1, False), (2, True)):
        file = {"spool": house.spool.put(good(n)), "unique_id": str(n)}
        chat.do(Event(Kind.PHOTO, file=file, message="7", edited=edited))
    assert (Avatar.select().count(), HeldPhoto.select().count()) == (1, 1)


def test_the_specified_way_asks_for_the_gender_alone() -> None:
    screen = SCREENS["selecting_gender"](facts("en", person_name="Мария", avatar={"name": ""}))
    assert triggers(screen) == [*["choose_gender"] * 3, "back"]
    assert "called" not in screen.text


def test_who_has_chosen_the_artistic_type_is_not_offered_it_instead() -> None:
    chosen = facts("en", held=2, avatar={"name": "", "status": "draft", "training_type": "style"})
    assert ARTISTIC not in labels(SCREENS["selecting_gender"](chosen))
