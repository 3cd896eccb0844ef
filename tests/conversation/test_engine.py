"""A turn: one event in, one committed change, in order, whole or not at all."""

from collections.abc import Callable
from typing import Any

import pytest

from core.base import db as core_db
from core.conversation.engine import Engine
from core.conversation.messages import Event, Kind, Person
from core.conversation.models import Conversation, InboxEvent, TransitionLog, User
from core.conversation.turn import Turn
from tests.conversation.chat import Chat, Clock
from tests.feedback import Feedback, feedback_engine


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def anna(db: Any, clock: Clock) -> Chat:
    return Chat(feedback_engine(clock=clock))


def test_a_whole_conversation_in_four_steps(anna: Chat) -> None:
    anna.command("start")
    assert anna.screen.title == "How was it?"
    anna.press("4")
    assert anna.screen.title == "Why 4 of 5? Write a few words."
    anna.say("Lovely, but short")
    assert anna.screen.title == "You gave 4 of 5: “Lovely, but short”."
    anna.press("📨 Send")
    assert (anna.screen.title, anna.memory["sent"]) == ("Thank you!", 1)


def test_a_turn_marks_its_event_handled_and_forgets_what_was_said(anna: Chat, clock: Clock) -> None:
    anna.say("hello")
    event = InboxEvent.get()
    assert (event.handled_at, event.payload, event.failed_at) == (clock.now, "", None)


def test_a_turn_logs_what_fired_from_where_to_where(anna: Chat, clock: Clock) -> None:
    anna.command("start")
    anna.press("4")
    entry = anna.log[-1]
    assert (entry.kind, entry.trigger) == ("press", "rate")
    assert (entry.source, entry.dest) == ("asking_rating", "asking_comment")
    assert (entry.visit, entry.revision, entry.at) == (anna.row.visit, anna.row.revision, clock.now)
    assert entry.event_id == InboxEvent.get(InboxEvent.kind == "press").id


def test_a_person_is_called_what_their_channel_called_them_last(anna: Chat) -> None:
    def called() -> tuple[str, str]:
        user = User.get()
        return user.name, user.username

    anna.person = Person("Anna", "en", "anna_lee")
    anna.command("start")
    anna.signal("reminded")
    assert called() == ("Anna", "anna_lee")
    anna.person = Person("Anna Lee", "en", "lee")
    anna.say("hello")
    assert called() == ("Anna Lee", "lee")
    anna.person = Person("", "en")
    anna.say("hello")
    assert called() == ("Anna Lee", ""), "whoever has no username any more has given it up"


def test_a_turn_that_has_nothing_to_apply_says_so(anna: Chat) -> None:
    anna.command("start")
    assert anna.engine.drain(anna.id) == 0
    assert anna.engine.drain(10**9) == 0


def test_drain_applies_all_that_waits(anna: Chat) -> None:
    for _ in range(3):
        anna.receive(Event(Kind.TEXT, "hello"))
    assert anna.waiting == 3
    assert anna.engine.drain(anna.id) == 3
    assert anna.waiting == 0


def test_events_are_applied_in_the_order_in_which_they_arrived(anna: Chat) -> None:
    for number in range(5):
        anna.receive(Event(Kind.PHOTO, file={"key": f"photo {number}"}))
    anna.engine.drain(anna.id)
    assert anna.form["photos"] == [f"photo {number}" for number in range(5)]


def test_revision_and_visit_start_a_life_of_their_own(anna: Chat) -> None:
    anna.command("start")
    assert (anna.row.visit, anna.row.revision) == (1, 1)
    anna.photo()
    assert (anna.row.visit, anna.row.revision) == (1, 2)
    anna.press("4")
    assert (anna.row.visit, anna.row.revision) == (2, 3)
    anna.say("Lovely")
    assert (anna.row.visit, anna.row.revision) == (3, 4)


def test_a_quiet_row_changes_nothing_that_the_person_sees(anna: Chat) -> None:
    anna.command("start")
    before = anna.row
    anna.signal("answered", "42")
    after = anna.row
    assert (after.visit, after.revision) == (before.visit, before.revision)
    assert anna.log[-1].trigger == "answered"


def test_a_trigger_that_no_row_takes_is_answered_with_a_hint(anna: Chat) -> None:
    anna.command("start")
    anna.do(Event(Kind.COMMAND, "cancel"))
    assert anna.screen.hint == "Nothing to cancel."
    anna.photo()
    assert anna.screen.hint == ""


def test_a_signal_that_no_row_takes_passes_without_a_word(anna: Chat) -> None:
    anna.command("start")
    before = anna.row
    for trigger in ("reminded", "no such signal"):
        anna.signal(trigger)
    assert (anna.row.revision, anna.row.visit) == (before.revision, before.visit)
    assert (anna.screen.hint, anna.waiting) == ("", 0)


def test_a_signal_is_no_activity_of_the_person(anna: Chat, clock: Clock) -> None:
    anna.command("start")
    began = clock.now
    clock.forward(100)
    anna.signal("answered", "42")
    assert anna.row.active_at == began
    anna.say("hello")
    assert anna.row.active_at == clock.now


def test_a_hint_is_said_until_the_person_does_something_else(anna: Chat) -> None:
    anna.command("start")
    anna.say("bla")
    assert anna.screen.hint == "Please choose."
    anna.signal("answered", "42")
    assert anna.screen.hint == "Please choose."
    anna.photo()
    assert anna.screen.hint == ""


def test_say_lets_the_screen_speak_without_an_event(anna: Chat) -> None:
    anna.command("start")
    before = anna.row
    anna.engine.say(anna.id, "our_fault")
    assert anna.screen.hint == "That was our fault."
    assert anna.row.revision == before.revision + 1 == anna.row.post_revision
    assert anna.row.due_at <= anna.row.active_at
    anna.engine.say(10**9, "our_fault")


# Whole or not at all


class Breaking(Feedback):
    """Changes something, and breaks after that while it is told to."""

    broken = True

    def send(self, turn: Turn) -> None:
        super().send(turn)
        User.update(name="changed").where(User.id == turn.user_id).execute()
        turn.notify("answer", "notice", answer="42")
        if self.broken:
            raise RuntimeError("boom")


def test_an_effect_that_raises_rolls_everything_back(db: Any, clock: Clock) -> None:
    callbacks = Breaking()
    anna = Chat(feedback_engine(callbacks, clock))
    anna.fill_in()
    before, lines = anna.row, len(anna.log)
    anna.press("📨 Send")
    after = anna.row
    assert (after.state, after.memory, after.visit) == (before.state, before.memory, before.visit)
    assert (after.revision, after.user.name, len(anna.log)) == (before.revision, "anna", lines)
    assert anna.row.notices.count() == 0
    assert anna.waiting == 1

    callbacks.broken = False
    clock.forward(60)
    assert anna.engine.drain(anna.id) == 1
    assert (anna.state, anna.memory["sent"]) == ("thanked", 1)
    assert (anna.row.user.name, anna.row.notices.count()) == ("changed", 1)


def test_what_an_effect_writes_is_part_of_the_turn(db: Any) -> None:
    callbacks = Breaking()
    callbacks.broken = False
    anna = Chat(feedback_engine(callbacks))
    anna.fill_in()
    anna.press("📨 Send")
    core_db.database.close()
    assert anna.row.notices.count() == 1


# Questions


def test_a_question_stays_open_until_it_is_answered(anna: Chat) -> None:
    anna.fill_in()
    anna.press("✖️ Cancel")
    assert anna.screen.title == "Throw it away?"
    anna.press("Yes")
    assert (anna.state, anna.form) == ("asking_rating", {})


@pytest.mark.parametrize("what", ["No", "photo", "text", "command", "stale"])
def test_any_other_turn_of_the_person_closes_a_question(anna: Chat, what: str) -> None:
    anna.command("start")
    old = anna.token("1")
    anna.fill_in()
    anna.press("✖️ Cancel")
    deeds: dict[str, Callable[[], object]] = {
        "No": lambda: anna.press("No"),
        "photo": anna.photo,
        "text": lambda: anna.say("hm"),
        "command": lambda: anna.command("start"),
        "stale": lambda: anna.press_token(old),
    }
    deeds[what]()
    assert anna.screen.title != "Throw it away?"
    anna.say("yes")
    assert anna.state != "asking_rating" or what == "command"


def test_a_signal_leaves_a_question_open(anna: Chat) -> None:
    anna.fill_in()
    anna.press("✖️ Cancel")
    anna.signal("answered", "42")
    anna.press("Yes")
    assert anna.state == "asking_rating"


def test_a_question_does_not_outlive_its_screen(anna: Chat) -> None:
    anna.command("start")
    anna.press("3")
    anna.press("✖️ Cancel")
    yes = anna.token("Yes")
    anna.command("start")
    anna.press_token(yes)
    assert (anna.state, anna.screen.title) == ("asking_rating", "How was it?")


# What is typed


def test_a_typed_number_is_the_button_last_shown(anna: Chat) -> None:
    anna.command("start")
    anna.show()
    anna.say("4")
    assert (anna.state, anna.form["rating"]) == ("asking_comment", 4)


def test_a_number_means_nothing_where_text_is_taken(anna: Chat) -> None:
    anna.command("start")
    anna.press("4")
    anna.show()
    anna.say("2")
    assert (anna.state, anna.form["comment"]) == ("confirming", "2")


def test_a_label_is_a_press_even_where_text_is_taken(anna: Chat) -> None:
    anna.command("start")
    anna.press("4")
    anna.show()
    anna.say("back")
    assert anna.state == "asking_rating"


def test_a_label_is_understood_before_it_was_ever_shown(anna: Chat) -> None:
    anna.fill_in()
    anna.say("send")
    assert anna.state == "thanked"


@pytest.mark.parametrize("label", ["отправить", "📨 Отправить", "SEND", "Send!"])
def test_a_label_is_understood_in_every_language(anna: Chat, label: str) -> None:
    anna.fill_in()
    anna.show()
    anna.say(label)
    assert anna.state == "thanked"


def test_a_number_typed_for_an_older_screen_is_not_taken_for_the_new_one(anna: Chat) -> None:
    anna.command("start")
    anna.show()
    anna.press("1")
    anna.say("Lovely")
    anna.say("1")  # meant "1 of 5": the confirmation has not been shown yet
    assert (anna.state, anna.screen.hint) == ("confirming", "That button is old.")


@pytest.mark.parametrize("typed", ["/start", "/START", "/start deep link"])
def test_a_command_may_be_typed_as_text(anna: Chat, typed: str) -> None:
    anna.fill_in()
    anna.say(typed)
    assert anna.state == "asking_rating"


def test_a_command_keeps_its_argument(db: Any) -> None:
    seen = []

    class Noting(Feedback):
        def forget(self, turn: Turn) -> None:
            seen.append(turn.argument)

    anna = Chat(feedback_engine(Noting()))
    anna.command("start", "invited")
    anna.say("/start typed link")
    anna.command("start")
    assert seen == ["invited", "typed link", ""]


def test_an_unknown_command_is_never_taken_for_an_answer(anna: Chat) -> None:
    anna.command("start")
    anna.press("4")
    anna.command("balance")
    assert (anna.state, anna.screen.hint) == ("asking_comment", "Please choose.")


def test_a_text_that_begins_with_a_slash_is_a_text(anna: Chat) -> None:
    anna.command("start")
    anna.press("4")
    anna.say("/r/lovely")
    assert anna.form["comment"] == "/r/lovely"


# Languages


def test_the_language_follows_the_client(anna: Chat) -> None:
    for wanted, title in (("ru-RU", "Как вам?"), ("de", "How was it?"), ("ru", "Как вам?")):
        anna.person = type(anna.person)("anna", wanted)
        anna.command("start")
        assert anna.screen.title == title


def test_a_client_that_does_not_tell_its_language_changes_nothing(anna: Chat) -> None:
    anna.person = type(anna.person)("anna", "ru")
    anna.command("start")
    anna.person = type(anna.person)("anna", "")
    anna.command("start")
    assert anna.screen.title == "Как вам?"


def test_a_chosen_language_stays_whatever_the_client_says(db: Any) -> None:
    class Choosing(Feedback):
        def forget(self, turn: Turn) -> None:
            turn.choose_language("ru")

    anna = Chat(feedback_engine(Choosing()))
    anna.command("start")
    anna.say("hello")
    assert anna.screen.hint == "Выберите, пожалуйста."
    assert anna.row.user.language_chosen is True


def test_a_person_is_called_as_they_call_themselves_now(anna: Chat) -> None:
    anna.command("start")
    anna.person = type(anna.person)("Anna Maria", "en")
    anna.say("hello")
    assert anna.row.user.name == "Anna Maria"


# After an upgrade


@pytest.mark.parametrize("what", ["text", "press", "stale", "signal"])
def test_a_state_that_the_table_no_longer_knows_leads_to_the_initial_one(
    anna: Chat, what: str
) -> None:
    anna.fill_in()
    shown = anna.show()
    Conversation.update(state="asking_why", shown_revision=anna.row.revision).execute()
    before = anna.row
    assert anna.screen.title == "How was it?"
    deeds: dict[str, Callable[[], object]] = {
        "text": lambda: anna.say("hello"),
        "press": lambda: anna.press("4"),
        "stale": lambda: anna.press_token(shown.rendered.offers[0].token),
        "signal": lambda: anna.signal("answered", "42"),
    }
    deeds[what]()
    assert anna.state == ("asking_comment" if what == "press" else "asking_rating")
    assert anna.row.visit > before.visit
    assert anna.row.revision > before.revision, "nobody would be shown where they are now"
    assert (anna.screen.hint == "That button is old.") == (what == "stale")


def test_a_double_press_across_an_upgrade_still_shows_where_the_person_is(anna: Chat) -> None:
    anna.command("start")
    token = anna.press("4")
    Conversation.update(state="asking_why").execute()
    before = anna.row.revision
    anna.press_token(token)
    assert (anna.state, anna.row.revision) == ("asking_rating", before + 1)


# Whatever a client may send


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.PRESS, Kind.COMMAND])
@pytest.mark.parametrize(
    "text", ["", " ", "\0", "\ud800", "🎭" * 5000, "9" * 5000, "/", "//", ":::::", "{rating}", "%s"]
)
def test_nothing_that_is_typed_or_pressed_breaks_a_turn(
    sqlite_db: Any, kind: Kind, text: str
) -> None:
    anna = Chat(feedback_engine())
    anna.command("start")
    anna.press("4")
    anna.do(Event(kind, text))
    assert anna.waiting == 0
    assert InboxEvent.select().where(InboxEvent.attempts > 0).count() == 0
    assert anna.screen.title


def test_a_log_line_is_kept_for_every_event(anna: Chat) -> None:
    anna.fill_in()
    token = anna.press("📨 Send")
    anna.press_token(token)
    anna.press_token("forged")
    anna.signal("read")
    assert TransitionLog.select().count() == InboxEvent.select().count() == 7


def test_an_engine_keeps_nothing_in_memory(anna: Chat, clock: Clock) -> None:
    anna.fill_in()
    token = anna.token("📨 Send")
    anna.engine = feedback_engine(clock=clock)
    anna.press_token(token)
    assert anna.state == "thanked"


def test_the_engine_s_clock_is_the_only_one(anna: Chat, clock: Clock) -> None:
    clock.now = 5.0
    anna.command("start")
    assert (anna.row.created_at, anna.row.active_at, anna.row.differs_since) == (5.0, 5.0, 5.0)


def test_engines_of_two_flows_are_two_engines() -> None:
    assert isinstance(feedback_engine(), Engine)
    assert feedback_engine().flow is not feedback_engine().flow
