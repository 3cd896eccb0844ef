"""What fails: an event that breaks its turn is set aside, a database in trouble counts nothing."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from typing import Any

import peewee
import pytest

from core.base import db as core_db
from core.base.db import INFRASTRUCTURE
from core.conversation import inbox, statements
from core.conversation.messages import Event, Kind
from core.conversation.models import InboxEvent
from core.conversation.turn import Turn
from tests.conversation.chat import Chat, Clock
from tests.feedback import Feedback, feedback_engine


class Poisoned(Feedback):
    """Can't bear a photo called "poison" until it has been mended."""

    def __init__(self) -> None:
        self.mended = False
        self.error: Exception = RuntimeError("can't bear it")

    def attach(self, turn: Turn) -> None:
        assert turn.event.file is not None
        if turn.event.file["key"] == "poison" and not self.mended:
            raise self.error
        super().attach(turn)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def callbacks() -> Poisoned:
    return Poisoned()


@pytest.fixture
def anna(db: Any, callbacks: Poisoned, clock: Clock) -> Chat:
    chat = Chat(feedback_engine(callbacks, clock))
    chat.command("start")
    return chat


def poison() -> Any:
    return InboxEvent.get(InboxEvent.kind == "photo")


def test_a_failed_try_is_counted_with_its_reason_and_waits(anna: Chat, clock: Clock) -> None:
    anna.photo("poison")
    event = poison()
    assert (event.attempts, event.error) == (1, "RuntimeError: can't bear it")
    assert (event.handled_at, event.failed_at) == (None, None)
    assert event.retry_at > clock.now
    assert anna.engine.drain(anna.id) == 0


def test_the_waits_grow_from_half_a_second_to_four(anna: Chat, clock: Clock) -> None:
    anna.photo("poison")
    waits = []
    while poison().failed_at is None:
        waits.append(poison().retry_at - clock.now)
        clock.now = poison().retry_at
        anna.engine.drain(anna.id)
    assert waits == [0.5, 1.0, 2.0, 4.0]
    assert poison().attempts == 5


def quarantine(anna: Chat, clock: Clock) -> None:
    anna.photo("poison")
    for _ in range(4):
        clock.forward(60)
        anna.engine.drain(anna.id)


def test_while_it_is_tried_later_events_wait_and_after_that_they_go_on(
    anna: Chat, clock: Clock
) -> None:
    anna.photo("poison")
    anna.say("hello")
    anna.photo("fine")
    assert anna.waiting == 3
    for _ in range(4):
        clock.forward(60)
        anna.engine.drain(anna.id)
    assert anna.waiting == 0
    assert anna.form["photos"] == ["fine"]


def test_a_quarantined_event_is_kept_and_the_person_gets_an_apology(
    anna: Chat, clock: Clock
) -> None:
    quarantine(anna, clock)
    event = poison()
    assert event.failed_at == clock.now
    assert inbox.decode(event.payload)[0] == Event(Kind.PHOTO, file={"key": "poison"})
    assert anna.screen.hint == "That was our fault."
    assert anna.row.revision == anna.row.post_revision > anna.row.shown_revision
    assert anna.state == "asking_rating"


def test_a_quarantined_event_can_be_replayed_once_its_cause_is_gone(
    anna: Chat, callbacks: Poisoned, clock: Clock
) -> None:
    quarantine(anna, clock)
    callbacks.mended = True
    assert inbox.replay(poison().id) is True
    assert inbox.backlog(clock.now) == [anna.id]
    anna.engine.drain(anna.id)
    assert anna.form["photos"] == ["poison"]
    assert poison().failed_at is None


def test_one_persons_poison_delays_nobody_else(anna: Chat) -> None:
    anna.photo("poison")
    boris = Chat(anna.engine, "boris")
    boris.command("start")
    assert boris.screen.title == "How was it?"


def test_an_event_that_can_not_be_read_is_poison_as_well(anna: Chat, clock: Clock) -> None:
    anna.receive(Event(Kind.TEXT, "hello"))
    InboxEvent.update(payload="[nonsense").where(InboxEvent.handled_at.is_null()).execute()
    for _ in range(5):
        anna.engine.drain(anna.id)
        clock.forward(60)
    assert anna.waiting == 0
    assert anna.screen.hint == "That was our fault."


def test_an_event_that_another_process_has_applied_meanwhile_is_not_counted(
    anna: Chat, clock: Clock
) -> None:
    anna.say("hello")
    event = InboxEvent.get(InboxEvent.kind == "text")
    with core_db.transaction():
        assert statements.tried(event.id, "boom", clock.now) is None
    assert InboxEvent.get_by_id(event.id).attempts == 0


@pytest.mark.parametrize(
    "statement", ["SELECT nothing FROM nowhere", "INSERT INTO users (id) VALUES (NULL)", "nonsense"]
)
def test_a_wrong_statement_is_poison_on_either_database(
    anna: Chat, callbacks: Poisoned, statement: str
) -> None:
    callbacks.attach = lambda turn: core_db.run(statement)  # type: ignore[method-assign]  # breaks
    anna.engine = feedback_engine(callbacks, anna.engine.clock)
    anna.photo()
    assert poison().attempts == 1


def test_a_value_that_the_database_can_not_take_is_poison_on_either(
    anna: Chat, callbacks: Poisoned
) -> None:
    callbacks.attach = lambda turn: core_db.run(  # type: ignore[method-assign]  # breaks
        "UPDATE users SET name = ?", {"not": "a text"}
    )
    anna.engine = feedback_engine(callbacks, anna.engine.clock)
    anna.photo()
    assert poison().attempts == 1


# A database in trouble


@pytest.mark.parametrize(
    "error",
    [
        peewee.OperationalError(sqlite3.OperationalError("database or disk is full")),
        peewee.OperationalError("server closed the connection unexpectedly"),
        peewee.InterfaceError("connection already closed"),
    ],
)
def test_trouble_of_the_database_counts_against_no_event(
    anna: Chat, callbacks: Poisoned, error: Exception
) -> None:
    callbacks.error = error
    anna.receive(Event(Kind.PHOTO, file={"key": "poison"}))
    with pytest.raises(INFRASTRUCTURE):
        anna.engine.drain(anna.id)
    assert (poison().attempts, anna.waiting) == (0, 1)
    callbacks.mended = True
    anna.engine.drain(anna.id)
    assert anna.form["photos"] == ["poison"]


def test_a_full_disk_reaches_the_caller_and_loses_nothing(sqlite_db: Any) -> None:
    anna = Chat(feedback_engine())
    anna.command("start")
    anna.receive(Event(Kind.PHOTO, file={"key": "before"}))
    _fill(sqlite_db)
    with pytest.raises(peewee.OperationalError, match="full"):
        anna.receive(Event(Kind.TEXT, "x" * 20_000), "big")
    with pytest.raises(peewee.OperationalError, match="full"):
        _drain_until_full(anna)
    assert InboxEvent.select().where(InboxEvent.attempts > 0).count() == 0

    sqlite_db.execute_sql("PRAGMA max_page_count = 1000000")
    anna.receive(Event(Kind.TEXT, "x" * 20_000), "big")
    anna.engine.drain(anna.id)
    assert anna.waiting == 0
    assert anna.form["photos"][0] == "before"
    assert sqlite_db.execute_sql("PRAGMA integrity_check").fetchone() == ("ok",)


def _fill(database: Any) -> None:
    pages = database.execute_sql("PRAGMA page_count").fetchone()[0]
    database.execute_sql(f"PRAGMA max_page_count = {pages}")


def _drain_until_full(anna: Chat) -> None:
    """A turn needs little room: let the log's page fill up."""
    for number in range(500):
        anna.receive(Event(Kind.PHOTO, file={"key": f"photo {number}"}))
        anna.engine.drain(anna.id)


def test_a_locked_database_reaches_the_caller_and_loses_nothing(
    sqlite_db: Any, sqlite_url: str
) -> None:
    anna = Chat(feedback_engine())
    anna.command("start")
    anna.receive(Event(Kind.TEXT, "before"))
    sqlite_db.execute_sql("PRAGMA busy_timeout = 50")
    holder = _hold(sqlite_url.removeprefix("sqlite:///"))
    try:
        with pytest.raises(peewee.OperationalError, match="locked"):
            anna.receive(Event(Kind.TEXT, "meanwhile"), "late")
        with pytest.raises(peewee.OperationalError, match="locked"):
            anna.engine.drain(anna.id)
        assert anna.screen.title == "How was it?", "reading never waits for a writer"
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.communicate()
    anna.receive(Event(Kind.TEXT, "meanwhile"), "late")
    assert anna.engine.drain(anna.id) == 2
    assert not core_db.database.in_transaction()


def _hold(path: str) -> subprocess.Popen[str]:
    """A process that writes and does not stop."""
    code = (
        "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_connection_that_the_server_has_closed_is_replaced(
    postgresql_db: Any, postgresql_url: str
) -> None:
    anna = Chat(feedback_engine())
    anna.command("start")
    anna.receive(Event(Kind.TEXT, "before"))
    other: Any = peewee.PostgresqlDatabase(postgresql_url, prefer_psycopg3=True)
    with other.connection_context():
        other.execute_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(INFRASTRUCTURE):
        anna.engine.drain(anna.id)
    assert anna.engine.drain(anna.id) == 1
    assert anna.waiting == 0


def test_a_connection_that_was_closed_before_a_turn_is_opened_by_it(db: Any) -> None:
    anna = Chat(feedback_engine())
    anna.command("start")
    db.close()
    anna.command("start")
    done: list[int] = []
    thread = threading.Thread(target=_in_thread, args=(anna, done))
    thread.start()
    thread.join()
    assert done == [1]


def _in_thread(anna: Chat, done: list[int]) -> None:
    anna.receive(Event(Kind.TEXT, "hello"))
    done.append(anna.engine.drain(anna.id))
    core_db.database.close()
