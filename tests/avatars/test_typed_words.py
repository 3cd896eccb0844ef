"""What commands are called can be typed, and does what it says, where a name is asked too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from core.app.bootstrap import App
from core.avatars.flow import TABLE
from core.avatars.models import Avatar
from core.avatars.screens.buttons import unseen
from core.base.db import run
from core.conversation.replies import words
from tests.avatars.test_limits import wired
from tests.conversation.chat import PLAIN, Chat

WAY = ("🆕 Create avatar", "🎭 Portrait (recommended)", "Female")
LEADS_TO = [
    ("Help", "help"), ("help!", "help"), ("Помощь", "help"), ("/help", "help"),
    ("/помощь", "help"), ("Cancel", "avatar_menu"), ("отмена", "avatar_menu"),
    ("Отменить", "avatar_menu"), ("/cancel", "avatar_menu"), ("menu", "main_menu"),
    ("Главное меню", "main_menu"), ("Мои данные", "privacy"), ("Language", "choosing_language"),
]  # fmt: skip

typed = pytest.mark.parametrize(("text", "state"), LEADS_TO)


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path) -> Iterator[App]:
    app = wired((sqlite_url, str(tmp_path / "data")))
    yield app
    app.close()
    structlog.reset_defaults()


@pytest.fixture
def chat(house: App) -> Chat:
    """Somebody who is asked for a name."""
    chat = Chat(house.engine)
    chat.command("start")
    for label in WAY:
        chat.press(label)
    assert chat.state == "entering_name"
    return chat


@typed
def test_where_a_name_is_asked_the_word_is_no_name(chat: Chat, text: str, state: str) -> None:
    chat.say(text)
    assert (chat.state, Avatar.get().name) == (state, "")


@typed
def test_where_a_name_is_changed_it_stays(chat: Chat, text: str, state: str) -> None:
    chat.say("Anna", "/cancel")
    chat.press("📁 My avatars (1)")
    chat.press(chat.rendered.offers[0].label)
    chat.press("✏️ Edit")
    chat.say(text)
    assert (chat.state, Avatar.get().name) == (state, "Anna")


def test_a_name_that_only_begins_like_such_a_word_is_a_name(chat: Chat) -> None:
    chat.say("Help me, Anna")
    assert (chat.state, Avatar.get().name) == ("consent", "Help me, Anna")


def test_a_command_that_there_is_not_is_no_name_and_nothing_is_wrong_with_its_letters(
    chat: Chat,
) -> None:
    chat.say("/imagine")
    assert (chat.state, Avatar.get().name) == ("entering_name", "")
    assert chat.screen.hint == "Please type a name: one letter is enough."


def test_a_button_in_sight_comes_before_the_command_of_its_name(chat: Chat) -> None:
    chat.say("Назад")
    assert chat.state == "selecting_gender"


def test_every_word_is_a_command_and_only_one() -> None:
    assert {button.trigger for button in unseen()} == set(TABLE.commands.values())
    spelled = [words(button.label) for button in unseen()]
    assert len(set(spelled)) == len(spelled)


def _asked_to_delete(chat: Chat) -> None:
    chat.say("Anna", "/cancel")
    chat.press("📁 My avatars (1)")
    chat.press(chat.rendered.offers[0].label)
    chat.press("🗑 Delete")
    chat.show(PLAIN)
    assert chat.state == "deleting_avatar"


def test_yes_is_enough_where_nothing_lies_below_the_question(chat: Chat) -> None:
    _asked_to_delete(chat)
    chat.say("yes")
    assert Avatar.select().count() == 0


@pytest.mark.parametrize("yes", ["yes", "Да"])
def test_yes_destroys_nothing_where_a_notice_came_after_the_question(chat: Chat, yes: str) -> None:
    _asked_to_delete(chat)
    run("UPDATE conversations SET post_revision = shown_revision + 1")  # as a notice that was sent
    chat.say(yes)
    assert (Avatar.get().name, chat.state) == ("Anna", "deleting_avatar")
    chat.say("Yes, delete for good")
    assert Avatar.select().count() == 0


def test_yes_destroys_nothing_before_the_question_was_shown(chat: Chat) -> None:
    chat.say("Anna", "/cancel")
    chat.press("📁 My avatars (1)")
    chat.press(chat.rendered.offers[0].label)
    chat.show(PLAIN)
    chat.press("🗑 Delete")
    chat.say("yes")
    assert (Avatar.get().name, chat.state) == ("Anna", "deleting_avatar")
