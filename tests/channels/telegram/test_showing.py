"""What a person sees of the bot, over a real socket."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from core.base.db import transaction
from core.conversation.delivery.screens import SEARCHED, searched
from core.conversation.models import Conversation
from tests.channels.telegram.feedback import House
from tests.fakes.telegram import FakeTelegram, Person
from tests.patience import LONG

pytestmark = pytest.mark.usefixtures("bot")


def begun(person: Person) -> Person:
    person.say("/start")
    person.wait_for(lambda message: message.labels == ["Begin"], timeout=60, new=True)
    return person


def until(holds: Callable[[], bool]) -> None:
    """Wait for what the database says; the fake's own waiting is for what it sees."""
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)


def all_shown(revision: int = 1) -> bool:
    found = Conversation.get()
    return bool(found.shown_revision == found.revision >= revision)


def signal(house: House, argument: str) -> None:
    with transaction():
        house.inbox.signal(Conversation.get().id, "ping", argument, f"ping-{argument}")


def buttons(person: Person) -> list[list[str]]:
    """The labels below each of the bot's messages, oldest first."""
    return [message.labels for message in person.chat if message.from_bot]


def test_the_first_screen_has_a_bold_title_and_buttons(anna: Person) -> None:
    shown = begun(anna).last
    assert shown.text == "Hello 👋 Anna\n\ntexts: 0"
    assert shown.labels == ["Begin"]
    (title,) = [entity for entity in shown.entities if entity["type"] == "bold"]
    assert (title["offset"], title["length"]) == (0, len("Hello 👋 Anna") + 1)


def test_a_person_is_answered_in_the_language_of_their_client(tg: FakeTelegram) -> None:
    vera = tg.person(id=2, first_name="Вера", last_name="Ли", language_code="ru-RU")
    assert begun(vera).last.text.startswith("Привет 👋 Вера Ли")


def test_a_press_edits_the_message_where_it_stands(tg: FakeTelegram, anna: Person) -> None:
    first = begun(anna).last
    anna.press("Begin")
    shown = anna.wait_for("How was it?")
    assert shown.id == first.id
    assert shown.buttons[0][0].label == "1"
    tg.wait_until(lambda: not tg.unanswered)


def test_a_typed_text_brings_a_new_message_and_the_old_one_loses_its_buttons(
    tg: FakeTelegram, anna: Person
) -> None:
    begun(anna)
    anna.press("Begin")
    anna.wait_for("How was it?")
    anna.say("2")
    shown = anna.wait_for("2 stars")
    assert shown.id == anna.chat[-1].id
    tg.wait_until(lambda: buttons(anna) == [[], ["Again"]])


def test_buttons_that_could_not_be_removed_do_not_wait_for_another_screen(
    tg: FakeTelegram, anna: Person
) -> None:
    begun(anna)
    tg.fault("editMessageReplyMarkup", drop="before")
    anna.say("x")
    anna.wait_for("texts: 1")
    tg.wait_until(lambda: buttons(anna) == [[], ["Begin"]])


def test_a_double_press_acts_once_and_both_are_answered(tg: FakeTelegram, anna: Person) -> None:
    begun(anna)
    anna.press("Begin")
    anna.wait_for("How was it?")
    pressed = anna.last.buttons[0][1]
    anna.press(pressed)
    anna.press(pressed)
    anna.wait_for("2 stars")
    tg.wait_until(lambda: not tg.unanswered)
    time.sleep(0.3)
    assert anna.last.text == "2 stars. Why?"
    assert len(tg.answers) == 3


def test_an_old_button_says_that_it_is_old(tg: FakeTelegram, anna: Person) -> None:
    begun(anna)
    old = anna.last.buttons[0][0]
    anna.press(old)
    rate = anna.wait_for("How was it?").buttons[0][0]
    anna.press(rate)
    anna.wait_for("1 stars")
    anna.press(old)
    anna.wait_for("stale")
    tg.wait_until(lambda: not tg.unanswered)


def test_a_press_whose_answer_is_cut_off_is_answered_again(tg: FakeTelegram, anna: Person) -> None:
    begun(anna)
    tg.fault("answerCallbackQuery", drop="before")
    anna.press("Begin")
    anna.wait_for("How was it?")
    tg.wait_until(lambda: not tg.unanswered)


def test_a_press_too_old_to_be_answered_counts_all_the_same(tg: FakeTelegram, anna: Person) -> None:
    begun(anna)
    tg.callback_seconds = 0
    anna.press("Begin")
    anna.wait_for("How was it?")
    tg.wait_until(lambda: bool(tg.called("answerCallbackQuery")))


def test_a_limit_for_one_chat_delays_no_other(tg: FakeTelegram, anna: Person) -> None:
    boris = begun(tg.person(id=2, first_name="Boris"))
    begun(anna)
    tg.fault("editMessageText", code=429, retry_after=4, chat=1)
    anna.press("Begin")
    tg.wait_until(lambda: bool(tg.called("editMessageText", chat=1)))
    boris.press("Begin")
    boris.wait_for("How was it?")
    anna.wait_for("How was it?")
    limited, again = tg.called("editMessageText", chat=1)
    (other,) = tg.called("editMessageText", chat=2)
    assert again.time - limited.time >= 3.9
    assert other.time - limited.time < again.time - limited.time


def test_a_deleted_message_is_replaced_by_a_new_one(anna: Person) -> None:
    shown = begun(anna).last
    button = shown.buttons[0][0]
    anna.press(button)
    anna.delete_message(shown.id)
    again = anna.wait_for("How was it?")
    assert again.id != shown.id


def test_whoever_blocks_the_bot_is_left_alone_until_they_write(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    begun(anna)
    anna.block()
    until(lambda: Conversation.get().unreachable)
    signal(house, "1")
    signal(house, "2")
    time.sleep(0.5)
    assert len(tg.called("sendMessage")) == 1
    anna.unblock()
    anna.say("/start")
    anna.wait_for("Pong 1")
    anna.wait_for("Pong 2")
    anna.wait_for("Hello", new=True)
    assert not Conversation.get().unreachable


def test_a_message_that_already_reads_so_counts_as_shown(tg: FakeTelegram, anna: Person) -> None:
    begun(anna)
    words = "Bad Request: message is not modified: specified new message content is the same"
    tg.fault("editMessageText", code=400, description=words)
    anna.press("Begin")
    until(lambda: all_shown(revision=2))
    assert len(tg.called("editMessageText")) == 1


@pytest.mark.parametrize("drop", ["before", "after"])
def test_an_edit_whose_connection_breaks_is_made_again(
    tg: FakeTelegram, anna: Person, drop: str
) -> None:
    begun(anna)
    tg.fault("editMessageText", drop=drop)  # type: ignore[arg-type]  # both are allowed
    anna.press("Begin")
    anna.wait_for("How was it?")
    until(all_shown)
    assert len(anna.chat) == 2


def test_a_screen_that_may_have_arrived_comes_twice_rather_than_never(
    tg: FakeTelegram, anna: Person
) -> None:
    tg.fault("sendMessage", drop="after")
    anna.say("/start")
    tg.wait_until(lambda: len(buttons(anna)) == 2)
    until(all_shown)


def test_telegrams_own_trouble_only_delays_a_screen(tg: FakeTelegram, anna: Person) -> None:
    tg.fault("sendMessage", code=502)
    anna.say("/start")
    anna.wait_for("Hello")


def test_a_notice_is_a_message_of_its_own_and_the_screen_moves_below_it(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    begun(anna)
    signal(house, "1")
    notice = anna.wait_for("Pong 1")
    assert notice.labels == ["Begin"]
    anna.press("Begin", message_id=notice.id)
    shown = anna.wait_for("How was it?")
    assert shown.id > notice.id


def test_a_notice_that_may_have_arrived_is_never_repeated(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    begun(anna)
    tg.fault("sendMessage", drop="after", times=None)
    signal(house, "1")
    anna.wait_for("Pong 1")
    time.sleep(0.5)
    tg.heal()
    signal(house, "2")
    anna.wait_for("Pong 2")
    assert [message.text for message in anna.chat].count("Pong 1") == 1


def test_an_album_whose_photos_trickle_in_is_one_message_edited_as_they_come(
    tg: FakeTelegram, anna: Person
) -> None:
    begun(anna)
    anna.send_album([bytes([n]) * 50 for n in range(10)], pause=0.15)
    shown = anna.wait_for("10 photos")
    assert [m.text for m in anna.chat if "photos" in m.text] == ["10 photos"]
    assert shown.edits
    assert len(shown.history) < 10
    tg.wait_until(lambda: buttons(anna) == [[], ["Begin"]])
    assert tg.called("sendChatAction")
    assert [call for call in tg.called("editMessageText") if call.params["text"] == "10 photos"]


# What would soon be untrue


def counted(anna: Person) -> None:
    """To a screen whose words change by themselves, and on with a text."""
    begun(anna)
    anna.send_photo(b"photo")
    anna.wait_for("1 photos")
    anna.say("hm")


def test_a_message_whose_words_move_on_does_not_stay_above_what_came_of_them(
    anna: Person, tg: FakeTelegram
) -> None:
    counted(anna)
    tg.wait_until(lambda: bool(tg.called("deleteMessage")))
    tg.wait_until(lambda: buttons(anna) == [[], ["Begin"]])
    assert len([m for m in anna.chat if "photos" in m.text]) == 1
    assert anna.chat[-1].text == "1 photos"


def test_where_it_can_not_be_deleted_it_says_what_has_come_of_it(
    anna: Person, tg: FakeTelegram
) -> None:
    why = "Bad Request: message can't be deleted for everyone"
    tg.fault("deleteMessage", code=400, description=why, times=None)
    begun(anna)
    anna.send_photo(b"photo")
    untrue = anna.wait_for("1 photos")
    anna.say("/start later")
    anna.wait_for("later")
    ended: list[tuple[int, str, list[str]]] = [(untrue.id, "Hello 👋 Anna", [])]
    tg.wait_until(
        lambda: [(m.id, m.text, m.labels) for m in anna.chat if m.id == untrue.id] == ended
    )


def test_what_could_not_be_ended_at_once_is_ended_later(anna: Person, tg: FakeTelegram) -> None:
    tg.fault("deleteMessage", drop="before")
    counted(anna)
    tg.wait_until(lambda: len(tg.called("deleteMessage")) == 2)
    tg.wait_until(lambda: buttons(anna) == [[], ["Begin"]])


def test_of_the_numbers_that_a_lost_message_may_have_notices_and_others_are_left_out() -> None:
    lost = {"after": 10, "notices": ["12"]}
    assert searched(lost, {13}, shown=16) == [11, 14, 15]
    assert len(searched(lost, (), shown=1000)) == SEARCHED - 1
    assert searched({"after": 0, "notices": []}, (), shown=16) == []
    assert searched(None, (), shown=16) == []


# Pictures


def picture_of(anna: Person, label: str) -> None:
    """To the screen with a picture, as somebody who has come by its buttons."""
    anna.say("/start red")
    anna.wait_for("red")
    with transaction():
        Conversation.update(state="picture", memory='{"picture": "red"}').execute()
    anna.say(label)


def test_a_picture_takes_the_message_over_and_changes_in_place(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    picture_of(anna, "hm")
    red = anna.wait_for(lambda message: message.kind == "photo")
    assert red.text == "red\n\nA picture"
    assert [entity["type"] for entity in red.entities] == ["bold"]
    anna.press("Blue")
    blue = anna.wait_for("blue")
    assert blue.id == red.id
    assert blue.photo != red.photo
    assert house.drawn == ["red", "blue"]


def test_a_text_becomes_a_picture_where_it_stands(tg: FakeTelegram, anna: Person) -> None:
    words = begun(anna).last
    revised = Conversation.revision + 1
    with transaction():
        Conversation.update(
            state="picture", memory='{"picture": "red"}', revision=revised, due_at=0
        ).execute()
    red = anna.wait_for("A picture")
    assert (red.id, red.kind, len(anna.chat)) == (words.id, "photo", 2)
    assert [entity["type"] for entity in red.entities] == ["bold"]


def test_where_only_the_words_change_the_picture_is_not_sent_again(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    picture_of(anna, "hm")
    anna.press(anna.wait_for(lambda message: message.kind == "photo").buttons[0][0])
    anna.press(anna.wait_for("blue").buttons[0][1])
    anna.wait_for("blue,caption")
    assert house.drawn == ["red", "blue"]
    assert tg.called("editMessageCaption")


def test_several_pictures_are_one_sheet(anna: Person, house: House) -> None:
    picture_of(anna, "hm")
    anna.press(anna.wait_for(lambda message: message.kind == "photo").buttons[1][0])
    anna.wait_for("red,blue")
    assert house.drawn[-1] == "red+blue"


def test_a_text_takes_over_from_a_picture_as_a_new_message(tg: FakeTelegram, anna: Person) -> None:
    picture_of(anna, "hm")
    photo = anna.wait_for(lambda message: message.kind == "photo")
    anna.press("Text")
    shown = anna.wait_for("How was it?")
    assert shown.id > photo.id
    tg.wait_until(lambda: buttons(anna)[-2:] == [[], ["1", "2", "3"]])


@pytest.mark.parametrize("key", ["lost", "long"])
def test_a_picture_that_cannot_be_shown_leaves_its_words(anna: Person, key: str) -> None:
    anna.say("/start")
    anna.wait_for("Hello")
    with transaction():
        Conversation.update(state="picture", memory=f'{{"picture": "{key}"}}').execute()
    anna.say("hm")
    shown = anna.wait_for("A picture")
    assert shown.kind == "text"
    assert "Blue" in shown.labels
