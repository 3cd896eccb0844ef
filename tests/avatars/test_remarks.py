"""Beside what belongs to a state: remarks, questions, and what stops a training."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from core.avatars import screens
from core.avatars.flow import MENUS, STATES, TABLE
from core.avatars.screens import SCREENS, hints
from core.base.texts import LANGUAGES, translator
from core.conversation.messages import Button
from core.conversation.reading import UNHEARD
from tests.avatar_facts import (
    BORIS,
    LINE,
    OTHER_ID,
    READY,
    RUN,
    SAID,
    button,
    facts,
    labels,
    triggers,
)

CORE = Path(screens.__file__).parents[2]

languages = pytest.mark.parametrize("language", LANGUAGES)


# obstacles


@pytest.mark.parametrize("code", [*hints.OBSTACLES, "busy"])
@pytest.mark.parametrize(
    "state",
    [
        "selecting_training_type", "confirming_training_type", "consent", "uploading_photos",
        "confirming_training",
    ],
)  # fmt: skip
def test_what_stops_a_training_is_said_before_photos_are_asked_for(state: str, code: str) -> None:
    stopped = facts(obstacle=code, busy_with=BORIS if code == "busy" else None)
    told = hints.sentence(code, {}, state, stopped, translator("ru"))
    assert told
    assert told in SCREENS[state](stopped).text


def test_it_is_not_said_twice() -> None:
    stopped = facts(obstacle="closed", said=(("closed", {}),))
    screen = SCREENS["confirming_training"](stopped)
    assert "приостановлено" in screen.hint
    assert "приостановлено" not in screen.text


def test_the_avatar_in_the_way_is_named_and_one_press_away() -> None:
    screen = SCREENS["confirming_training"](facts(obstacle="busy", busy_with=BORIS, avatar=READY))
    assert "«Борис»" in screen.text
    assert button(screen, "resume") == Button("⏳ Обучение «Борис» · 40 %", "resume", OTHER_ID)


# questions and remarks


@pytest.mark.parametrize(
    ("state", "asked", "wanted"),
    [
        *((state, "new", ["resume", "create", "no"]) for state in MENUS),
        *((state, "held", ["create", "resume", "no"]) for state in STATES),
        ("training_in_progress", "stop", ["yes", "no"]),
        ("privacy", "erase", ["yes", "no"]),
        ("privacy", "withdraw", ["yes", "no"]),
    ],
)
def test_an_open_question_takes_the_place_of_the_buttons(
    state: str, asked: str, wanted: list[str]
) -> None:
    avatar = {"status": "training", "run": RUN}
    screen = SCREENS[state](facts(asked=asked, avatar=avatar, resumable=LINE, held=3))
    assert triggers(screen) == wanted
    assert "?" in screen.text


@pytest.mark.parametrize(
    ("count", "wanted"),
    [
        (1, "🆕 Создать аватар из него"),
        (3, "🆕 Создать аватар из них"),
        (21, "🆕 Создать аватар из них"),
    ],
)
def test_photos_that_came_early_are_offered_as_an_avatar(count: int, wanted: str) -> None:
    screen = SCREENS["main_menu"](facts(asked="held", held=count, resumable=LINE))
    assert f"Вы прислали {count} фото" in screen.text
    assert labels(screen) == [wanted, "▶️ Добавить к «Анна»", "Нет, не нужно"]


def test_a_question_that_is_no_longer_one_is_not_asked() -> None:
    stopping = {"status": "training", "run": replace(RUN, status="cancelling")}
    assert "yes" not in triggers(
        SCREENS["training_in_progress"](facts(asked="stop", avatar=stopping))
    )


def said_in_code() -> set[str]:
    """Every code that the table, the dialogue, the guards or the engine may say."""
    effects = (effect for row in TABLE.rows for effect in row.effects)
    table = {effect.argument for effect in effects if effect.name == "say" and effect.argument}
    paths = [*CORE.glob("avatars/**/*.py"), *CORE.glob("conversation/*.py")]
    said = re.compile(r"""\bsay\((?:\w+, )?"(\w+)\"""")
    return (
        table
        | set(UNHEARD.values())
        | {code for path in paths for code in said.findall(path.read_text("utf-8"))}
    )


@languages
def test_every_remark_of_the_dialogue_has_its_sentence(language: str) -> None:
    codes = said_in_code()
    assert {"stale", "gone", "held", "held_taken", "removed", "still_checking"} <= codes
    for code in codes:
        assert SCREENS["main_menu"](facts(language, said=((code, {}),))).hint, code


@pytest.mark.parametrize(
    "code", [code for code in SAID if code not in ("something_new", "how_to_send")]
)
def test_a_remark_is_said_in_the_persons_language(code: str) -> None:
    told = (code, {"name": "Анна", "n": 3, "number": 3, "problem": "long"})
    english, russian = (
        SCREENS["entering_name"](facts(language, said=(told,))).hint for language in LANGUAGES
    )
    assert english
    assert russian
    assert english != russian


def test_an_unknown_remark_is_left_out() -> None:
    assert SCREENS["main_menu"](facts(said=(("never_heard_of", {}),))).hint == ""


def test_a_text_where_photos_are_expected_asks_for_a_photo() -> None:
    said: tuple[tuple[str, dict[str, object]], ...] = (("hint", {}),)
    assert "фото" in SCREENS["uploading_photos"](facts(said=said)).hint
    assert "фото" not in SCREENS["main_menu"](facts(said=said)).hint


def test_an_album_that_came_too_late_is_counted() -> None:
    said = {held: hints.sentence("too_late", {}, "", facts(held=held), translator("en"))
            for held in (1, 8)}  # fmt: skip
    assert "without this photo" in said[1]
    assert "8 photos are put aside" in said[8]
