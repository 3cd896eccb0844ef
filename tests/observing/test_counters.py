"""What is counted only rises: across processes, restarts and deletions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.base import db as core_db
from core.base.db import run
from core.base.processes import meters
from core.base.processes.heartbeat import beating, write_meters
from core.conversation.delivery.sending import outbox
from core.conversation.messages import Event, Kind
from core.operation.metrics.prometheus import counters, exposition
from core.operation.metrics.scope import one
from tests import makers
from tests.conversation.chat import Chat
from tests.conversation.racing import in_processes
from tests.feedback import feedback_engine
from tests.metrics.history import NOW, make
from tests.metrics.test_exposition import read
from tests.observing.promtool import promtool

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    """What the tests before counted in this process is not ours."""
    meters.take()


def told() -> dict[str, float]:
    """Every sample, with what this process has counted so far."""
    write_meters()
    return read(exposition.text(NOW))


def test_prometheus_has_nothing_to_say_against_it(db: Any) -> None:
    make(30)
    meters.count("updates_received", channel="telegram", receipt="accepted")
    meters.observe("fal_request_seconds", 0.3, phase="submit")
    write_meters()
    assert promtool("check", "metrics", given=exposition.text(NOW)) == ""


def test_it_says_what_answers(db: Any) -> None:
    [line] = [name for name in told() if name.startswith("likeness_build_info")]
    assert ('database="sqlite"' in line) == core_db.is_sqlite()


def test_a_counter_is_shown_before_anything_happened(sqlite_db: Any) -> None:
    found = told()
    assert found['likeness_turns_total{outcome="quarantined"}'] == 0
    assert found['likeness_orders_total{kind="pictures",mode="test",status="failed"}'] == 0
    assert found["likeness_turn_seconds_count{}"] == 0


def test_what_people_send_is_counted_by_what_became_of_it(db: Any) -> None:
    anna = Chat(feedback_engine())
    anna.receive(Event(Kind.COMMAND, "start"), "the same key")
    anna.receive(Event(Kind.COMMAND, "start"), "the same key")
    anna.say("hello")
    parcel = anna.show()
    outbox.shown(anna.id, parcel.revision, (), {"id": 1}, NOW)
    found = told()
    received = {
        receipt: found[f'likeness_updates_received_total{{channel="test",receipt="{receipt}"}}']
        for receipt in ("accepted", "duplicate")
    }
    assert received == {"accepted": 2, "duplicate": 1}
    assert found['likeness_turns_total{outcome="applied"}'] == 2
    assert found["likeness_turn_seconds_count{}"] == 2
    assert found["likeness_screens_shown_total{}"] >= 1


def test_buckets_contain_the_ones_below(sqlite_db: Any) -> None:
    for seconds in (-1.0, 0.004, 0.005, 0.2, 9_000.0):
        meters.observe("turn_seconds", seconds)
    found = told()
    assert found['likeness_turn_seconds_bucket{le="0.005"}'] == 3
    assert found['likeness_turn_seconds_bucket{le="0.1"}'] == 3
    assert found['likeness_turn_seconds_bucket{le="7200.0"}'] == 4
    assert found['likeness_turn_seconds_bucket{le="+Inf"}'] == 5
    assert found["likeness_turn_seconds_count{}"] == 5
    assert found["likeness_turn_seconds_sum{}"] == pytest.approx(9_000.209)


def _count_and_end() -> None:
    meters.take()
    with beating("worker", seconds=60):
        for _ in range(50):
            meters.count("screens_shown")
            meters.count("turns", outcome="applied")


def test_processes_count_together_and_a_restart_loses_nothing(db: Any, database_url: str) -> None:
    in_processes(database_url, _count_and_end, [()] * 4)
    in_processes(database_url, _count_and_end, [()] * 2)
    found = told()
    assert found["likeness_screens_shown_total{}"] == 300
    assert found['likeness_turns_total{outcome="applied"}'] == 300


def test_what_could_not_be_written_is_written_later(sqlite_db: Any) -> None:
    meters.count("screens_shown")
    run("ALTER TABLE meters RENAME TO mislaid")
    write_meters()
    run("ALTER TABLE mislaid RENAME TO meters")
    meters.count("screens_shown")
    assert told()["likeness_screens_shown_total{}"] == 2


def test_no_count_falls_when_a_person_is_gone(db: Any) -> None:
    make(30)
    meters.count("turns", 7, outcome="applied")
    before = told()
    for table in ("transitions", "notices", "inbox", "avatar_photos", "fal_events"):
        run(f"DELETE FROM {table}")
    after = told()
    rising = [name for name in before if "_total{" in name or "_bucket{" in name]
    assert rising
    assert [name for name in rising if after[name] < before[name]] == []


def _names(path: Path) -> Iterator[tuple[str, str]]:
    """What a module counts: each `count` or `observe` with its first word."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            whose = node.func.value
            named = isinstance(whose, ast.Name) and whose.id == "meters"
            if named and node.func.attr in ("count", "observe"):
                [name, *_] = node.args
                assert isinstance(name, ast.Constant), f"{path}: a name that is made up"
                yield node.func.attr, str(name.value)


def test_what_is_counted_has_a_meaning_and_what_has_one_is_counted() -> None:
    folders = ("core", "channels", "dashboard")
    modules = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    found = {pair for path in modules for pair in _names(path)}
    known = {("count", name) for name in counters.COUNTERS}
    known |= {("observe", name) for name in counters.HISTOGRAMS}
    assert found == known


def _steps(database: Any, work: Callable[[], object]) -> int:
    """How many hundreds of instructions SQLite takes for it: whatever the machine is doing."""
    counted = []
    connection = database.connection()
    connection.set_progress_handler(lambda: counted.append(1), 100)
    try:
        work()
    finally:
        connection.set_progress_handler(None, 0)
    return len(counted)


_LONG_AGO = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
"""


def test_a_scrape_does_not_read_what_is_long_over(sqlite_db: Any) -> None:
    """It costs as much after 20,000 more turns, notices and photos as before."""
    make(30)
    conversation = makers.conversation()
    avatar = makers.avatar(conversation, 1)
    before = _steps(sqlite_db, lambda: exposition.text(NOW))
    whose = (conversation.id,)
    run(
        f"""{_LONG_AGO} INSERT INTO transitions (conversation_id, event_id, kind, trigger, source,
        dest, visit, revision, at) SELECT ?, i, 'text', 't', 's', 'd', 1, 1, i FROM n""",
        *whose,
    )
    run(
        f"""{_LONG_AGO} INSERT INTO notices (conversation_id, key, name, parameters, created_at,
        sent_at, outcome, attempts, message) SELECT ?, i, 'n', '', i, i, 'sent', 1, '' FROM n""",
        *whose,
    )
    columns = ", ".join(
        row[1] for row in run("PRAGMA table_info(avatar_photos)").fetchall()
        if row[1] not in ("id", "number", "file_hash", "minio_key")
    )  # fmt: skip
    run(
        f"""{_LONG_AGO} INSERT INTO avatar_photos (id, number, {columns})
        SELECT 'x' || i, 1000 + i, {columns} FROM n, avatar_photos
        WHERE avatar_id = ? AND number = 1""",
        avatar.id.hex,
    )
    run(
        f"""{_LONG_AGO} INSERT INTO conversations SELECT 1000 + i, user_id, channel, bot, i
        , {", ".join(row[1] for row in run("PRAGMA table_info(conversations)").fetchall()[5:])}
        FROM n, conversations WHERE id = ?""",
        *whose,
    )
    for table in ("transitions", "notices", "avatar_photos", "conversations"):
        assert one(f"SELECT count(*) FROM {table}")[0] >= 20_000
    counting = _steps(sqlite_db, lambda: one("SELECT count(at) FROM transitions"))
    after = _steps(sqlite_db, lambda: exposition.text(NOW))
    assert after - before <= counting / 20
