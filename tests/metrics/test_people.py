"""Somebody is found by whatever is known of them, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from core.base.folding import folded
from core.conversation.models import User
from core.operation.metrics import people
from tests import makers


@pytest.fixture
def anna(db: Any) -> str:
    name = "Анна O’Neil_Ёжикова"
    owner = makers.conversation(channel="telegram", chat="77")
    User.update(name=name, sought=folded(name), username="Anna_77x").execute()
    makers.conversation(chat="88")
    return str(owner.user_id)


@pytest.mark.parametrize(
    "text",
    [
        "анна",
        "АННА",
        "Анна o’n",
        "l_ё",
        " @Ёжик",
        "77",
        "ЁЖИКОВА\0",
        "\0Анна",
        "ежикова",
        "_Е",
        "е\u0308жикова",
    ],
)
def test_a_part_of_a_name_is_enough_in_any_script_and_case(anna: str, text: str) -> None:
    assert [person.user_id for person in people.search(text)] == [anna]


@pytest.mark.parametrize("text", ["@Anna_77x", "anna_77X"])
def test_whoever_is_known_by_a_username_is_found_by_it(anna: str, text: str) -> None:
    assert [(person.user_id, person.username) for person in people.search(text)] == [
        (anna, "Anna_77x")
    ]


@pytest.mark.parametrize("text", ["%", "!", "l%ё", "Анна Ёжикова", "7", "x" * 5000])
def test_what_nobody_is_called_finds_nobody(anna: str, text: str) -> None:
    assert people.search(text) == []


@pytest.mark.parametrize("text", ["", " ", "@", "\0"])
def test_without_a_text_everybody_is_there(anna: str, text: str) -> None:
    assert len(people.search(text)) == 2
