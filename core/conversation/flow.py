"""A dialogue as data: states and rows, checked when it is built, fired by `transitions`.

A `Table` is pure data. A `Flow` binds the guards and effects that it names, expands the places
that depend on the person ("where they came from"), and knows the screens. Whoever reads the table
knows everything that can happen.

Longer than 300 lines because a table's notation, its checks and its firing are read together.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from transitions import EventData, Machine

from core.base.errors import FlowError
from core.conversation.messages import Button, Screen, in_words

SAME = "="
QUIET = "–"
_CALL = re.compile(r"(?P<negated>not )?(?P<name>\w+)(?:\((?P<argument>[^()]*)\))?\Z")


@dataclass(frozen=True, slots=True)
class Call:
    """A guard or effect as the table writes it: `say(limit)`, `not asked(new)`."""

    name: str
    argument: str | None = None
    negated: bool = False

    @classmethod
    def read(cls, text: str) -> Call:
        """Parse one; raises FlowError."""
        found = _CALL.match(text.strip())
        if found is None:
            raise FlowError(f"{text!r} is not a guard or an effect")
        return cls(found["name"], found["argument"], bool(found["negated"]))

    def __str__(self) -> str:
        argument = "" if self.argument is None else f"({self.argument})"
        return f"{'not ' if self.negated else ''}{self.name}{argument}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `dest` is a state, SAME, QUIET (nobody sees it) or a place's name."""

    triggers: tuple[str, ...]
    sources: tuple[str, ...]
    dest: str
    guards: tuple[Call, ...] = ()
    effects: tuple[Call, ...] = ()


def row(trigger: str, source: str, dest: str, when: str = "", then: str = "") -> Row:
    """A row in the table's own notation: names by spaces, guards and effects by commas."""
    return Row(
        tuple(trigger.split()),
        tuple(source.split()),
        dest,
        tuple(Call.read(part) for part in when.split(",") if part.strip()),
        tuple(Call.read(part) for part in then.split(",") if part.strip()),
    )


@dataclass(frozen=True, slots=True)
class Table:
    """States and rows.

    `groups` are names for several states; ANY is all of them. `places` are destinations that
    depend on the person: the first whose guard holds. `commands` maps a command to its trigger,
    `typed` lists the triggers that take free text, the most particular first, `signals` those
    that only Likeness itself fires (`ticks` among them may wait, being mere progress), `files`
    is the one that takes photos and files. `corrections` maps a trigger that takes text to the
    one that takes the same text once its message was edited. `always` is an effect that follows
    every step that is seen.
    """

    states: tuple[str, ...]
    initial: str
    rows: tuple[Row, ...]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    typed: tuple[str, ...] = ("text",)
    signals: frozenset[str] = frozenset()
    ticks: frozenset[str] = frozenset()
    files: str = "photo"
    always: str = ""
    corrections: Mapping[str, str] = field(default_factory=dict)

    def sources(self, row: Row) -> tuple[str, ...]:
        """The states that a row applies to, its groups spelled out."""
        named = {"ANY": self.states, **self.groups}
        return tuple(
            dict.fromkeys(state for name in row.sources for state in named.get(name, (name,)))
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One transition after expansion; `quiet` leaves no trace that the person sees."""

    trigger: str
    source: str
    dest: str
    guards: tuple[Call, ...]
    effects: tuple[Call, ...]
    quiet: bool
    row: Row


@dataclass(frozen=True, slots=True)
class Position:
    """Where a conversation stands: what facts are loaded from.

    `seen` is the revision in sight. `cache` holds what was loaded for this moment already.
    """

    conversation_id: int
    user_id: uuid.UUID
    channel: str
    state: str
    visit: int
    revision: int
    memory: Mapping[str, Any]
    language: str
    name: str
    seen: int = 0
    cache: dict[str, Any] = field(default_factory=dict, compare=False)


class Fired(Protocol):
    """What the machine moves: a turn, with the state in `state` and the step taken in `step`."""

    state: str
    step: Step | None


class Flow:
    """A table bound to its functions and screens.

    `callbacks` holds a function for each guard and effect, called with the turn (and the argument
    that the table gives it). `facts` loads what a screen may know; `screens` draws each state
    from facts alone, `notices` each notice from its parameters and a language. `languages` are
    those it can speak, the first being the fallback. `unseen` are buttons that can be typed
    wherever they are not shown. `spell` says, in a language, that a list's line must be typed: in
    these words, or in its own where they are "". `reworded` gives a label of one of the languages
    in another one. Raises FlowError where it doesn't fit.
    """

    def __init__(
        self,
        table: Table,
        callbacks: Mapping[str, Callable[..., object]],
        facts: Callable[[Position, str], Any],
        screens: Mapping[str, Callable[[Any], Screen]],
        notices: Mapping[str, Callable[[Mapping[str, Any], str], Screen]] | None = None,
        languages: Sequence[str] = ("en",),
        unseen: Sequence[Button] = (),
        spell: Callable[[str, str], str] = lambda words, _language: in_words(words),
        reworded: Callable[[str, str], str] = lambda label, _language: label,
    ) -> None:
        self.table = table
        self.facts, self.screens, self.notices = facts, screens, notices or {}
        self.languages, self.unseen = tuple(languages), tuple(unseen)
        self.spell, self.reworded = spell, reworded
        self._callbacks = callbacks
        self.steps = tuple(self._expand())
        self._taken = {(step.trigger, step.source) for step in self.steps}
        self._check()
        self._machine = self._build()
        self._built: set[str] = set()
        self._building = threading.Lock()

    def fire(self, turn: Fired, trigger: str) -> Step | None:
        """Take the first step of this trigger whose guards hold; None where there is none."""
        turn.step = None
        if trigger not in self._built:
            self._add(trigger)
        event = self._machine.events.get(trigger)
        if event is not None:
            event.trigger(turn)
        return turn.step

    def draw(self, position: Position, language: str | None = None) -> Screen:
        """The screen of a position; reads facts from the database."""
        state = position.state if position.state in self.screens else self.table.initial
        return self.screens[state](self.facts(position, language or position.language))

    def language(self, wanted: str) -> str:
        """The best of our languages for a client's (BCP 47) tag."""
        primary = wanted.replace("_", "-").split("-")[0].lower()
        return primary if primary in self.languages else self.languages[0]

    def typed(self, state: str) -> str:
        """The trigger of a free text: the most particular one that the state has a row for."""
        return next(
            (t for t in self.table.typed if (t, state) in self._taken), self.table.typed[-1]
        )

    def takes_text(self, state: str) -> bool:
        """Whether a free text means something of its own in this state."""
        return self.typed(state) != self.table.typed[-1]

    def _expand(self) -> Iterator[Step]:
        always = (Call(self.table.always),) if self.table.always else ()
        for row in self.table.rows:
            for source in self.table.sources(row):
                for guard, dest in self._destinations(row, source):
                    extra = (Call.read(guard),) if guard else ()
                    quiet = row.dest == QUIET
                    effects = row.effects if quiet else row.effects + always
                    for trigger in row.triggers:
                        yield Step(trigger, source, dest, row.guards + extra, effects, quiet, row)

    def _destinations(self, row: Row, source: str) -> Sequence[tuple[str, str]]:
        if row.dest in (SAME, QUIET):
            return (("", source),)
        return self.table.places.get(row.dest, (("", row.dest),))

    def _check(self) -> None:
        problems = [*self._unknown_names(), *self._shadowed(), *self._unreachable()]
        if problems:
            raise FlowError("; ".join(problems))

    def _unknown_names(self) -> Iterator[str]:
        states = set(self.table.states)
        if self.table.initial not in states:
            yield f"the initial state {self.table.initial!r} is not a state"
        for state in dict.fromkeys(s for step in self.steps for s in (step.source, step.dest)):
            if state not in states:
                yield f"{state!r} is not a state"
        for state in self.table.states:
            if state not in self.screens:
                yield f"the state {state!r} has no screen"
        for name in dict.fromkeys(
            call.name for step in self.steps for call in step.guards + step.effects
        ):
            if name not in self._callbacks:
                yield f"no function is called {name!r}"

    def _shadowed(self) -> Iterator[str]:
        closed: set[tuple[str, str]] = set()
        alive: dict[int, bool] = {}
        for step in self.steps:
            index = id(step.row)
            alive[index] = alive.get(index, False) or (step.trigger, step.source) not in closed
            if not step.guards:
                closed.add((step.trigger, step.source))
        for row in self.table.rows:
            if not alive[id(row)]:
                yield f"{' '.join(row.triggers)} to {row.dest} can never be taken"

    def _unreachable(self) -> Iterator[str]:
        reached, frontier = {self.table.initial}, [self.table.initial]
        while frontier:
            state = frontier.pop()
            found = {step.dest for step in self.steps if step.source == state} - reached
            reached |= found
            frontier.extend(found)
        for state in self.table.states:
            if state not in reached:
                yield f"{state!r} can't be reached"

    def _build(self) -> Machine:
        """One machine for all conversations: a turn is its model only while it fires."""
        return Machine(
            model=None,
            states=list(self.table.states),
            initial=self.table.initial,
            auto_transitions=False,
            send_event=True,
            ignore_invalid_triggers=True,
        )

    def _add(self, trigger: str) -> None:
        """Build a trigger's transitions when it first fires: all of them take a start 0.2 s."""
        with self._building:
            if trigger in self._built:
                return
            for step in self.steps:
                if step.trigger == trigger:
                    self._machine.add_transition(
                        trigger,
                        step.source,
                        step.dest,
                        conditions=[self._guard(step)] if step.guards else None,
                        after=[self._effect(step)],
                    )
            self._built.add(trigger)

    def _guard(self, step: Step) -> Callable[[EventData], bool]:
        guards = [(self._bind(call), call.negated) for call in step.guards]

        def holds(data: EventData) -> bool:
            return all(bool(guard(data.model)) != negated for guard, negated in guards)

        return holds

    def _effect(self, step: Step) -> Callable[[EventData], None]:
        effects = [self._bind(call) for call in step.effects]

        def run(data: EventData) -> None:
            turn: Any = data.model
            turn.step = step
            for effect in effects:
                effect(turn)

        return run

    def _bind(self, call: Call) -> Callable[[object], object]:
        function = self._callbacks[call.name]
        if call.argument is None:
            return lambda turn: function(turn)
        return lambda turn: function(turn, call.argument)
