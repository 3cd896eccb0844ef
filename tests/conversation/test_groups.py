"""Groups: many conversations share a transaction, and none of them pays for another."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import peewee
import pytest
import structlog

from core.base import db as core_db
from core.base.db import database, run, transaction
from core.base.logs import log as core_log
from core.base.settings.running.processes import Log
from core.conversation import inbox
from core.conversation.engine import Engine
from core.conversation.groups import EVENTS, SECONDS
from core.conversation.inbox import AT_A_TIME, Inbox
from core.conversation.messages import Event, Kind
from core.conversation.models import InboxEvent, TransitionLog
from core.conversation.turn import Turn
from tests.conversation.chat import Chat, Clock
from tests.conversation.racing import at_once, in_processes
from tests.feedback import Feedback, feedback_engine, feedback_flow
from tests.patience import LONG

log = structlog.get_logger()


class Doing(Feedback):
    """Notes each photo, and what follows its commit; does to one called so what a test wants."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.followed: list[str] = []
        self.does: dict[str, Any] = {}

    def attach(self, turn: Turn) -> None:
        assert turn.event.file is not None
        key = str(turn.event.file["key"])
        self.tried.append(key)
        database.after_commit(lambda: self.follow(key))
        super().attach(turn)
        if key in self.does:
            self.does[key]()

    def follow(self, key: str) -> None:
        self.followed.append(key)


def fail() -> None:
    raise RuntimeError("can't bear it")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timer() -> Clock:
    return Clock(0.0)


@pytest.fixture
def doing() -> Doing:
    return Doing()


@pytest.fixture
def engine(db: Any, doing: Doing, clock: Clock, timer: Clock) -> Engine:
    flow = feedback_flow(doing)
    box = Inbox(flow.table.initial, flow.language, 200, clock)
    return Engine(flow, box, clock=clock, timer=timer)


def photos(engine: Engine, *of_each: tuple[str, ...]) -> list[Chat]:
    """People who have sent photos that nobody has applied."""
    chats = [Chat(engine, f"person {number}") for number in range(len(of_each))]
    for chat, keys in zip(chats, of_each, strict=True):
        for key in keys:
            chat.receive(Event(Kind.PHOTO, file={"key": key}))
    return chats


def ids(chats: list[Chat]) -> list[int]:
    return [chat.id for chat in chats]


@pytest.fixture
def commits(db: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events had been handled at each commit."""
    counted: list[int] = []
    commit = db.commit

    def counting() -> None:
        commit()
        counted.append(InboxEvent.select().where(InboxEvent.handled_at.is_null(False)).count())

    monkeypatch.setattr(db, "commit", counting)
    return counted


def test_events_of_many_conversations_are_one_commit(
    engine: Engine, doing: Doing, commits: list[int]
) -> None:
    chats = photos(engine, ("a", "b"), ("c",), ("d", "e", "f"))
    del commits[:]
    outcome = engine.work_off(ids(chats))
    assert (outcome.events, outcome.more, outcome.trouble) == (6, {}, {})
    assert commits == [6]
    assert [chat.form["photos"] for chat in chats] == [["a", "b"], ["c"], ["d", "e", "f"]]
    assert doing.followed == doing.tried == ["a", "b", "c", "d", "e", "f"]


def test_a_group_ends_after_its_events(engine: Engine, commits: list[int]) -> None:
    chats = photos(engine, *((str(n),) for n in range(EVENTS + 3)))
    del commits[:]
    outcome = engine.work_off(ids(chats))
    assert (outcome.events, commits) == (EVENTS, [EVENTS])
    assert [*outcome.more] == ids(chats)[EVENTS:]
    assert engine.work_off([*outcome.more]).events == 3


def test_a_group_ends_after_its_time(
    engine: Engine, doing: Doing, timer: Clock, commits: list[int]
) -> None:
    chats = photos(engine, ("a", "slow", "c"), ("d",))
    doing.does["slow"] = lambda: timer.forward(SECONDS)
    del commits[:]
    outcome = engine.work_off(ids(chats))
    assert (doing.tried, commits) == (["a", "slow"], [2])
    assert [*outcome.more] == ids(chats)


def test_however_slow_its_events_are_each_group_applies_one(
    engine: Engine, doing: Doing, timer: Clock, commits: list[int]
) -> None:
    chats = photos(engine, ("a", "b"))
    doing.does = dict.fromkeys(("a", "b"), lambda: timer.forward(9.0))
    del commits[:]
    assert engine.drain(chats[0].id) == 2
    assert commits[:2] == [1, 2]


def test_in_a_group_each_has_a_few_events_and_comes_back_for_the_rest(
    engine: Engine, doing: Doing
) -> None:
    flooded, other = photos(engine, tuple(f"a{n}" for n in range(AT_A_TIME + 2)), ("b",))
    outcome = engine.work_off(ids([flooded, other]))
    assert doing.tried == [*(f"a{n}" for n in range(AT_A_TIME)), "b"]
    assert [*outcome.more] == [flooded.id]


def test_what_a_turn_tells_its_own_conversation_is_applied_with_it(
    engine: Engine, doing: Doing, commits: list[int]
) -> None:
    chats = photos(engine, ("a",), ("b",))

    def tell() -> None:
        engine.inbox.signal(chats[0].id, "answered", "1", "key")

    doing.does["a"] = tell
    del commits[:]
    assert engine.work_off(ids(chats)).events == 3
    assert (commits[0], chats[0].log[-1].trigger) == (3, "answered")


# Something fails


def test_one_that_fails_costs_others_nothing_and_is_counted_once(
    engine: Engine, doing: Doing, clock: Clock, commits: list[int]
) -> None:
    chats = photos(engine, ("a",), ("b", "poison", "c"), ("d",))
    doing.does["poison"] = fail
    del commits[:]
    outcome = engine.work_off(ids(chats))
    assert commits[0] == 2, "those of the others are together"
    assert [chat.form.get("photos") for chat in chats] == [["a"], ["b"], ["d"]]
    assert [chat.waiting for chat in chats] == [0, 2, 0]
    attempts = {event.attempts for event in InboxEvent.select() if event.handled_at}
    [poison] = InboxEvent.select().where(InboxEvent.attempts > 0)
    assert (attempts, poison.attempts, poison.handled_at) == ({0}, 1, None)
    assert poison.retry_at == clock.now + 0.5
    assert (outcome.events, outcome.trouble) == (4, {})


def test_one_that_always_fails_is_set_aside_as_without_a_group(
    engine: Engine, doing: Doing, clock: Clock
) -> None:
    chats = photos(engine, ("poison", "a"), ("b",))
    doing.does["poison"] = fail
    waits = []
    while not (failed := InboxEvent.select().where(InboxEvent.failed_at.is_null(False)).count()):
        engine.work_off(ids(chats))
        [poison] = InboxEvent.select().where(InboxEvent.attempts > 0)
        if poison.failed_at is None:
            waits.append(poison.retry_at - clock.now)
        clock.now = max(clock.now, poison.retry_at)
    assert (failed, waits) == (1, [0.5, 1.0, 2.0, 4.0])
    engine.work_off(ids(chats))
    assert [chat.form["photos"] for chat in chats] == [["a"], ["b"]]
    assert chats[0].waiting == 0


def test_what_was_to_follow_a_commit_dies_with_its_part(engine: Engine, doing: Doing) -> None:
    chats = photos(engine, ("a",), ("b", "poison"), ("c",))
    doing.does["poison"] = fail
    engine.work_off(ids(chats))
    assert doing.tried.count("b") > 1, "it was undone, and done again alone"
    assert sorted(doing.followed) == ["a", "b", "c"]


def test_an_error_in_what_follows_spoils_neither_the_turn_nor_what_others_wait_for(
    engine: Engine, doing: Doing
) -> None:
    chats = photos(engine, ("a",), ("b",))
    doing.does["a"] = lambda: database.after_commit(fail)
    assert engine.work_off(ids(chats)).events == 2
    assert doing.followed == ["a", "b"]
    assert InboxEvent.select().where(InboxEvent.attempts > 0).count() == 0


@pytest.mark.parametrize(
    "error",
    [
        peewee.OperationalError("deadlock detected"),
        peewee.OperationalError("could not serialize access"),
        peewee.InterfaceError("connection already closed"),
    ],
)
def test_trouble_of_the_database_replays_a_group_one_by_one(
    engine: Engine, doing: Doing, commits: list[int], error: Exception
) -> None:
    def trouble() -> None:
        doing.does.clear()
        raise error

    chats = photos(engine, ("a",), ("b",), ("c",))
    doing.does["b"] = trouble
    del commits[:]
    outcome = engine.work_off(ids(chats))
    assert commits == [1, 2, 3]
    assert doing.tried == ["a", "b", "a", "b", "c"]
    assert doing.followed == ["a", "b", "c"], "nothing of what was undone"
    assert (outcome.events, outcome.trouble) == (3, {})


def test_lasting_trouble_in_one_conversation_is_told_and_holds_up_no_other(
    engine: Engine, doing: Doing
) -> None:
    error = peewee.OperationalError("disk full")

    def trouble() -> None:
        raise error

    chats = photos(engine, ("a",), ("b",), ("c",))
    doing.does["b"] = trouble
    outcome = engine.work_off(ids(chats))
    assert (outcome.events, outcome.trouble) == (2, {chats[1].id: error})
    assert [chat.waiting for chat in chats] == [0, 1, 0]
    assert InboxEvent.select().where(InboxEvent.attempts > 0).count() == 0


def test_a_commit_that_fails_replays_a_group_one_by_one(
    engine: Engine, doing: Doing, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    chats = photos(engine, ("a",), ("b",))
    commit = db.commit
    failing = iter((peewee.OperationalError("server closed the connection"),))

    def commit_later() -> None:
        for error in failing:
            raise error
        commit()

    monkeypatch.setattr(db, "commit", commit_later)
    assert engine.work_off(ids(chats)).events == 2
    assert doing.tried == ["a", "b"] * 2
    assert doing.followed == ["a", "b"]


def test_a_connection_that_is_cut_within_a_group_loses_nothing(
    postgresql_db: Any, postgresql_url: str
) -> None:
    doing = Doing()

    def cut() -> None:
        doing.does.clear()
        pid = run("SELECT pg_backend_pid()").fetchone()[0]
        other: Any = peewee.PostgresqlDatabase(postgresql_url, prefer_psycopg3=True)
        with other.connection_context():
            other.execute_sql("SELECT pg_terminate_backend(%s)", (pid,))
        run("SELECT 1")

    chats = photos(feedback_engine(doing), ("a",), ("b",), ("c",))
    chats[0].engine.timer = lambda: 0.0
    doing.does["b"] = cut
    outcome = chats[0].engine.work_off(ids(chats))
    for _ in outcome.trouble:  # a connection is replaced by whoever finds it closed
        chats[0].engine.work_off([*outcome.trouble])
    assert [chat.form["photos"] for chat in chats] == [["a"], ["b"], ["c"]]
    assert [len(chat.log) for chat in chats] == [1, 1, 1]


def test_two_groups_that_wait_for_each_other_both_come_through(postgresql_db: Any) -> None:
    """The rows of one group in the other's order: the server ends one of them."""
    doing = Doing()
    engine = feedback_engine(doing)
    engine.timer = lambda: 0.0
    rows = [chat.id for chat in photos(engine, ("0",), ("1",))]
    both = threading.Barrier(2)

    def hold(number: int, first: bool) -> None:
        run("UPDATE conversations SET failures = failures + 1 WHERE id = ?", rows[number])
        if first:
            with suppress(threading.BrokenBarrierError):  # it is replayed: the other is over
                both.wait(5.0)

    chats = photos(engine, (), (), ("a0",), ("a1",), ("b1",), ("b0",))[2:]
    for key, number, first in (
        ("a0", 0, True),
        ("a1", 1, False),
        ("b1", 1, True),
        ("b0", 0, False),
    ):
        doing.does[key] = lambda number=number, first=first: hold(number, first)
    at_once(
        lambda: engine.work_off(ids(chats[:2])),
        lambda: engine.work_off(ids(chats[2:])),
    )
    assert [len(chat.log) for chat in chats] == [1] * 4
    assert InboxEvent.select().where(InboxEvent.attempts > 0).count() == 0


# Others


def test_a_group_does_not_wait_for_a_conversation_that_is_locked(postgresql_db: Any) -> None:
    doing = Doing()
    engine = feedback_engine(doing)
    engine.timer = lambda: 0.0
    chats = photos(engine, ("held",), ("free",))
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction():
            run("SELECT 1 FROM conversations WHERE id = ? FOR NO KEY UPDATE", chats[0].id)
            held.set()
            assert done.wait(LONG), "the other conversation had to wait"

    def free() -> None:
        assert held.wait(LONG)
        doing.does["free"] = lambda: database.after_commit(done.set)
        assert engine.work_off(ids(chats)).events == 2

    at_once(hold, free)
    assert doing.tried == ["free", "held"]


def work_off(engine: Engine) -> None:
    """Take all that waits, in groups, until nothing does."""
    while waiting := inbox.backlog(float("inf")):
        engine.work_off(waiting)


def test_processes_that_take_the_same_groups_apply_each_event_once_and_in_order(
    db: Any, database_url: str
) -> None:
    keys = [f"photo {n}" for n in range(15)]
    chats = photos(feedback_engine(), *[tuple(keys)] * 12)
    in_processes(database_url, _work_off, [()] * 3)
    for chat in chats:
        assert chat.form["photos"] == keys
        assert [entry.revision for entry in chat.log] == list(range(1, 16))
    assert InboxEvent.select().where(InboxEvent.attempts > 0).count() == 0
    assert TransitionLog.select().count() == 12 * 15


def _work_off() -> None:
    work_off(feedback_engine())


def test_a_kill_in_the_middle_of_a_group_loses_and_doubles_nothing(
    db: Any, database_url: str
) -> None:
    chats = photos(feedback_engine(), *[("a", "b", "c")] * 8)
    for moment in range(1, 24, 5):
        command = [sys.executable, "-m", "tests.conversation.test_groups", database_url]
        died = subprocess.run([*command, str(moment)], timeout=LONG, check=False)
        assert died.returncode == -signal.SIGKILL
        assert {chat.waiting for chat in chats} == {3}, "nothing of it is committed"
    work_off(feedback_engine())
    for chat in chats:
        assert (chat.form["photos"], len(chat.log)) == (["a", "b", "c"], 3)


def _die_at(url: str, moment: int) -> None:
    """Work off what waits, and die at the nth photo."""
    opened = core_db.connect(url, "normal")
    doing = Doing()

    def count() -> None:
        if len(doing.tried) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    doing.does = dict.fromkeys("abc", count)
    engine = Engine(feedback_flow(doing), Inbox("asking_rating", str), timer=lambda: 0.0)
    work_off(engine)
    opened.close()


# What is logged


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    target = io.StringIO()
    core_log.configure(Log(), target)
    yield target
    structlog.reset_defaults()


def test_each_line_names_its_own_conversation_turn_and_request(
    engine: Engine, doing: Doing, said: io.StringIO
) -> None:
    chats = photos(engine, ("a",), ("b",))

    def say(word: str) -> None:
        log.info("doing", photo=word)
        database.after_commit(lambda: log.info(word))

    doing.does = {key: partial(say, key) for key in "ab"}
    engine.work_off(ids(chats), about={chats[1].id: {"request": "r-1"}})
    events = [event.id for event in InboxEvent.select().order_by(InboxEvent.id)]
    lines = said.getvalue().splitlines()
    for key, chat, event, request in zip("ab", chats, events, (False, True), strict=True):
        for word in (f"photo={key}", key):
            [line] = [line for line in lines if word in line.split()]
            assert f"conversation={chat.id}" in line
            assert f"turn={event}" in line
            assert ("request=r-1" in line) is request


if __name__ == "__main__":
    _die_at(sys.argv[1], int(sys.argv[2]))
