"""The flow linter: whoever reads the table knows all that can happen, and nothing is a dead end.

Buttons are what the screens draw of facts: hypothesis makes up the facts, possible or not.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from channels.telegram import Telegram
from core.app.commands.diagram import diagram
from core.app.commands.showing import BLOCK
from core.avatars import access, flow, queries
from core.avatars.dialogue import collecting, edits, effects, guards, linking, painting, support
from core.avatars.dialogue.names import EFFECTS, GUARDS
from core.avatars.facts import AvatarFacts, AvatarLine, Facts, Limits, PhotoFacts, RunFacts
from core.avatars.models import AvatarStatus, AvatarTrainingType, PhotoValidationStatus, RunStatus
from core.avatars.screens import NOTICES, SCREENS, hints, questions, verdicts
from core.avatars.screens.pictures import remarks
from core.avatars.support import TOLD
from core.base.texts import LANGUAGES, translator
from core.conversation import engine
from core.conversation.delivery.channel import Capabilities
from core.conversation.delivery.rendering import render
from core.conversation.flow import QUIET, Flow, Step
from core.conversation.messages import Screen
from core.conversation.reading import UNHEARD
from tests.avatar_facts import STUDIO, any_links, any_studios

ROOT = Path(__file__).parents[2]
TABLE = flow.TABLE
HOME = TABLE.initial
PLAIN = Capabilities(text_length=100_000, payload_bytes=200)
SAME_IN_EVERY_LANGUAGE = {"choosing_language"}
EXAMPLES = 300
PICTURE_NOTICES = {
    "show_pictures": "pictures_came",
    "notice_no_pictures": "pictures_failed",
    "hand_over": "picture_file",
}
PAYS_OR_DESTROYS = {"train", "order", "yes"}


@functools.cache
def bound() -> Flow:
    """The product's flow; nothing of it is fired here."""
    return Flow(TABLE, {**GUARDS, **EFFECTS}, lambda *_: None, SCREENS, NOTICES, LANGUAGES)


# Facts

ids = st.uuids().map(lambda found: found.hex)
names = st.sampled_from(["", "Anna", "Анна Каренина", "👩‍🚀", "x" * 40, "{name} 100%", "/start"])
statuses = st.sampled_from([str(status) for status in AvatarStatus])
types = st.sampled_from([str(kind) for kind in AvatarTrainingType])
percent = st.integers(0, 100)
obstacles = st.sampled_from([None, "busy", *hints.OBSTACLES])
codes = st.sampled_from(["stale", "how_to_send", "avatars_full", "busy", "hint", "unheard of"])

photos = st.builds(
    PhotoFacts,
    id=ids,
    number=st.integers(1, 60),
    status=st.sampled_from([str(status) for status in PhotoValidationStatus]),
    reason=st.sampled_from(["", *verdicts.REASONS, "unheard of"]),
    key=st.none() | st.just("user/avatar/hash"),
    advice=st.lists(st.sampled_from([*verdicts.ADVICE, "unheard of"]), max_size=3).map(tuple),
    mistakable=st.booleans(),
)
runs = st.builds(
    RunFacts,
    status=st.sampled_from([str(status) for status in RunStatus]),
    progress=percent,
    position=st.none() | st.integers(1, 3),
    error_class=st.sampled_from(["", "person", "retry", "operator"]),
    cost_usd=st.sampled_from([None, 0.0, 2.5]),
    left=st.none() | st.floats(-10, 10_000),
)
avatars = st.builds(
    AvatarFacts,
    id=ids,
    name=names,
    gender=st.sampled_from([None, "male", "female", "other"]),
    avatar_type=st.sampled_from([None, "character", "style", "custom"]),
    training_type=types,
    status=statuses,
    progress=percent,
    valid=st.sampled_from([0, 1, 9, 10, 11, 50]),
    pending=st.sampled_from([0, 0, 1, 5]),
    refused=st.lists(photos, max_size=3).map(tuple),
    photos_digest=st.just("0123abcd"),
    run=st.none() | runs,
)
lines = st.builds(AvatarLine, ids, names, statuses, percent, types, st.integers(0, 50))
limits = Limits(10, 10, 50, 40, 24, 512, 10.0, {"portrait": 2.5, "style": 0.0},
                {"portrait": (3, 15), "style": (5, 30)})  # fmt: skip


def facts(asked: st.SearchStrategy[str | None] = st.none()) -> st.SearchStrategy[Facts]:  # noqa: B008
    return st.builds(
        Facts,
        language=st.sampled_from(LANGUAGES),
        person_name=names,
        how_to_send=st.sampled_from(["", "Just send them."]),
        limits=st.just(limits),
        avatars_count=st.sampled_from([0, 1, 3, 10, 11]),
        said=st.lists(st.tuples(codes, st.just({})), max_size=2).map(tuple),
        asked=asked,
        avatar=avatars,
        resumable=st.none() | lines,
        proposed_type=st.sampled_from([None, "portrait", "style"]),
        obstacle=obstacles,
        busy_with=st.none() | lines,
        held=st.sampled_from([0, 1, 3]),
        consented=st.booleans(),
        consent_version=st.just(queries.CONSENT_VERSION),
        page=st.just(2),
        pages=st.sampled_from([2, 3]),
        avatars=st.lists(lines, max_size=6).map(tuple),
        photos=st.lists(photos, max_size=9).map(tuple),
        removed_photo=st.none() | photos,
        training=st.none() | lines,
        finished=st.none() | lines,
        studio=any_studios(names),
        link=any_links(names),
    )


QUESTIONS = tuple(questions._QUESTIONS)
ASKED = st.sampled_from(QUESTIONS)
ANY_FACTS = facts(st.none() | ASKED)


@functools.cache
def made_up() -> list[Facts]:
    """Many facts, the same every time."""
    found: list[Facts] = []

    @settings(max_examples=EXAMPLES, database=None, derandomize=True, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck), deadline=None)  # fmt: skip
    @given(facts())
    def keep(made: Facts) -> None:
        found.append(made)

    keep()
    return found


@functools.cache
def screens(state: str, question: str | None = None) -> list[Screen]:
    """A state's screens for all of them, with a question open or none."""
    some = made_up() if question is None else made_up()[::10]
    return [SCREENS[state](replace(found, asked=question)) for found in some]


@functools.cache
def drawn(state: str, question: str | None = None) -> list[frozenset[str]]:
    """The triggers of the buttons on each of them."""
    return [frozenset(b.trigger for b in s.each_button()) for s in screens(state, question)]


@functools.cache
def shown(state: str) -> frozenset[str]:
    """All that a state's buttons can ever do, questions included."""
    sets = [drawn(state, question) for question in (None, *QUESTIONS)]
    return frozenset[str]().union(*(triggers for found in sets for triggers in found))


@functools.cache
def always_shown(state: str) -> frozenset[str]:
    """What the buttons do that are there whatever the facts, while nothing is asked."""
    return frozenset[str].intersection(*drawn(state))


@functools.cache
def _steps(state: str) -> tuple[Step, ...]:
    return tuple(step for step in bound().steps if step.source == state)


def steps(state: str, *triggers: str) -> Iterator[Step]:
    return (step for step in _steps(state) if step.trigger in triggers)


def has_row(trigger: str, state: str) -> bool:
    return any(True for _ in steps(state, trigger))


# Reach


def test_every_state_is_reached_from_the_main_menu_without_a_command() -> None:
    beside = (*TABLE.signals, TABLE.files, *TABLE.typed, *TABLE.corrections.values())
    reached, frontier = {HOME}, [HOME]
    while frontier:
        state = frontier.pop()
        found = {step.dest for step in steps(state, *shown(state), *beside)} - reached
        reached |= found
        frontier.extend(found)
    assert reached == set(TABLE.states)


def test_every_state_leads_back_to_the_main_menu_by_buttons_that_are_always_there() -> None:
    home, before = {HOME}, set[str]()
    while home != before:
        before = set(home)
        home |= {
            state
            for state in TABLE.states
            for trigger in always_shown(state)
            if (ways := list(steps(state, trigger))) and {way.dest for way in ways} <= home
        }
    assert home == set(TABLE.states)


@pytest.mark.parametrize("state", TABLE.states)
def test_every_screen_has_a_way_on_that_is_always_there(state: str) -> None:
    """No press of it may be refused: its last row has no guard."""
    ways = {trigger: list(steps(state, trigger)) for trigger in always_shown(state)}
    assert any(found and not found[-1].guards for found in ways.values()), ways


def test_a_place_that_depends_on_the_person_leaves_nobody_out() -> None:
    assert set(flow.PLACES) >= {"consent", "entering_name", *flow.ENDED}
    for name, choices in TABLE.places.items():
        guarded = [guard for guard, _ in choices if guard]
        assert len(set(choices)) == len(choices), name
        assert guarded == [g for g in guarded if g.startswith(("returns_to", "belongs_in"))]


# Buttons and rows


@pytest.mark.parametrize("state", TABLE.states)
def test_every_button_of_a_screen_has_a_row(state: str) -> None:
    missing = [trigger for trigger in shown(state) if not has_row(trigger, state)]
    assert not missing, missing


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_can_be_answered_with_no(question: str) -> None:
    asking = [
        state for state in TABLE.states if "no" in frozenset[str]().union(*drawn(state, question))
    ]
    assert asking, "it is never shown"
    for state in asking:
        assert has_row("no", state)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(ANY_FACTS, st.sampled_from(TABLE.states))
def test_every_button_fits_every_channel_and_has_a_label(found: Facts, state: str) -> None:
    screen = SCREENS[state](found)
    for can in (Telegram.capabilities, PLAIN):
        offers = render(screen, can, "k" * 32, 0xFFFFFF).offers
        assert len(offers) == len(list(screen.each_button()))
        assert all(offer.label.strip() for offer in offers)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(ANY_FACTS, st.sampled_from(TABLE.states))
def test_no_two_buttons_of_a_screen_do_the_same(found: Facts, state: str) -> None:
    buttons = [(b.trigger, b.argument) for b in SCREENS[state](found).each_button()]
    same = {button for button in buttons if buttons.count(button) > 1}
    assert not {trigger for trigger, _ in same} - {"pick", "remove_photo", "page"}


def test_every_trigger_can_come_from_somewhere() -> None:
    """From a button, a command, what is typed or sent, or from Likeness itself."""
    buttons = {trigger for state in TABLE.states for trigger in shown(state)}
    notices = {button.trigger for name in NOTICES for button in notice(name, "en").each_button()}
    known = buttons | notices | set(TABLE.commands.values()) | set(TABLE.typed) | TABLE.signals
    known |= set(TABLE.corrections.values())
    assert {trigger for row in TABLE.rows for trigger in row.triggers} == known | {TABLE.files}


def test_every_row_can_be_taken_from_a_screen_that_offers_it() -> None:
    """Else it is a row that nobody can take: commands, texts, files, signals and links aside."""
    beside = {*TABLE.commands.values(), *TABLE.typed, *TABLE.signals, TABLE.files}
    beside |= set(TABLE.corrections.values())
    for row in TABLE.rows:
        for trigger in set(row.triggers) - beside:
            sources = TABLE.sources(row)
            assert any(trigger in shown(source) for source in sources), row


def test_every_command_works_in_every_state() -> None:
    for trigger in TABLE.commands.values():
        assert all(has_row(trigger, state) for state in TABLE.states), trigger


def test_photos_text_and_signals_are_taken_in_every_state() -> None:
    for trigger in (TABLE.files, TABLE.typed[-1], *TABLE.signals):
        assert all(has_row(trigger, state) for state in TABLE.states), trigger


def test_a_person_never_acts_without_an_answer() -> None:
    """Rows that nobody sees belong to signals."""
    quiet = {trigger for row in TABLE.rows if row.dest == QUIET for trigger in row.triggers}
    assert quiet <= TABLE.signals


def test_every_callback_exists_and_takes_what_the_table_gives_it() -> None:
    for step in bound().steps:
        for call in (*step.guards, *step.effects):
            function = (GUARDS if call in step.guards else EFFECTS)[call.name]
            given_ = ["tools", "turn", *([] if call.argument is None else [call.argument])]
            inspect.signature(function).bind(*given_)


def test_every_guard_and_effect_is_in_use() -> None:
    """Found here is what the table has stopped naming."""
    assert {call.name for step in bound().steps for call in step.guards} == set(GUARDS)
    assert {call.name for step in bound().steps for call in step.effects} == set(EFFECTS)


def test_what_pays_or_destroys_says_what_it_agrees_to() -> None:
    found = {
        button
        for state in TABLE.states
        for question in (None, *QUESTIONS)
        for screen in screens(state, question)
        for button in screen.each_button()
        if button.trigger in PAYS_OR_DESTROYS
    }
    assert {button.trigger for button in found} == PAYS_OR_DESTROYS
    assert all(button.confirms for button in found)


# Words


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(ANY_FACTS, st.sampled_from(TABLE.states))
def test_every_state_has_a_screen_in_every_language_whatever_the_facts(
    found: Facts, state: str
) -> None:
    for screen in (in_language(found, state, language) for language in LANGUAGES):
        assert screen.title.strip()
        assert list(screen.each_button())
        assert not re.search(r"\{\w*\}", screen.title + screen.text) or "{name}" in str(found)


@pytest.mark.parametrize("state", sorted(set(TABLE.states) - SAME_IN_EVERY_LANGUAGE))
def test_no_screen_is_left_in_english(state: str) -> None:
    english, russian = (sample(state, language) for language in ("en", "ru"))
    assert english.title != russian.title or state == "avatar_details"
    assert english.text != russian.text or not english.text
    for one, other in zip(english.each_button(), russian.each_button(), strict=True):
        assert (one.trigger, one.argument) == (other.trigger, other.argument)
        assert one.label != other.label or not re.search(
            "[A-Za-z]{3}", one.label.replace("Anna", "")
        )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NOTICES)
def test_every_notice_has_a_text_and_a_way_on(name: str, language: str) -> None:
    screen = notice(name, language)
    assert screen.title
    assert screen.text
    assert all(has_row(b.trigger, state) for b in screen.each_button() for state in TABLE.states)


def test_the_table_posts_no_notice_that_can_not_be_drawn() -> None:
    told = {t for row in TABLE.rows for t in row.triggers if "notice" in map(str, row.effects)}
    by_hand = {"operator_message", "alert", "support_answer"}
    of_pictures = {
        notice for effect, notice in PICTURE_NOTICES.items()
        if any(effect in map(str, row.effects) for row in TABLE.rows)
    }  # fmt: skip
    handed = {
        t for row in TABLE.rows for t in row.triggers if "notice_export" in map(str, row.effects)
    }
    beside = {"export_model"} if handed else set()
    passed = {TOLD for row in TABLE.rows if "pass_on" in map(str, row.effects)}
    posted = {f"training_{trigger}" for trigger in told} | handed | beside | of_pictures | passed
    assert posted == set(NOTICES) - by_hand


def test_everything_that_is_said_has_a_sentence_in_every_language() -> None:
    codes_said = set(said())
    assert len(codes_said) > 20
    for code in codes_said:
        spoken = {language: sentence(code, language) for language in LANGUAGES}
        assert all(spoken.values()), code
        assert len(set(spoken.values())) == len(LANGUAGES), code


def test_no_sentence_waits_for_something_that_nobody_says() -> None:
    assert {*hints.FIXED, *hints.TOLD} <= set(said())


@pytest.mark.parametrize("problem", ["empty", "long", "sign"])
def test_every_problem_with_a_name_has_its_own_sentence(problem: str) -> None:
    others = {"empty", "long", "sign"} - {problem}
    assert sentence("name_rule", "ru", problem=problem) not in {
        sentence("name_rule", "ru", problem=other) for other in others
    }


# The diagram


def test_the_page_of_the_flow_shows_the_diagram_of_the_table_as_it_is() -> None:
    page = (ROOT / "docs" / "flow.md").read_text(encoding="utf-8")
    block = page.partition(BLOCK[0])[2].partition(BLOCK[1])[0]
    assert block.strip() == f"```mermaid\n{diagram().strip()}\n```", "run `make diagram`"


def test_the_diagram_shows_every_state() -> None:
    assert set(TABLE.states) <= set(re.findall(r"\w+", diagram()))


# How


def sample(state: str, language: str) -> Screen:
    avatar = AvatarFacts(
        "0" * 32, "Anna", "female", "character", "portrait", "ready", 0, 10, 0,
        (PhotoFacts("1" * 32, 3, "invalid", "too_small", None),), "0123abcd",
        RunFacts("training", 40, None, "", 0.0, 90.0),
    )  # fmt: skip
    line = AvatarLine("0" * 32, "Anna", "ready", 0, "portrait", 10)
    found = Facts(language, "Anna", "", limits, 1, avatar=avatar, resumable=line, consented=True,
                  studio=STUDIO)  # fmt: skip
    return SCREENS[state](found)


def in_language(found: Facts, state: str, language: str) -> Screen:
    return SCREENS[state](replace(found, language=language))


def notice(name: str, language: str) -> Screen:
    told = {"avatar": "0" * 32, "name": "Anna", "error_class": "retry", "text": "Hello"}
    return NOTICES[name](told, language)


def sentence(code: str, language: str, **told: Any) -> str:
    found = Facts(language, "Anna", "", limits, 1)
    return hints.sentence(code, told, HOME, found, translator(language))


def said() -> Iterator[str]:
    """Every code that the table or the code says, and what can stop a training."""
    for row in TABLE.rows:
        yield from (str(call.argument) for call in row.effects if call.name == "say")
    for module in (collecting, effects, edits, guards, painting, support, engine):
        yield from _said_in(module)
    named = re.findall(r'"(link_\w+)"', inspect.getsource(linking))
    yield from (*{*named} - TABLE.signals, "link_late", "link_refused")
    yield from (f"link_{why}" for why in ("same", "erasing", "training", "pictures"))
    yield from (f"unlink_{why}" for why in ("erasing", "alone", "checking"))
    yield from ("busy", *UNHEARD.values(), *access.WELCOMES, *hints.OBSTACLES)
    yield from (*remarks.OBSTACLES, "no_pictures_daily_limit")


def _said_in(module: ModuleType) -> Iterator[str]:
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            spoken = node.args[-1:] if module is engine else node.args[:1]
            if node.func.attr == "say":
                yield from (
                    part.value for arg in spoken if not isinstance(arg, ast.JoinedStr)
                    for part in ast.walk(arg)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )  # fmt: skip
