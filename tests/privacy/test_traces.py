"""Where bytes hide: the write-ahead log, a store that lists, and log lines."""

from __future__ import annotations

import io
import logging
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import structlog

from core.app.bootstrap import App, bootstrap
from core.avatars import disposal
from core.avatars.models import AvatarPhoto
from core.avatars.privacy import erasure_worker
from core.base import db as core_db
from core.base.errors import StorageUnavailable, kind_of
from core.base.logs import log as core_log
from core.base.settings import Settings
from core.base.settings.running.processes import Log
from core.conversation.models import Conversation, TranscriptEntry, User
from core.services.jobs import Jobs
from tests import makers
from tests.conversation.chat import Clock
from tests.fakes.s3 import ACCESS_KEY, SECRET_KEY, S3Server
from tests.patience import LONG
from tests.privacy.people import MARK, Marked, found_in

_SAID = "INSERT INTO transcript (conversation_id, author, content, at) VALUES (?, 'bot', ?, 0)"
_OLDEST = """
DELETE FROM transcript WHERE id IN
    (SELECT id FROM transcript WHERE conversation_id = ? ORDER BY id LIMIT 3)
"""


def test_the_log_of_the_database_is_emptied_once_no_reader_is_in_the_way(
    sqlite_db: Any, tmp_path: Path
) -> None:
    wal = tmp_path / "likeness.db-wal"
    User.create(name=MARK, created_at=0)
    reader = sqlite3.connect(tmp_path / "likeness.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM users").fetchall()
    User.update(name="").execute()
    done: list[str] = []
    sqlite_db.connection().set_trace_callback(done.append)
    assert not core_db.forget_log()
    sqlite_db.connection().set_trace_callback(None)
    waits = [line for line in done if "busy_timeout =" in line or "checkpoint" in line]
    assert waits[0].endswith("= 0"), "nobody waits for it, as for other locks"
    assert "checkpoint" in waits[1]
    assert found_in(wal.read_bytes())
    reader.close()
    assert core_db.forget_log()
    assert wal.stat().st_size == 0
    assert sqlite_db.execute_sql("PRAGMA busy_timeout").fetchone()[0] == 5000


def test_copies_that_splitting_a_page_left_behind_are_gone_too(
    sqlite_db: Any, tmp_path: Path
) -> None:
    people = [makers.conversation() for _ in range(5)]
    chance = random.Random(5)
    for _ in range(1500):
        owner = chance.choice(people)
        text = (MARK if owner is people[0] else "others") * chance.choice([1, 3, 20, 100, 400])
        with core_db.transaction():
            if chance.random() < 0.7:
                core_db.run(_SAID, owner.id, text)
            elif chance.random() < 0.5:
                core_db.run(_OLDEST, owner.id)
            else:
                core_db.run("UPDATE conversations SET memory = ? WHERE id = ?", text, owner.id)
    core_db.run("DELETE FROM conversations WHERE id = ?", people[0].id)
    assert core_db.forget_deleted()
    assert core_db.forget_log()
    assert [p.name for p in tmp_path.iterdir() if found_in(p.read_bytes())] == []
    assert TranscriptEntry.select().count() > 100
    assert sqlite_db.execute_sql("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_an_erasure_waits_for_a_reader_and_ends_when_it_is_gone(
    sqlite_url: str, tmp_path: Path
) -> None:
    environ = {"LIKENESS_DATA_DIR": str(tmp_path), "LIKENESS_DATABASE__URL": sqlite_url}
    app = bootstrap(Settings.load(environ=environ), io.StringIO())
    anna = Marked(app)
    reader = sqlite3.connect(tmp_path / "likeness.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM users").fetchall()
    anna.order_erasure()
    user_id = str(Conversation.get_by_id(anna.id).user_id)
    steps = erasure_worker.Erasing(app.store, app.spool, app.jobs, app.erasures, clock=lambda: 4e9)
    assert not steps.erase(user_id)
    assert steps.due(4e9) == []
    assert steps.due(4e9 + 1) == [user_id]
    reader.close()
    assert steps.erase(user_id)
    app.jobs.close()
    app.database.close()


def asked_at(person: Marked) -> float:
    """When they asked to be forgotten."""
    at = Conversation.get_by_id(person.id).user.erasing_at
    assert at is not None
    return float(at)


def test_an_erasure_that_waits_long_is_tried_and_told_of_ever_more_seldom(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"LIKENESS_DATA_DIR": str(tmp_path), "LIKENESS_DATABASE__URL": sqlite_url}
    app = bootstrap(Settings.load(environ=environ), io.StringIO())
    anna = Marked(app)
    anna.order_erasure()
    began = asked_at(anna)
    clock = Clock(began)
    monkeypatch.setattr(
        erasure_worker, "forget_log", lambda: False
    )  # a reader is always in the way
    steps = erasure_worker.Erasing(app.store, app.spool, app.jobs, app.erasures, clock)
    with structlog.testing.capture_logs() as logs:
        for _ in range(600):
            for user_id in steps.due(clock.now):
                assert not steps.erase(user_id)
            clock.forward(1)
    warned = [entry for entry in logs if entry["log_level"] == "warning"]
    assert 5 < len(warned) < 15
    assert {entry["event"] for entry in warned} == {"not everything is erased yet"}
    monkeypatch.undo()
    clock.forward(-3600)
    (user_id,) = steps.due(clock.now)
    steps.erase(user_id)
    assert steps.due(clock.now + erasure_worker.LINGER_SECONDS) == [user_id], "not in an hour"
    app.close()
    structlog.reset_defaults()


def test_the_database_is_written_anew_a_few_times_only_while_objects_wait_for_their_end(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"LIKENESS_DATA_DIR": str(tmp_path), "LIKENESS_DATABASE__URL": sqlite_url}
    app = bootstrap(Settings.load(environ=environ), io.StringIO())
    anna = Marked(app)
    makers.avatar(Conversation.get_by_id(anna.id))
    anna.order_erasure()
    began = asked_at(anna)
    clock = Clock(began)
    written: list[float] = []

    def write() -> bool:
        written.append(clock.now)
        return True

    monkeypatch.setattr(erasure_worker, "forget_deleted", write)
    steps = erasure_worker.Erasing(app.store, app.spool, app.jobs, app.erasures, clock)
    while User.select().where(User.erasing_at.is_null(False)).exists():
        assert clock.now < began + 90
        for user_id in steps.due(clock.now):
            steps.erase(user_id)
        disposal.delete_doomed(app.store, clock.now)
        clock.forward(0.5)
    assert len(written) <= 3
    app.close()
    structlog.reset_defaults()


def test_a_message_that_was_taken_is_overwritten(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path / "jobs.db")
    jobs.wake("photo", MARK)
    assert any(found_in(path.read_bytes()) for path in tmp_path.iterdir())
    taken: list[str] = []
    jobs.serve({"photo": taken.append})
    deadline = time.monotonic() + LONG
    while not taken and time.monotonic() < deadline:
        time.sleep(0.01)
    jobs.stop()
    assert jobs.forget()
    assert [path.name for path in tmp_path.iterdir() if found_in(path.read_bytes())] == []
    jobs.close()


def test_on_an_s3_server_nothing_of_the_person_is_listed_any_more(
    s3: S3Server, sqlite_url: str, tmp_path: Path
) -> None:
    environ = {
        "LIKENESS_DATA_DIR": str(tmp_path),
        "LIKENESS_DATABASE__URL": sqlite_url,
        "LIKENESS_STORAGE__BACKEND": "minio",
        "LIKENESS_STORAGE__ENDPOINT": s3.endpoint,
        "LIKENESS_STORAGE__SECURE": "false",
        "LIKENESS_STORAGE__ACCESS_KEY": ACCESS_KEY,
        "LIKENESS_STORAGE__SECRET_KEY": SECRET_KEY,
    }
    app = bootstrap(Settings.load(environ=environ), io.StringIO())
    anna = Marked(app)
    anna.live()
    for photo_id in app.verdicts.due(4e9, 10):
        app.verdicts.judge(photo_id)
    assert len(makers.objects(app.store)) == 4
    user = Conversation.get_by_id(anna.id).user_id
    app.store.put(f"{user.hex}/{'a' * 32}/{'b' * 64}", b"an orphan of theirs")
    anna.order_erasure()
    steps = erasure_worker.Erasing(app.store, app.spool, app.jobs, app.erasures)
    assert not steps.erase(str(user))
    assert list(app.store.keys("")) == []
    assert AvatarPhoto.select().count() == 0
    app.jobs.close()
    app.database.close()


def test_what_a_person_has_begun_since_stays(app: App) -> None:
    anna = Marked(app)
    anna.live()
    anna.order_erasure()
    anna.press("create")
    for trigger, argument in (
        ("choose_type", "portrait"), ("choose_gender", "female"),
    ):  # fmt: skip
        anna.press(trigger, argument)
    anna.say("Anna")
    anna.press("agree")
    anna.send_photo()
    for photo_id in app.verdicts.due(4e9, 10):
        app.verdicts.judge(photo_id)
    [key] = makers.objects(app.store)
    user_id = str(Conversation.get_by_id(anna.id).user_id)
    erasure_worker.Erasing(app.store, app.spool, app.jobs, app.erasures).erase(user_id)
    assert makers.objects(app.store) == [key]
    assert [photo.minio_key for photo in AvatarPhoto.select()] == [key]


# log lines


def test_an_error_is_logged_without_its_words() -> None:
    said = io.StringIO()
    core_log.configure(Log(), said)
    try:
        try:
            raise StorageUnavailable(MARK) from OSError(28, MARK)
        except StorageUnavailable as error:
            structlog.get_logger().exception("work failed", error=kind_of(error))
    finally:
        structlog.reset_defaults()
    line = said.getvalue()
    assert "StorageUnavailable < OSError(28)" in line
    assert "test_traces.py" in line, "it is said where"
    assert MARK not in line.replace("(MARK)", "")


def test_a_librarys_traceback_is_logged_without_its_words() -> None:
    said = io.StringIO()
    core_log.configure(Log())
    structlog.reset_defaults()
    handler = logging.StreamHandler(said)
    handler.setFormatter(logging.Formatter("%(message)s"))  # as a library brings its own
    logger = logging.getLogger("likeness.test")
    logger.addHandler(handler)
    try:
        raise ValueError(MARK)
    except ValueError:
        logger.exception("a library failed")
    finally:
        logger.removeHandler(handler)
    assert "ValueError" in said.getvalue()
    assert MARK not in said.getvalue()


FAILING = """
import sys
from core.base.logs.log import configure
from dashboard.streamlit_options import options
from core.base.settings import Settings
settings = Settings()
configure(settings.log)
from streamlit import config
ours = options(settings.dashboard, "x")
config.get_config_options(force_reparse=True, options_from_flags=ours)
from streamlit.error_util import handle_user_script_exception
try:
    raise ValueError(sys.argv[1])
except ValueError as error:
    handle_user_script_exception(error, lambda _: True)
"""


def test_streamlit_logs_the_failure_of_a_page_without_its_words() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAILING, MARK], capture_output=True, text=True, check=True
    )
    assert "ValueError" in done.stderr
    assert MARK not in done.stdout + done.stderr
