"""PgBouncer in transaction mode: each transaction may have another connection of the server."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import peewee
import psycopg
import pytest

from core.app import photo_folder
from core.base import db as core_db
from core.base.errors import ConfigurationError, DatabaseUnavailable, SchemaMismatch
from core.base.migrations import runner
from core.base.settings import Settings
from core.conversation.delivery import lease
from core.conversation.messages import Event, Kind
from core.conversation.models import InboxEvent, TransitionLog
from core.operation.metrics import overview
from core.operation.metrics.scope import Scope
from core.services.jobs import Jobs
from tests.conversation.chat import Chat
from tests.conversation.racing import at_once
from tests.feedback import feedback_engine
from tests.hosts import pgbouncer
from tests.hosts.pgbouncer import CONNECTIONS, PgBouncer
from tests.patience import until
from tests.scenarios.house import House

PEOPLE = 12
TURNS = 15


@pytest.fixture
def empty(
    pooler: PgBouncer, new_postgresql: Callable[[str], str]
) -> Iterator[tuple[str, PgBouncer]]:
    """A database without a table: its own address, and a PgBouncer before it."""
    direct = new_postgresql("pooled")
    with pgbouncer.running(direct) as started:
        yield direct, started


def talk(number: int) -> None:
    chat = Chat(feedback_engine(), f"person {number}")
    for turn in range(TURNS):
        chat.photo(f"photo {turn}")
        chat.show()


def test_everything_said_by_more_people_than_it_has_connections_is_applied_once(
    pooled: Any, pooler: PgBouncer
) -> None:
    at_once(*[partial(talk, n) for n in range(PEOPLE)])
    assert InboxEvent.select().where(InboxEvent.handled_at.is_null(False)).count() == PEOPLE * TURNS
    assert InboxEvent.select().where(InboxEvent.attempts > 0).count() == 0
    assert TransitionLog.select().count() == PEOPLE * TURNS
    servers = [row for row in pooler.shown("SERVERS") if row["database"] == "likeness"]
    assert len(servers) <= CONNECTIONS, "else nothing was shared"


@pytest.mark.parametrize("through", ["pooled", "postgresql_db"])
def test_statements_are_prepared_by_name_where_nothing_stands_between(
    through: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(through)
    talk(1)
    named = core_db.run("SELECT count(*) FROM pg_prepared_statements").fetchone()[0]
    assert (named > 0) == (through == "postgresql_db")


def test_a_snapshot_is_of_one_moment(pooled: Any) -> None:
    def applied() -> int:
        return int(TransitionLog.select().count())

    with core_db.snapshot():
        before = applied()
        at_once(lambda: talk(1))
        assert applied() == before
    assert applied() == before + TURNS


def test_one_of_many_holds_a_lease(pooled: Any) -> None:
    held = at_once(*[partial(lease.hold, "telegram:1", f"host{n}:1") for n in range(PEOPLE)])
    assert sorted(held) == [False] * (PEOPLE - 1) + [True]
    holder = f"host{held.index(True)}:1"
    assert lease.hold("telegram:1", holder)
    lease.release("telegram:1", holder)
    assert lease.hold("telegram:1", "another:1")


def test_a_query_of_the_dashboard_is_answered_again_and_again(pooled: Any) -> None:
    talk(1)
    scope = Scope(time.time() - 3600, time.time() + 1)
    assert [overview.people_new(scope) for _ in range(10)] == [1] * 10


def test_wake_ups_come_through_it_too(pooler: PgBouncer, pooled: Any, tmp_path: Path) -> None:
    jobs, heard = Jobs(tmp_path / "jobs.db", pooler.url), set[str]()
    jobs.serve({"photo": heard.add})
    try:
        for number in range(10):
            jobs.wake("photo", str(number))
        until(lambda: len(heard) == 10, lambda: sorted(heard))
    finally:
        jobs.stop()
        jobs.close()


def test_connections_that_the_server_closes_cost_nobody_a_turn(
    pooled: Any, postgresql_url: str
) -> None:
    """As an operator or a fail-over does it: a turn that was under way is taken again."""
    done = threading.Event()
    killed = itertools.count()

    def kill() -> None:
        with psycopg.connect(postgresql_url, autocommit=True) as admin:
            while not done.is_set():
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                    "current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
                )
                next(killed)
                done.wait(0.05)

    def insist(number: int) -> None:
        chat = Chat(feedback_engine(), f"person {number}")
        for turn in range(TURNS):
            event = Event(Kind.PHOTO, file={"key": f"photo {turn}"})
            patiently(partial(chat.receive, event, f"{number}:{turn}"))
            patiently(lambda: chat.engine.drain(chat.id))

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        at_once(*[partial(insist, n) for n in range(PEOPLE)])
    finally:
        done.set()
        killer.join()
    assert next(killed) > 1
    assert TransitionLog.select().count() == PEOPLE * TURNS
    for number in range(PEOPLE):
        form = Chat(feedback_engine(), f"person {number}")
        form.id = form.receive(Event(Kind.TEXT, "there?")).conversation_id
        assert form.form["photos"] == [f"photo {turn}" for turn in range(TURNS)]


def patiently(work: Callable[[], object]) -> None:
    """Try again whatever fails by the database alone, as a channel does."""

    def tried() -> bool:
        try:
            work()
        except core_db.INFRASTRUCTURE as error:
            if not core_db.blameless(error):
                raise
            return False
        return True

    until(tried)


def test_the_schema_is_made_and_migrated_through_it(empty: tuple[str, PgBouncer]) -> None:
    direct, started = empty
    opened = core_db.connect(started.url)
    runner.prepare(opened)
    assert runner.migrate(opened, "2", down=True)
    with pytest.raises(SchemaMismatch, match="behind"):
        runner.prepare(opened)
    assert runner.migrate(opened)
    runner.check(opened)
    opened.close()
    with psycopg.connect(direct) as admin:
        kept = admin.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone()
    assert kept == (0,), "a lock that a pooled connection keeps would keep everybody out for ever"


def test_many_that_start_at_once_through_it_make_the_schema_once(
    empty: tuple[str, PgBouncer],
) -> None:
    opened = core_db.connect(empty[1].url)
    at_once(*[lambda: runner.prepare(opened)] * PEOPLE)
    runner.check(opened)
    opened.close()


def test_whoever_finds_the_schema_locked_says_so_and_how_to_go_on(
    new_postgresql: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "LOCK_SECONDS", 1)
    url = new_postgresql("pooled")
    opened = core_db.connect(url)
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (runner._LOCK,))
        for begin in (runner.prepare, runner.migrate):
            with pytest.raises(DatabaseUnavailable, match=r"for 1 seconds.*another process.*again"):
                begin(opened)
    runner.prepare(opened)
    opened.close()


def test_a_start_waits_for_no_lock_where_the_schema_fits(
    postgresql_db: Any, postgresql_url: str
) -> None:
    with psycopg.connect(postgresql_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (runner._LOCK,))
        runner.prepare(postgresql_db)


def test_the_command_that_migrates_works_through_it(
    empty: tuple[str, PgBouncer], tmp_path: Path
) -> None:
    house = House(tmp_path, database__url=empty[1].url)
    assert "0001_initial" in house.ask("migrate")
    assert "Nothing to do" in house.ask("migrate")


def test_migrations_go_around_it_where_the_server_is_named(
    empty: tuple[str, PgBouncer], tmp_path: Path
) -> None:
    direct, started = empty
    away = "postgresql://postgres@127.0.0.1:9/pooled"
    house = House(tmp_path, database__url=away, database__direct_url=direct)
    assert "0001_initial" in house.ask("migrate")
    house = House(tmp_path, database__url=started.url, database__direct_url=direct)
    assert not house.ask("runs", "uncertain")


def test_a_server_beside_a_file_is_refused_with_the_remedy() -> None:
    with pytest.raises(ConfigurationError, match=r"database\.direct_url.*Set database\.url"):
        Settings.load(environ={"LIKENESS_DATABASE__DIRECT_URL": "postgresql://x@y/z"})


def test_a_start_waits_for_no_lock_where_its_folder_is_known_and_never_for_ever(
    postgresql_db: Any, postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_folder, "LOCK_SECONDS", 1)
    given = {"LIKENESS_DATABASE__URL": postgresql_url, "LIKENESS_DATA_DIR": str(tmp_path / "data")}
    settings = Settings.load(environ=given)

    def locked() -> Any:
        other = psycopg.connect(postgresql_url)
        other.execute("SELECT pg_advisory_xact_lock(%s)", (photo_folder._LOCK,))
        return other

    with locked(), pytest.raises(peewee.OperationalError, match="lock timeout"):
        photo_folder.claim(settings)
    photo_folder.claim(settings)
    with locked():
        photo_folder.claim(settings)
