"""Names as people write them: counted and cut by what is seen, kept with all that makes it so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from core.app.bootstrap import App
from core.avatars import naming
from core.avatars.models import Avatar
from core.avatars.screens import SCREENS
from core.base import graphemes
from core.base.graphemes import length, shorten
from core.operation.metrics import people
from tests.avatar_facts import facts, labels
from tests.avatars.photo_house import opened
from tests.conversation.chat import Chat

FAMILY = "👨‍👩‍👧‍👦"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
PERSIAN = "می\u200cخواهم"
WHOLE = (
    "Anna", f"Anna {FAMILY}", f"Anna {ENGLAND}", "Anna 🇩🇪🇫🇷", PERSIAN, "ශ්\u200dරී", "Anna ❤️",
    "Zoe\u0308", "नमस्ते", "Anna 👩🏽‍🎨", "क\u200d्ष",
)  # fmt: skip

names = pytest.mark.parametrize("name", WHOLE)


@pytest.fixture
def chat(database_url: str, tmp_path: Path) -> Iterator[Chat]:
    """Somebody who is asked for a name."""
    app: App = opened(database_url, tmp_path / "data")
    chat = Chat(app.engine)
    chat.command("start")
    for label in ("🆕 Create avatar", "🎭 Portrait (recommended)", "Female"):
        chat.press(label)
    yield chat
    app.close()
    structlog.reset_defaults()


@names
def test_a_name_stays_as_it_was_written(name: str) -> None:
    assert naming.tidy(f"  {name} ") == name
    assert naming.problem(name, 40) is None


def test_a_name_reaches_the_avatar_and_its_buttons_whole(chat: Chat) -> None:
    name = f"{PERSIAN} {ENGLAND}"
    chat.say(name)
    assert (chat.state, Avatar.get().name) == ("consent", name)
    chat.say("/menu")
    assert any(name in offer.label for offer in chat.rendered.offers)


@pytest.mark.parametrize("text", ["алёна", "Алена", "АЛЕ", "алена ё"])
def test_an_avatar_is_found_by_its_name_however_ё_is_written(chat: Chat, text: str) -> None:
    chat.say("Алёна Ё.")
    assert [person.avatars for person in people.search(text)] == [1]
    assert people.search("Алина") == []


def test_forty_is_what_a_person_counts(chat: Chat) -> None:
    chat.say(f"A{FAMILY * 40}")
    assert chat.screen.hint == "That name is too long: 40 characters at most, please."
    chat.say(f"A{FAMILY * 39}")
    assert (chat.state, Avatar.get().name) == ("consent", f"A{FAMILY * 39}")


def test_one_character_may_not_hide_a_thousand(chat: Chat) -> None:
    chat.say("Z" + "\u0301" * 1000)
    assert chat.state == "entering_name"
    assert "too long" in chat.screen.hint


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\u202eannA", "annA"),
        ("An\u200bna", "An na"),
        ("\u200cAnna\u200d", "Anna"),
        ("An\u200c\u200c\u200cna", "An\u200cna"),
        ("Anna\U000e0067\U000e007f", "Anna"),
        ("a\x00b", "a b"),
        ("An\u00adna", "Anna"),
        ("An\u2060na\ufeff", "Anna"),
        ("\u0645\u0631\u200f\u062d\u0628\u0627", "\u0645\u0631\u062d\u0628\u0627"),
        ("\u2066Anna\u2069 \u05e9\u200e\u05dc", "Anna \u05e9\u05dc"),
    ],
)
def test_what_only_hides_goes(typed: str, kept: str) -> None:
    assert naming.tidy(typed) == kept


@pytest.mark.parametrize("typed", ["\u200c", "\u200d\u200c", ENGLAND, "❤️", "🇩🇪"])
def test_a_name_without_a_letter_is_none(typed: str) -> None:
    assert naming.problem(naming.tidy(typed), 40) in ("empty", "sign")


@pytest.mark.parametrize("person", [f"Anna {ENGLAND}", f"A{FAMILY * 39}"])
def test_the_own_name_is_offered_by_the_same_rule(person: str) -> None:
    offered = labels(SCREENS["entering_name"](facts("en", person_name=person)))
    assert offered[0].startswith("Call it “A")


@given(st.lists(st.sampled_from((*WHOLE, FAMILY, ENGLAND, "🇩🇪", "é", "e\u0301")), max_size=9))
def test_a_name_is_cut_between_the_characters_that_are_seen(parts: list[str]) -> None:
    text = "".join(parts)
    whole = list(graphemes.clusters(text))
    for limit in range(1, length(text)):
        short = shorten(text, limit)
        assert length(short) <= limit
        kept = list(graphemes.clusters(short.removesuffix("…")))
        assert kept == whole[: len(kept)]
