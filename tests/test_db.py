"""The one handle for both databases: writing is whole or not at all, reading is of one moment."""

import socket
import statistics
import threading
import time
from contextlib import suppress
from typing import Any

import peewee
import pytest

from core.base import db as core_db
from core.base.db import release
from core.conversation.models import User
from tests.conversation.racing import at_once
from tests.patience import LONG


def add(name: str) -> None:
    User.create(name=name, created_at=0)


@pytest.mark.timeout(30)
def test_a_server_that_lets_nobody_in_is_away_before_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(core_db._SILENCE, "connect_timeout", "2")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        opened = core_db.connect(f"postgresql://x@127.0.0.1:{silent.getsockname()[1]}/x")
        with pytest.raises(peewee.OperationalError):
            opened.connect()


def names() -> list[str]:
    return sorted(user.name for user in User.select())


def test_a_transaction_that_fails_leaves_nothing(db: Any) -> None:
    with suppress(RuntimeError), core_db.transaction():
        add("Anna")
        raise RuntimeError("boom")
    assert names() == []
    assert not db.in_transaction()


def test_a_transaction_inside_another_joins_it(db: Any) -> None:
    with suppress(RuntimeError), core_db.transaction():
        with core_db.transaction():
            add("Anna")
        raise RuntimeError("boom")
    assert names() == []


def test_a_snapshot_inside_a_transaction_sees_what_it_has_written(db: Any) -> None:
    with core_db.transaction():
        add("Anna")
        with core_db.snapshot():
            assert names() == ["Anna"]
    assert names() == ["Anna"]


def test_a_snapshot_is_of_one_moment_whatever_is_written_meanwhile(db: Any) -> None:
    add("Anna")
    with core_db.snapshot():
        assert names() == ["Anna"]
        at_once(lambda: add("Boris"))
        assert names() == ["Anna"]
    assert names() == ["Anna", "Boris"]


def test_reading_does_not_wait_for_a_writer(db: Any) -> None:
    writing, read = threading.Event(), threading.Event()

    def write() -> None:
        with core_db.transaction():
            add("Anna")
            writing.set()
            assert read.wait(LONG)

    def look() -> None:
        assert writing.wait(LONG)
        with core_db.snapshot():
            assert names() == []
        read.set()

    at_once(write, look)
    assert names() == ["Anna"]


def test_writers_of_one_process_take_turns(db: Any) -> None:
    def write() -> None:
        for _ in range(20):
            with core_db.transaction():
                add("Anna")

    at_once(*[write] * 4)
    assert User.select().count() == 80


def test_however_many_are_patient_whoever_is_not_is_soon_writing(sqlite_db: Any) -> None:
    written, done = [0], threading.Event()

    def write_patiently() -> None:
        core_db.be_patient()
        while not done.is_set():
            with core_db.transaction():
                written[0] += 1
                time.sleep(0.003)
        sqlite_db.close()

    threads = [threading.Thread(target=write_patiently) for _ in range(12)]
    for thread in threads:
        thread.start()
    passed = []
    for _ in range(30):
        time.sleep(0.005)
        before = written[0]
        with core_db.transaction():
            passed.append(written[0] - before)
    done.set()
    for thread in threads:
        thread.join()
    assert statistics.median(passed) <= 2


def test_a_writer_that_could_not_begin_holds_up_no_other(sqlite_db: Any, sqlite_url: str) -> None:
    other: Any = peewee.SqliteDatabase(sqlite_url.removeprefix("sqlite:///"))
    sqlite_db.execute_sql("PRAGMA busy_timeout = 10")
    with other.atomic("IMMEDIATE"), pytest.raises(peewee.OperationalError), core_db.transaction():
        core_db.be_patient()
    other.close()
    at_once(lambda: add("Anna"))
    assert names() == ["Anna"]


def test_sqlite_keeps_no_trace_of_what_was_deleted_and_enforces_its_references(
    sqlite_db: Any,
) -> None:
    pragmas = {
        name: sqlite_db.execute_sql(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "foreign_keys", "secure_delete", "synchronous")
    }
    normal = 1
    assert pragmas == {
        "journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1, "synchronous": normal
    }  # fmt: skip


def test_the_file_may_shrink_and_grow_while_it_is_read_ahead(sqlite_db: Any) -> None:
    def count() -> list[Any]:
        return list(core_db.run("SELECT count(*), sum(length(name)) FROM users").fetchone())

    def forget() -> None:
        core_db.run("DELETE FROM users WHERE name >= ?", f"{5:060}")
        assert core_db.forget_deleted()
        assert core_db.forget_log()

    def write(people: int) -> None:
        for number in range(people):
            add(f"{number:060}")

    with core_db.transaction():
        write(2000)
    assert core_db.forget_log()
    with core_db.reading_ahead():
        assert sqlite_db.mmap_size > 0
        assert count() == [2000, 120_000]
        at_once(forget)
        assert count() == [5, 300]
        with core_db.transaction():
            write(1000)
        assert core_db.forget_log()
        assert count() == [1005, 60_300]
    assert sqlite_db.mmap_size == 0
    assert count() == [1005, 60_300]


def test_a_power_cut_is_survived_unless_told_otherwise(sqlite_url: str) -> None:
    opened = core_db.connect(sqlite_url)
    full = 2
    assert opened.execute_sql("PRAGMA synchronous").fetchone()[0] == full
    release()


def test_a_server_that_only_reads_for_now_is_trouble_that_passes(postgresql_db: Any) -> None:
    core_db.run("SET default_transaction_read_only = on")
    with pytest.raises(peewee.OperationalError) as refused:
        User.create(name="Anna", created_at=0)
    assert core_db.blameless(refused.value)
    core_db.run("SET default_transaction_read_only = off")
    User.create(name="Anna", created_at=0)
