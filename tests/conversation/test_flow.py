"""A dialogue as data: what a flow refuses to be built from, and which row is taken."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from core.base.errors import FlowError
from core.conversation.flow import QUIET, SAME, Call, Flow, Position, Row, Step, Table, row
from core.conversation.messages import Screen
from tests.feedback import TABLE, feedback_flow, methods_of

STATES = ("closed", "open", "locked")
ROWS = (
    row("push", "closed", "open"),
    row("push", "open", "closed"),
    row("lock", "closed", "locked", when="has_key"),
    row("unlock", "locked", "closed", when="has_key"),
)


@dataclass
class Door:
    """What the machine moves, and what it noted."""

    state: str = "closed"
    step: Step | None = None
    key: bool = False
    notes: list[str] = field(default_factory=list)


class Callbacks:
    """Guards and effects; each notes its argument."""

    def has_key(self, door: Door) -> bool:
        return door.key

    def note(self, door: Door, text: str = "without") -> None:
        door.notes.append(text)

    def came_from(self, door: Door, state: str) -> bool:
        return door.notes[-1:] == [state]

    def explode(self, door: Door) -> None:
        raise RuntimeError("boom")


def flow(*rows: Row, **table: Any) -> Flow:
    states = table.pop("states", STATES)
    screens: dict[str, Callable[[Any], Screen]] = dict.fromkeys(states, Screen)
    return Flow(
        Table(states, "closed", rows or ROWS, **table), methods_of(Callbacks()), _facts, screens
    )


def _facts(position: Position, language: str) -> str:
    return f"{position.state} in {language}"


# What is refused when it is built


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ((*ROWS, row("kick", "closed", "ajar")), "'ajar' is not a state"),
        ((*ROWS, row("kick", "HALF", "closed")), "'HALF' is not a state"),
        ((*ROWS, row("kick", "closed", "open", when="strong")), "no function is called 'strong'"),
        (
            (*ROWS, row("kick", "closed", "open", then="break_it")),
            "no function is called 'break_it'",
        ),
        (ROWS[:2], "'locked' can't be reached"),
        ((*ROWS, row("push", "closed", "locked")), "push to locked can never be taken"),
        ((*ROWS, row("push", "ANY", SAME, when="has_key")), None),
    ],
)
def test_a_table_that_contradicts_itself_is_refused_with_the_reason(
    rows: tuple[Row, ...], says: str | None
) -> None:
    if says is None:
        flow(*rows)
    else:
        with pytest.raises(FlowError, match=f"^{says}$"):
            flow(*rows)


def test_every_contradiction_is_named_at_once() -> None:
    with pytest.raises(FlowError, match=r"'ajar' is not a state; .*'locked' can't be reached"):
        flow(ROWS[0], ROWS[1], row("push", "closed", "ajar"))


def test_an_initial_state_must_be_a_state() -> None:
    with pytest.raises(FlowError, match="the initial state 'away' is not a state"):
        Flow(Table(("here",), "away", ()), methods_of(Callbacks()), _facts, {"here": Screen})


def test_every_state_must_have_a_screen() -> None:
    with pytest.raises(FlowError, match="the state 'locked' has no screen"):
        Flow(
            Table(STATES, "closed", ROWS),
            methods_of(Callbacks()),
            _facts,
            {"closed": Screen, "open": Screen},
        )


@pytest.mark.parametrize("text", ["say(a", "say)", "a b", "not not a", "say(a)(b)", "!a", ""])
def test_what_is_neither_a_guard_nor_an_effect_is_refused(text: str) -> None:
    with pytest.raises(FlowError, match="is not a guard or an effect"):
        Call.read(text)


def test_a_guard_is_written_as_it_is_read() -> None:
    for text in ("asked", "asked(stop)", "not asked(new)", "say()"):
        assert str(Call.read(text)) == text
    assert Call.read(" not asked(stop) ") == Call("asked", "stop", negated=True)


# Which row is taken


def test_a_trigger_moves_to_the_rows_destination() -> None:
    door, doors = Door(), flow()
    step = doors.fire(door, "push")
    assert step is not None
    assert (door.state, step.source, step.dest) == ("open", "closed", "open")


def test_a_trigger_that_no_row_takes_changes_nothing() -> None:
    door = Door("locked")
    assert flow().fire(door, "push") is None
    assert flow().fire(door, "no such trigger") is None
    assert (door.state, door.step) == ("locked", None)


def test_the_first_row_whose_guard_holds_is_taken() -> None:
    doors = flow(
        *ROWS,
        row("kick", "closed", "locked", when="has_key", then="note(first)"),
        row("kick", "closed", "open", then="note(second)"),
    )
    with_key, without = Door(key=True), Door()
    doors.fire(with_key, "kick")
    doors.fire(without, "kick")
    assert (with_key.state, with_key.notes) == ("locked", ["first"])
    assert (without.state, without.notes) == ("open", ["second"])


def test_a_guard_may_be_turned_round() -> None:
    doors = flow(*ROWS, row("kick", "closed", "open", when="not has_key"))
    assert doors.fire(Door(key=True), "kick") is None
    assert doors.fire(Door(key=False), "kick") is not None


def test_effects_run_in_order_with_the_arguments_that_the_table_gives_them() -> None:
    door = Door()
    flow(*ROWS, row("kick", "closed", SAME, then="note(a b), note")).fire(door, "kick")
    assert door.notes == ["a b", "without"]


def test_an_effects_error_comes_through() -> None:
    with pytest.raises(RuntimeError, match="boom"):
        flow(*ROWS, row("kick", "closed", "open", then="explode")).fire(Door(), "kick")


def test_a_row_may_have_several_triggers_and_sources() -> None:
    doors = flow(*ROWS, row("kick shove", "closed locked", "open"))
    for trigger in ("kick", "shove"):
        for source in ("closed", "locked"):
            door = Door(source)
            doors.fire(door, trigger)
            assert door.state == "open"


def test_a_group_stands_for_its_states_and_any_for_all() -> None:
    doors = flow(
        *ROWS,
        row("kick", "SHUT", "open"),
        row("stay", "ANY", SAME),
        groups={"SHUT": ("closed", "locked")},
    )
    assert [doors.fire(Door(state), "kick") is not None for state in STATES] == [True, False, True]
    assert [doors.fire(Door(state), "stay") is not None for state in STATES] == [True] * 3


def test_same_keeps_the_state_and_quiet_says_that_nobody_sees_it() -> None:
    doors = flow(*ROWS, row("look", "ANY", SAME), row("listen", "ANY", QUIET))
    door = Door("open")
    look, listen = doors.fire(door, "look"), doors.fire(door, "listen")
    assert look is not None
    assert listen is not None
    assert (door.state, look.quiet, listen.quiet) == ("open", False, True)


def test_a_place_leads_to_the_first_destination_whose_guard_holds() -> None:
    doors = flow(
        *ROWS,
        row("return", "ANY", "↩"),
        places={
            "↩": (("came_from(open)", "open"), ("came_from(locked)", "locked"), ("", "closed"))
        },
    )
    for notes, dest in ((["open"], "open"), (["locked"], "locked"), ([], "closed")):
        door = Door("closed", notes=notes)
        doors.fire(door, "return")
        assert door.state == dest


def test_a_row_before_a_place_that_may_be_nowhere_falls_through_to_the_next() -> None:
    doors = flow(
        *ROWS,
        row("return", "ANY", "↩"),
        row("return", "ANY", "locked"),
        places={"↩": (("came_from(open)", "open"),)},
    )
    door = Door()
    doors.fire(door, "return")
    assert door.state == "locked"


def test_a_row_that_only_partly_stands_behind_another_is_kept() -> None:
    doors = flow(*ROWS, row("kick", "closed", "open"), row("kick", "ANY", "locked"))
    closed, opened = Door("closed"), Door("open")
    doors.fire(closed, "kick")
    doors.fire(opened, "kick")
    assert (closed.state, opened.state) == ("open", "locked")


def test_conversations_share_one_machine_without_touching_each_other() -> None:
    doors, one, other = flow(), Door(), Door("open")
    doors.fire(one, "push")
    assert (one.state, other.state) == ("open", "open")
    doors.fire(other, "push")
    assert (one.state, other.state) == ("open", "closed")


# Texts and languages


def test_free_text_fires_the_most_particular_trigger_that_the_state_has() -> None:
    form = feedback_flow()
    assert (form.typed("asking_comment"), form.takes_text("asking_comment")) == ("comment", True)
    assert (form.typed("asking_rating"), form.takes_text("asking_rating")) == ("text", False)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("ru", "ru"), ("ru-RU", "ru"), ("ru_RU", "ru"), ("RU", "ru"), ("de", "en"), ("", "en")],
)
def test_the_language_is_the_clients_where_we_speak_it(wanted: str, found: str) -> None:
    assert feedback_flow().language(wanted) == found


def test_a_state_that_the_table_no_longer_knows_is_drawn_as_the_initial_one() -> None:
    position = Position(1, UUID(int=1), "test", "gone", 1, 1, {}, "en", "")
    assert feedback_flow().draw(position).title == "How was it?"


def test_a_screen_can_be_drawn_in_another_language_than_the_persons() -> None:
    position = Position(1, UUID(int=1), "test", "asking_rating", 1, 1, {}, "en", "")
    assert feedback_flow().draw(position, "ru").title == "Как вам?"


def test_each_step_knows_the_row_it_came_from() -> None:
    assert {step.row for step in feedback_flow().steps} == set(TABLE.rows)
