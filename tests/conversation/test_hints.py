"""A hint belongs to the moment that it answers."""

from typing import Any

import pytest

from core.conversation.timing import timers
from tests.conversation.chat import Chat, Clock
from tests.feedback import feedback_engine


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def anna(db: Any, clock: Clock) -> Chat:
    chat = Chat(feedback_engine(clock=clock))
    chat.fill_in()
    chat.press("📨 Send")
    chat.show()
    return chat


def test_what_was_said_and_seen_is_gone_with_the_next_change_that_is_not_the_persons(
    anna: Chat,
) -> None:
    anna.say("ok thanks")
    assert "Please choose." in anna.show().rendered.body
    anna.signal("read")
    assert "Please choose." not in anna.show().rendered.body


def test_an_old_button_is_answered_once_and_not_again_by_what_comes_later(anna: Chat) -> None:
    old = anna.token("🔁 Once more")
    anna.press("🔁 Once more")
    anna.fill_in()
    anna.press("📨 Send")
    anna.press_token(old)
    assert "That button is old." in anna.show().rendered.body
    anna.signal("read")
    assert anna.screen.hint == ""


def test_what_was_said_stays_until_it_has_been_seen(anna: Chat) -> None:
    anna.say("ok thanks")
    anna.signal("read")
    anna.signal("read")
    assert "Please choose." in anna.show().rendered.body
    anna.signal("read")
    assert anna.screen.hint == ""


def test_what_nobody_sees_anything_of_takes_no_hint_away(anna: Chat) -> None:
    anna.say("ok thanks")
    anna.show()
    anna.signal("answered", "42")
    assert anna.screen.hint == "Please choose."


def test_a_timers_own_words_take_the_place_of_what_was_said_before(
    anna: Chat, clock: Clock
) -> None:
    anna.press("🔁 Once more")
    anna.press("5")
    anna.engine.say(anna.id, "our_fault")
    anna.show()
    clock.forward(61)
    timers.fire(anna.engine.inbox, clock.now)
    anna.engine.drain(anna.id)
    assert anna.screen.hint == "We are still curious!"
