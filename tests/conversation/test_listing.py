"""A number that is typed means the message it was read from."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.conversation.delivery.channel import Capabilities
from core.conversation.delivery.rendering import Rendered
from core.conversation.delivery.sending.outbox import begin_notice, parcel, settle, shown
from core.conversation.listing import KEPT, Lists, Old, number_in, read, write
from core.conversation.messages import Button, Event, Kind
from core.conversation.replies import read_reply
from core.conversation.tokens import RenderedButton
from tests.conversation.chat import PLAIN, Chat
from tests.feedback import feedback_engine

LIST = re.compile(r"^(\d+)\. (.+)$", re.M)


@pytest.fixture
def anna(db: Any) -> Chat:
    chat = Chat(feedback_engine())
    chat.command("start")
    chat.show(PLAIN)
    return chat


def numbers(rendered: Rendered) -> dict[str, str]:
    """What is to be typed for each label, as a person reads it."""
    return {label: number for number, label in LIST.findall(rendered.body)}


def notice(chat: Chat, answer: str) -> Rendered:
    """A notice comes, and is sent to a channel without buttons."""
    chat.signal("answered", answer)
    waiting = chat.notices[-1]
    return begin_notice(chat.engine, waiting.id, PLAIN, 0.0)[1]


def test_a_number_is_the_press_of_the_line_it_stands_before(anna: Chat) -> None:
    anna.say(numbers(anna.show(PLAIN).rendered)["4"])
    assert (anna.state, anna.form["rating"]) == ("asking_comment", 4)


def test_a_screen_and_its_notices_are_numbered_in_one_go(anna: Chat) -> None:
    assert list(numbers(anna.show(PLAIN).rendered).values()) == ["1", "2", "3", "4", "5"]
    assert numbers(notice(anna, "42")) == {"Open": "6"}
    assert numbers(notice(anna, "43")) == {"Open": "7"}
    anna.say("7")
    assert (anna.state, anna.form["opened"]) == ("thanked", "43")


def test_a_number_of_a_notice_never_means_what_the_screen_offers(anna: Chat) -> None:
    """The screen asks whether to destroy, the notice offers to open: “1” destroys nothing."""
    anna.fill_in()
    anna.show(PLAIN)
    told = numbers(notice(anna, "42"))
    assert told["Open"] not in numbers(parcel(anna.engine, anna.id, PLAIN).rendered).values()
    anna.say(told["Open"])
    assert (anna.state, anna.memory.get("sent")) == ("thanked", None)


def test_what_agrees_to_something_wants_its_words_and_no_number(anna: Chat) -> None:
    anna.fill_in()
    shown = anna.show(PLAIN).rendered
    assert "• 📨 Send (type it in words)" in shown.body
    for number in range(1, 40):
        anna.say(str(number))
        assert anna.memory.get("sent") is None
    anna.fill_in()
    anna.show(PLAIN)
    anna.say("send")
    assert anna.memory["sent"] == 1


def test_a_number_of_an_older_list_presses_nothing_and_says_so(anna: Chat) -> None:
    anna.fill_in()
    older = numbers(anna.show(PLAIN).rendered)["◀️ Back"]
    anna.say("cancel")
    now = numbers(anna.show(PLAIN).rendered)
    assert older not in now.values()
    before = anna.row
    anna.say(older)
    after = anna.row
    assert (anna.state, anna.screen.hint) == ("confirming", "That number is old.")
    assert (after.visit, after.post_revision) == (before.visit, after.revision)


def test_a_list_that_stays_as_it_is_keeps_its_numbers_and_its_notices(anna: Chat) -> None:
    first = numbers(anna.show(PLAIN).rendered)
    link = numbers(notice(anna, "42"))["Open"]
    anna.photo()
    assert numbers(anna.show(PLAIN).rendered) == first
    anna.say(link)
    assert anna.form["opened"] == "42"


def test_a_number_counts_as_it_stood_when_it_was_sent(anna: Chat) -> None:
    """It came while the list was in sight, and is applied when another one is."""
    number = numbers(anna.show(PLAIN).rendered)["4"]
    anna.receive(Event(Kind.TEXT, number))
    other = (RenderedButton("another", anna.token("5"), number=9),)
    shown(anna.id, anna.row.revision, other, None, 0.0)
    anna.engine.drain(anna.id)
    assert anna.form["rating"] == 4


def test_a_number_of_a_list_that_was_sent_and_not_yet_noted_is_understood(anna: Chat) -> None:
    anna.command("start")
    number = numbers(parcel(anna.engine, anna.id, PLAIN).rendered)["3"]
    anna.say(number)
    assert anna.form["rating"] == 3


def test_numbers_of_a_list_that_may_have_arrived_are_not_given_to_another(anna: Chat) -> None:
    anna.command("start")
    lost = numbers(parcel(anna.engine, anna.id, PLAIN).rendered)
    anna.command("start")
    anna.press("5")
    anna.say("Lovely")
    now = numbers(anna.show(PLAIN).rendered)
    assert not set(lost.values()) & set(now.values())


def test_where_a_text_is_asked_for_nothing_has_a_number_and_a_number_is_a_text(
    anna: Chat,
) -> None:
    anna.say(numbers(anna.show(PLAIN).rendered)["5"])
    shown = anna.show(PLAIN).rendered
    assert numbers(shown) == {}
    assert "• ◀️ Back (type it in words)" in shown.body
    anna.say("2")
    assert (anna.state, anna.form["comment"]) == ("confirming", "2")


def test_a_number_sent_twice_before_a_text_was_asked_for_is_no_text(anna: Chat) -> None:
    number = numbers(anna.show(PLAIN).rendered)["5"]
    for _ in range(2):
        anna.receive(Event(Kind.TEXT, number))
    anna.engine.drain(anna.id)
    assert (anna.state, anna.form) == ("asking_comment", {"rating": 5})


def test_where_there_are_buttons_a_number_is_not_a_place_among_them(db: Any) -> None:
    anna = Chat(feedback_engine())
    anna.fill_in()
    anna.show(Capabilities(buttons_per_row=3, payload_bytes=200))
    anna.say("1")
    assert (anna.state, anna.screen.hint) == ("confirming", "Please choose.")


def test_a_notice_can_be_opened_by_its_words_after_its_list_is_gone(anna: Chat) -> None:
    notice(anna, "42")
    anna.press("5")
    anna.say("Lovely")
    anna.show(PLAIN)
    anna.say("open")
    assert anna.form["opened"] == "42"


def test_a_notice_that_is_sent_once_more_keeps_its_number(anna: Chat) -> None:
    first = numbers(notice(anna, "42"))
    settle(anna.notices[-1].id, "pending", None)
    again = begin_notice(anna.engine, anna.notices[-1].id, PLAIN, 1.0)[1]
    assert numbers(again) == first


# What is remembered


def offers(*names: str) -> tuple[RenderedButton, ...]:
    return tuple(RenderedButton(name, f"token of {name}") for name in names)


def put(lists: Lists, *names: str, at: int = 0) -> tuple[Lists, list[int | None]]:
    coming, given = lists.proposed(offers(*names))
    return coming.confirmed(given, at), [offer.number for offer in given]


def test_a_number_is_not_given_again_before_five_newer_lists_were_shown() -> None:
    lists, given = Lists(), []
    for n in range(KEPT + 2):
        lists, found = put(lists, f"a{n}", f"b{n}", at=n)
        given.append(found)
    assert given == [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10], [11, 12], [1, 2]]


@given(st.lists(st.integers(0, 7), min_size=1, max_size=25))
def test_no_number_is_in_two_of_the_last_six_lists(sizes: list[int]) -> None:
    lists, seen = Lists(), []
    for n, size in enumerate(sizes):
        lists, found = put(read(write(lists)), *(f"{n}.{k}" for k in range(size)), at=n)
        seen.append(found)
        recent = [number for given in seen[-KEPT - 1 :] for number in given]
        assert len(recent) == len(set(recent))


def test_lists_are_kept_as_they_are() -> None:
    lists, _ = put(Lists(), "a", "b", at=1)
    lists, _ = put(lists, "c", at=2)
    lists, _ = lists.appended(offers("link"))
    lists, _ = lists.proposed(offers("d"))
    assert read(write(lists)) == lists
    assert lists.meant(1, 2) == RenderedButton("", "token of a", "", 1)
    assert lists.meant(1, 3) is Old.NUMBER


def test_rows_of_before_are_read_and_have_no_numbers() -> None:
    lists = read('[["Yes", "token"]]')
    assert lists.in_sight == (RenderedButton("Yes", "token"),)
    assert lists.meant(1, 1) is None


@pytest.mark.parametrize(
    ("typed", "number"),
    [("1", 1), (" 12 ", 12), ("٢", 2), ("0", 0), ("12345", None), ("-1", None), ("one", None),
     ("", None), ("1.", 1), ("1)", 1), ("(1)", 1), ("№1", 1), ("№ 12", 12), ("#3", 3), ("1️⃣", 1),
     ("１", 1), ("\u200f٣\u200f", 3), ("२.", 2), ("1.5", None), ("1-2", None), ("1️⃣2️⃣", None),
     ("1 2", None), ("²", None), ("$1", None), ("9" * 5000, None)],
)  # fmt: skip
def test_what_is_a_number(typed: str, number: int | None) -> None:
    assert number_in(typed) == number


@pytest.mark.parametrize("typed", ["{}.", "{})", "№ {}", "#{}"])
def test_a_number_is_written_as_people_write_it(anna: Chat, typed: str) -> None:
    anna.say(typed.format(numbers(anna.show(PLAIN).rendered)["4"]))
    assert (anna.state, anna.form["rating"]) == ("asking_comment", 4)


def test_where_a_text_is_asked_for_such_a_number_is_a_text(anna: Chat) -> None:
    anna.press("5")
    anna.show(PLAIN)
    anna.say("1.")
    assert anna.form["comment"] == "1."


class TestShortAnswers:
    """“Yes” is short for “Yes, delete for good”, but not where it may answer something else."""

    OFFERS = (
        RenderedButton("Yes, delete for good", "d", "Yes, delete for good"),
        RenderedButton("No, go on", "n"),
    )

    def test_it_is_enough_where_the_question_was_shown_last(self) -> None:
        assert read_reply("yes", self.OFFERS) is self.OFFERS[0]

    def test_what_destroys_is_spelled_out_where_something_else_was(self) -> None:
        assert read_reply("yes", self.OFFERS, whole=True) is None
        assert read_reply("Yes, delete for good!", self.OFFERS, whole=True) is self.OFFERS[0]
        assert read_reply("no", self.OFFERS, whole=True) is self.OFFERS[1]

    def test_a_button_of_a_screen_knows_what_it_confirms(self) -> None:
        button = Button("Yes, delete for good", "yes", confirms="Anna")
        assert read_reply("yes", [button], whole=True) is None


@pytest.mark.parametrize("typed", ["ещё раз", "еще раз", "ЕЩЕ РАЗ", "е\u0308ще раз"])
def test_a_typed_е_stands_for_ё(typed: str) -> None:
    offers = (RenderedButton("🔁 Ещё раз", "r"), RenderedButton("🗑 Удалить", "d"))
    assert read_reply(typed, offers) is offers[0]


@pytest.mark.parametrize("typed", ["photo ３", "Photo №3", "PHOTO ٣", "photo 3."])
def test_a_number_among_words_may_be_of_any_digits(typed: str) -> None:
    offers = [RenderedButton("3", "three", "photo 3"), RenderedButton("13", "thirteen", "photo 13")]
    assert read_reply(typed, offers) is offers[0]
