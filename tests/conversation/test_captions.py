"""What stands beside a file counts, and so does what a message was edited to."""

from typing import Any

import pytest

from core.conversation.inbox import decode, encode
from core.conversation.messages import Event, Kind, Person
from tests.conversation.chat import Chat
from tests.feedback import feedback_engine


@pytest.fixture
def anna(db: Any) -> Chat:
    chat = Chat(feedback_engine())
    chat.command("start")
    return chat


def test_a_caption_is_the_text_where_a_text_is_asked_for_and_the_file_comes_first(
    anna: Chat,
) -> None:
    anna.press("5")
    anna.photo("a", "Lovely")
    assert anna.state == "confirming"
    assert anna.form == {"rating": 5, "photos": ["a"], "comment": "Lovely"}


def test_a_command_under_a_photo_is_the_command(anna: Chat) -> None:
    anna.press("5")
    anna.photo("a", "/cancel")
    assert anna.screen.title == "Throw it away?"
    assert anna.form["photos"] == ["a"]


def test_a_caption_that_answers_nothing_is_no_mistake(anna: Chat) -> None:
    anna.photo("a", "me at the sea")
    assert (anna.state, anna.screen.hint, anna.form["photos"]) == ("asking_rating", "", ["a"])


def test_a_buttons_label_under_a_photo_is_that_button_where_a_text_is_asked_for(
    anna: Chat,
) -> None:
    anna.press("5")
    anna.photo("a", "back")
    assert (anna.state, anna.form) == ("asking_rating", {"rating": 5, "photos": ["a"]})


def test_a_photo_and_its_caption_are_one_turn(anna: Chat) -> None:
    anna.press("5")
    before = anna.row.revision
    anna.photo("a", "Lovely")
    assert anna.row.revision == before + 1
    assert len(anna.log) == 3


def test_an_edit_corrects_the_answer_that_was_given(anna: Chat) -> None:
    anna.press("5")
    anna.write("Lovly", "7")
    anna.write("Lovely", "7", edited=True)
    assert (anna.state, anna.form["comment"]) == ("confirming", "Lovely")


def test_an_edit_of_a_text_that_meant_nothing_is_read_anew_while_nothing_has_changed(
    anna: Chat,
) -> None:
    anna.press("5")
    anna.command("start")
    anna.write("fife", "7")
    assert anna.screen.hint == "Please choose."
    anna.write("5", "7", edited=True)
    assert (anna.state, anna.form["rating"]) == ("asking_comment", 5)


def test_an_answer_can_be_corrected_whatever_was_said_since(anna: Chat) -> None:
    anna.press("5")
    anna.write("Lovly", "7")
    anna.write("hm", "8")
    anna.write("Lovely", "7", edited=True)
    assert anna.form["comment"] == "Lovely"


@pytest.mark.parametrize("message", ["6", ""])
def test_an_edit_of_anything_else_changes_nothing_and_that_is_said(
    anna: Chat, message: str
) -> None:
    anna.press("5")
    anna.write("Lovely", "7")
    anna.write("Better", message, edited=True)
    assert (anna.form["comment"], anna.screen.hint) == ("Lovely", "That text is old.")


def test_an_edited_caption_that_answers_nothing_passes_without_a_word(anna: Chat) -> None:
    anna.photo("a", "My dog", message="7")
    anna.photo("a", "My dog Rex", message="7", edited=True)
    assert anna.screen.hint == ""


def test_an_edited_caption_corrects_as_an_edited_text_does(anna: Chat) -> None:
    anna.press("5")
    anna.photo("a", "Lovly", message="7")
    anna.photo("a", "Lovely", message="7", edited=True)
    assert anna.form["comment"] == "Lovely"


@pytest.mark.parametrize(
    "event",
    [
        Event(Kind.TEXT, "hi"),
        Event(Kind.PHOTO, file={"key": "a"}, caption="Anna", message="7", edited=True),
        Event(Kind.TEXT, "hi", message="7"),
    ],
)
def test_the_inbox_keeps_all_of_an_event(event: Event) -> None:
    person = Person("Anna", "en", "anna")
    assert decode(encode(event, person)) == (event, person)


def test_rows_of_before_are_read() -> None:
    assert decode('["text","hi","",null,null,"en","Anna"]') == (
        Event(Kind.TEXT, "hi"), Person("Anna", "en"),
    )  # fmt: skip
