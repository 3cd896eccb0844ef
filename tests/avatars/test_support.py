"""Writing to whoever runs the bot: what is passed on, what is not, and how an answer comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from channels.web import transcript
from core.app.bootstrap import App, bootstrap
from core.avatars import restrictions
from core.avatars.support import SupportMessage, forget
from core.base.db import run, transaction
from core.base.errors import LikenessError
from core.base.settings import Settings
from core.conversation.delivery.rendering import Rendered
from core.conversation.delivery.sending.outbox import take_notices
from core.conversation.messages import Event, Kind
from core.operation.admin_actions import AdminActions
from core.operation.auth import Visitor
from core.operation.metrics import support
from core.operation.metrics.journey.timeline import timeline
from core.operation.metrics.scope import text_id
from tests.conversation.chat import BUTTONS, Chat

HELLO = "Where is my avatar? {x} <b>"
PASSED_ON = "✅ Passed on. The answer will come to this chat."


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[App]:
    given = {
        "DATABASE__URL": database_url,
        "DATA_DIR": str(tmp_path),
        "ALERTS__ADMINS": "test:boss,test:stranger",
        "OPERATOR__NAME": "Anna Berg",
        "OPERATOR__CONTACT": "@annaberg",
        "OPERATOR__MESSAGES_PER_DAY": "2",
        "OPERATOR__MESSAGE_LENGTH": "100",
    }
    made = bootstrap(Settings.load(environ={f"LIKENESS_{key}": v for key, v in given.items()}))
    yield made
    made.close()
    structlog.reset_defaults()


@pytest.fixture
def boss(app: App) -> Chat:
    """The admin; the second one has never written."""
    chat = Chat(app.engine, "boss")
    chat.command("start")
    return chat


@pytest.fixture
def anna(app: App) -> Chat:
    chat = Chat(app.engine, "anna")
    chat.command("start")
    chat.command("support")
    return chat


def actions(app: App) -> AdminActions:
    return AdminActions(app, Visitor("boss", "admin"))


def notices(app: App, chat: Chat) -> list[Rendered]:
    return take_notices(app.engine, chat.id, BUTTONS)


def only() -> SupportMessage:
    (found,) = SupportMessage.select()
    return found


def test_a_message_reaches_the_admins_and_the_answer_comes_back(
    app: App, boss: Chat, anna: Chat
) -> None:
    assert "@annaberg" in anna.screen.text
    anna.say(HELLO)
    assert (anna.screen.hint, anna.state) == (PASSED_ON, "writing_to_support")
    (told,) = notices(app, boss)
    number = only().id
    assert told.title == f"💬 A message for you, №{number}"
    assert HELLO in told.text
    assert "From: anna" in told.text
    assert f"likeness support answer {number}" in told.text
    actions(app).answer(number, " Soon. ")
    (answer,) = notices(app, anna)
    assert (answer.title, answer.body) == ("💬 Answer from Anna Berg", "Soon.")
    again = answer.rows[0][0]
    anna.command("menu")
    anna.press_token(again.token)
    assert anna.state == "writing_to_support", "its button never grows old"


def test_it_is_answered_once_and_audited_without_a_word_of_it(app: App, anna: Chat) -> None:
    anna.say(HELLO)
    actions(app).answer(only().id, "Soon.")
    with pytest.raises(LikenessError, match="answered already"):
        actions(app).answer(only().id, "Later.")
    with pytest.raises(LikenessError, match="no such message"):
        actions(app).answer(0, "Hello?")
    actions(app).answer(only().id, "  ")
    audit = run("SELECT who, action, subject, detail FROM audit").fetchall()
    assert [tuple(row) for row in audit] == [("boss", "answer", str(only().id), "5 letters")]
    assert [notice.body for notice in notices(app, anna)] == ["Soon."]


def test_one_goes_back_to_where_one_was(app: App) -> None:
    anna = Chat(app.engine, "anna")
    anna.command("start")
    anna.press("🆕 Create avatar")
    anna.command("help")
    anna.press("💬 Write to us")
    anna.say(HELLO)
    anna.press("◀️ Back")
    assert anna.state == "selecting_training_type"


def test_what_is_empty_too_long_or_too_much_is_not_passed_on(app: App, anna: Chat) -> None:
    anna.say("\0 ")
    assert anna.screen.hint == "Please type your message: a word is enough."
    anna.say("x" * 101)
    assert anna.screen.hint == "That message is too long: 100 characters at most, please."
    assert SupportMessage.select().count() == 0
    anna.say("One", "Two", "Three")
    assert anna.screen.hint.startswith("You’ve reached today’s limit of messages.")
    assert [message.text for message in SupportMessage.select()] == ["One", "Two"]
    SupportMessage.update(at=SupportMessage.at - 86_400).execute()
    anna.say("Four")
    assert anna.screen.hint == PASSED_ON


def test_whoever_is_blocked_may_write(app: App, anna: Chat) -> None:
    restrictions.block(anna.row.user_id, 1.0, "boss")
    anna.say(HELLO)
    assert only().text == HELLO


def test_a_photo_is_no_message(app: App, anna: Chat) -> None:
    anna.photo()
    assert SupportMessage.select().count() == 0
    assert anna.memory["asked"] == "held", "it is put aside, as anywhere"
    anna.photo("another", caption="Look at this")
    assert only().text == "Look at this", (
        "what stands beside it answers what was asked, as anywhere"
    )


def test_without_an_admins_chat_it_is_kept_all_the_same(app: App, anna: Chat) -> None:
    anna.say(HELLO)
    assert (only().text, only().told) == (HELLO, "[]")
    assert anna.screen.hint == PASSED_ON


def test_what_is_erased_is_not_told_any_more(app: App, boss: Chat, anna: Chat) -> None:
    anna.say(HELLO)
    forget(SupportMessage.user == anna.row.user_id)
    (told,) = notices(app, boss)
    assert told.body == "It has been deleted."


def test_a_message_is_erased_from_an_admins_own_page_too(app: App, boss: Chat, anna: Chat) -> None:
    ben = Chat(app.engine, "ben")
    ben.command("support")
    ben.say("And mine?")
    anna.say(HELLO)
    with transaction():
        for told in notices(app, boss):
            transcript.add(boss.id, "bot", transcript.notice(told))
        transcript.add(boss.id, "bot", {"title": "Main menu", "text": ""})
    erase(app, anna)
    left = [entry.content["text"] for entry in transcript.newest(boss.id)]
    assert len(left) == 2
    assert "And mine?" in left[0]
    assert HELLO not in json.dumps(left)
    assert SupportMessage.select().count() == 1


def erase(app: App, chat: Chat) -> None:
    chat.command("privacy")
    chat.press("🔥 Delete everything")
    chat.press("Yes, delete everything")


def test_the_dashboards_numbers_are_those_of_the_person(app: App, anna: Chat) -> None:
    anna.say(HELLO)
    user_id = anna.row.user_id.hex
    (letter,) = support.of_person(user_id)
    assert (letter.text, letter.name, letter.user_id) == (HELLO, "anna", text_id(user_id))
    assert [waiting.id for waiting in support.waiting()] == [letter.id]
    actions(app).answer(letter.id, "Soon.")
    assert support.waiting() == []
    (letter,) = support.of_person(user_id)
    assert (letter.answer, letter.who) == ("Soon.", "boss")
    written = [m for m in timeline(user_id) if m.kind == "support"]
    assert [moment.what for moment in written] == ["answered", "written"]
    assert all(not moment.about for moment in written), "without a word of it"


def test_an_edited_message_is_passed_on_anew(app: App, anna: Chat) -> None:
    anna.write("Hello", "7")
    anna.write("Hello!", "7", edited=True)
    assert [message.text for message in SupportMessage.select()] == ["Hello", "Hello!"]


def test_the_command_is_known_in_russian(app: App) -> None:
    anna: Any = Chat(app.engine, "anna", "ru")
    anna.command("start")
    anna.say("Написать нам")
    assert anna.screen.title == "💬 Написать нам"
    anna.do(Event(Kind.TEXT, "Где мой аватар?"))
    assert anna.screen.hint == "✅ Передали. Ответ придёт в этот чат."
