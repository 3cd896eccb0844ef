"""Buttons know their moment: no press acts twice, late, or for somebody else."""

from dataclasses import replace
from typing import Any

import pytest

from core.conversation.engine import Engine
from core.conversation.flow import QUIET, Flow, row
from core.conversation.inbox import Inbox
from core.conversation.messages import Button
from core.conversation.models import Conversation, PendingNotice
from core.conversation.timing import timers
from core.conversation.tokens import sign, verify
from core.conversation.turn import Turn
from tests.conversation.chat import Chat, Clock
from tests.feedback import (
    SCREENS,
    TABLE,
    Feedback,
    facts,
    feedback_engine,
    feedback_flow,
    methods_of,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def anna(db: Any, clock: Clock) -> Chat:
    chat = Chat(feedback_engine(clock=clock))
    chat.command("start")
    return chat


def test_a_press_of_an_older_visit_shows_the_screen_again_and_says_so(anna: Chat) -> None:
    old = anna.token("1")
    anna.press("5")
    before = anna.row
    anna.press_token(old)
    after = anna.row
    assert (anna.state, anna.form["rating"]) == ("asking_comment", 5)
    assert anna.screen.hint == "That button is old."
    assert (after.visit, after.revision) == (before.visit, before.revision + 1)
    assert after.post_revision == after.revision, "the person must notice it"


def test_a_double_press_acts_once_and_silently(anna: Chat) -> None:
    token = anna.press("5")
    before = anna.row
    anna.press_token(token)
    after = anna.row
    assert (after.revision, after.visit, after.memory) == (
        before.revision,
        before.visit,
        before.memory,
    )
    assert anna.screen.hint == ""


def test_a_double_press_leaves_what_was_said_on_the_screen(anna: Chat, clock: Clock) -> None:
    token = anna.press("5")
    clock.forward(61)
    timers.fire(anna.engine.inbox, clock.now)
    anna.engine.drain(anna.id)
    assert anna.screen.hint == "We are still curious!"
    anna.press_token(token)
    assert anna.screen.hint == "We are still curious!"


def test_the_second_half_of_a_double_press_may_come_after_another_stale_one(anna: Chat) -> None:
    old, token = anna.token("1"), anna.press("5")
    anna.press_token(old)
    anna.press_token(token)
    assert anna.log[-1].revision == anna.log[-2].revision


def test_the_same_button_pressed_once_more_after_something_else_is_told_to_be_old(
    anna: Chat,
) -> None:
    token = anna.press("5")
    anna.say("Lovely")
    anna.press_token(token)
    assert (anna.state, anna.screen.hint) == ("confirming", "That button is old.")


def test_a_press_that_keeps_the_state_counts_as_a_visit_of_its_own(anna: Chat) -> None:
    anna.press("5")
    cancel = anna.press("✖️ Cancel")
    before = anna.row
    assert anna.screen.title == "Throw it away?"
    anna.press_token(cancel)
    assert anna.row.revision == before.revision
    assert anna.screen.title == "Throw it away?"


def test_buttons_stay_alive_while_signals_and_photos_change_the_screen(anna: Chat) -> None:
    token = anna.token("5")
    anna.signal("answered", "42")
    anna.photo()
    anna.press_token(token)
    assert anna.state == "asking_comment"


def test_a_press_that_no_row_takes_now_leaves_the_other_buttons_alive(anna: Chat) -> None:
    anna.press("5")
    anna.press("✖️ Cancel")
    yes, no = anna.token("Yes"), anna.token("No")
    Conversation.update(memory=anna.row.memory.replace('"asked"', '"unasked"')).execute()
    anna.press_token(yes)
    assert anna.screen.hint == "Not now."
    back = anna.token("◀️ Back")
    anna.press_token(no)
    assert anna.screen.hint == "Not now."
    anna.press_token(back)
    assert anna.state == "asking_rating"


def test_a_press_that_nobody_sees_anything_of_leaves_the_shown_buttons_alive(db: Any) -> None:
    class Hesitant(Feedback):
        def low(self, turn: Turn) -> bool:
            return turn.argument == "1"

    first = row("rate", "asking_rating", QUIET, when="low", then="keep_rating")
    flow = feedback_flow(Hesitant(), replace(TABLE, rows=(first, *TABLE.rows)))
    chat = Chat(Engine(flow, Inbox("asking_rating", flow.language)))
    chat.command("start")
    other = chat.token("2")
    chat.press("1")
    assert (chat.state, chat.form["rating"]) == ("asking_rating", 1)
    chat.press_token(other)
    assert (chat.state, chat.form["rating"]) == ("asking_comment", 2)


# Whose


@pytest.mark.parametrize("token", ["", "x", "1:send::", "1:send:::AAAAAAAA", ":::::", "null"])
def test_a_token_that_was_never_given_is_told_to_be_old(anna: Chat, token: str) -> None:
    anna.press_token(token)
    assert (anna.state, anna.screen.hint) == ("asking_rating", "That button is old.")


def test_a_press_of_another_persons_button_does_nothing(anna: Chat) -> None:
    boris = Chat(anna.engine, "boris")
    boris.command("start")
    anna.press_token(boris.token("5"))
    assert (anna.state, anna.screen.hint) == ("asking_rating", "That button is old.")
    assert boris.state == "asking_rating"


def test_a_token_can_not_be_moved_to_another_visit(anna: Chat) -> None:
    token = anna.token("5")
    anna.press("4")
    visit, _, rest = token.partition(":")
    anna.press_token(f"{int(visit, 16) + 1:x}:{rest}")
    assert (anna.state, anna.form["rating"]) == ("asking_comment", 4)


# What is agreed to


def test_a_button_that_confirms_acts_while_the_screen_offers_the_same(anna: Chat) -> None:
    anna.fill_in()
    anna.press("📨 Send")
    assert anna.memory["sent"] == 1


def test_a_button_that_confirms_what_has_changed_meanwhile_does_nothing(anna: Chat) -> None:
    anna.fill_in()
    token = anna.token("📨 Send")
    anna.photo()
    anna.press_token(token)
    assert (anna.state, anna.memory.get("sent")) == ("confirming", None)
    assert anna.screen.hint == "That button is old."
    anna.press("📨 Send")
    assert anna.state == "thanked"


def test_what_a_button_confirms_can_not_be_left_out_of_its_token(anna: Chat) -> None:
    anna.fill_in()
    sealed = sign(anna.row.token_key, anna.row.visit, Button("", "send"))
    press = verify(anna.row.token_key, sealed)
    assert press is not None
    assert press.confirms == ""
    assert anna.token("📨 Send") != sealed


def test_confirming_is_read_the_same_in_every_language(anna: Chat) -> None:
    anna.fill_in()
    token = anna.token("📨 Send")
    anna.person = type(anna.person)("anna", "ru")
    anna.press_token(token)
    assert anna.state == "thanked"


def test_sending_twice_at_once_sends_once(anna: Chat) -> None:
    anna.fill_in()
    token = anna.press("📨 Send")
    anna.press_token(token)
    assert (anna.state, anna.memory["sent"]) == ("thanked", 1)


# Links


def test_the_button_of_a_notice_never_grows_old(anna: Chat) -> None:
    anna.signal("answered", "42")
    notice = PendingNotice.get()
    assert (notice.name, notice.key, notice.outcome) == ("answer", "answer:42", "pending")
    link = sign(anna.row.token_key, None, Button("Open", "open", "42"))
    anna.fill_in()
    anna.press_token(link)
    assert (anna.state, anna.form["opened"]) == ("thanked", "42")
    anna.command("start")
    anna.press_token(link)
    assert anna.state == "thanked"


def test_a_notice_is_given_once_for_each_key(anna: Chat) -> None:
    for key in ("a", "b"):
        anna.signal("answered", "42", key)
    assert PendingNotice.select().count() == 1


# Timers


def test_a_timer_reminds_whoever_is_still_there(anna: Chat, clock: Clock) -> None:
    anna.press("5")
    clock.forward(59)
    assert timers.fire(anna.engine.inbox, clock.now) == []
    clock.forward(2)
    assert timers.fire(anna.engine.inbox, clock.now) == [anna.id]
    anna.engine.drain(anna.id)
    assert anna.screen.hint == "We are still curious!"
    assert anna.row.post_revision == anna.row.revision
    anna.press("◀️ Back")
    assert anna.state == "asking_rating"


def test_a_timer_means_nothing_once_the_person_has_gone_on(anna: Chat, clock: Clock) -> None:
    anna.press("5")
    anna.say("Lovely")
    clock.forward(61)
    assert timers.fire(anna.engine.inbox, clock.now) == []
    assert anna.row.wake_at is None


def test_a_timer_that_fires_while_the_person_goes_on_means_nothing(
    anna: Chat, clock: Clock
) -> None:
    anna.press("5")
    clock.forward(61)
    timers.fire(anna.engine.inbox, clock.now)
    back = anna.token("◀️ Back")
    anna.press_token(back)  # behind the timer's signal
    assert anna.state == "asking_rating"
    anna.press("4")
    before = anna.row.revision
    with_visit = anna.row.visit - 1
    anna.engine.inbox.signal(anna.id, "reminded", "", "late", with_visit)
    anna.engine.drain(anna.id)
    assert (anna.row.revision, anna.screen.hint) == (before, "")
    anna.engine.inbox.signal(anna.id, "reminded", "", "in time", anna.row.visit)
    anna.engine.drain(anna.id)
    assert anna.screen.hint == "We are still curious!"


# what can be typed though it is nowhere to be seen


def well_read(db: Any, *unseen: Button) -> Chat:
    """Somebody who is asked for a comment, which any text may be."""
    flow = Flow(
        TABLE, methods_of(Feedback()), facts, SCREENS, languages=("en", "ru"), unseen=unseen
    )
    chat = Chat(Engine(flow, Inbox(TABLE.initial, flow.language, 10)))
    chat.command("start")
    chat.press("5")
    return chat


def test_a_button_that_need_not_be_seen_can_be_typed_where_a_text_is_asked_for(db: Any) -> None:
    anna = well_read(db, Button("🔁 Start over", "start"))
    anna.say("start over!")
    assert (anna.state, anna.form) == ("asking_rating", {})


def test_the_button_in_sight_is_meant_where_an_unseen_one_has_its_name(db: Any) -> None:
    anna = well_read(db, Button("Cancel", "start"))
    anna.say("cancel")
    assert (anna.state, anna.screen.title) == ("asking_comment", "Throw it away?")
