"""Who is let in, where not everybody is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from core.app.bootstrap import App, bootstrap
from core.avatars import access
from core.base.settings import Settings
from tests import makers
from tests.conversation.chat import Chat


def test_everybody_is_let_in_where_it_is_open(db: Any) -> None:
    assert access.allowed(makers.settings(), makers.conversation().user.id)


def test_an_invitation_that_is_valid_lets_in_for_good(db: Any) -> None:
    person = makers.conversation().user.id
    settings = makers.settings(access="invite", invites=("spring",))
    assert not access.allowed(settings, person)
    assert access.admit(settings, person, "spring", 0)
    assert access.admit(settings, person, "spring", 1), "who comes again is still welcome"
    assert access.allowed(makers.settings(access="invite"), person)


def test_an_invitation_that_nobody_gave_lets_nobody_in(db: Any) -> None:
    person = makers.conversation().user.id
    settings = makers.settings(access="invite", invites=("spring",))
    assert not access.admit(settings, person, "autumn", 0)
    assert not access.admit(settings, person, "", 0)
    assert not access.allowed(settings, person)


def test_a_list_names_channel_and_chat(db: Any) -> None:
    settings = makers.settings(access="list", people=("telegram:7",))
    assert access.allowed(settings, makers.conversation(channel="telegram", chat="7").user.id)
    assert not access.allowed(settings, makers.conversation(channel="web", chat="7").user.id)
    assert not access.allowed(settings, makers.conversation(channel="telegram", chat="77").user.id)


# What is said of a code


ACCEPTED = "🔑 Your invitation is accepted: you can create avatars now."
ALREADY = "🔑 You have been invited already: there is nothing more to do."
UNKNOWN = "🔑 This invitation isn’t valid. Please check the link, or ask for a new one."


@pytest.fixture
def invited(sqlite_url: str, tmp_path: Path) -> Iterator[App]:
    given = {"ACCESS": "invite", "INVITES": '["Spring_26"]', "DATABASE__URL": sqlite_url}
    given["DATA_DIR"] = str(tmp_path)
    app = bootstrap(Settings.load(environ={f"LIKENESS_{key}": v for key, v in given.items()}))
    yield app
    app.close()
    structlog.reset_defaults()


def test_a_code_is_answered_whether_it_is_right_or_wrong(invited: App) -> None:
    anna = Chat(invited.engine)
    for code, said in (
        ("autumn", UNKNOWN), ("spring_26", UNKNOWN), ("Spring_26", ACCEPTED),
        ("Spring_26", ALREADY), ("autumn", ALREADY), ("", ""),
    ):  # fmt: skip
        anna.command("start", code)
        assert anna.screen.hint == said, code
    assert access.allowed(invited.settings, anna.row.user_id)


def test_it_is_answered_in_russian_too(invited: App) -> None:
    anna = Chat(invited.engine, language="ru")
    anna.command("start", "осень")
    assert anna.screen.hint == "🔑 Такого приглашения нет. Проверьте ссылку или попросите новую."
    anna.command("start", " Spring_26 ")
    assert anna.screen.hint == "🔑 Приглашение принято: теперь можно создавать аватары."


@pytest.mark.parametrize("kind", ["open", "list"])
def test_where_no_invitation_is_needed_nothing_is_said_of_one(db: Any, kind: str) -> None:
    settings = makers.settings(access=kind, invites=("spring",))
    person = makers.conversation().user.id
    assert [access.welcome(settings, person, code, 0) for code in ("spring", "x")] == ["", ""]
