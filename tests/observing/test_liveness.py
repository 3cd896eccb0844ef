"""Live and ready apart, on every process: who must be started anew, and who gets no requests."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import StorageUnavailable
from core.base.processes import liveness
from core.operation.serving.readiness import Readiness
from tests.http_house import free_port
from tests.observing.processes import answer, asked, running
from tests.patience import until

WELL = {
    "http": '{"database":"ok"}',
    "web": '{"database":"ok","store":"ok"}',
    "dashboard": '{"database":"ok"}',
}


@pytest.mark.parametrize("part", WELL)
def test_a_server_lives_while_it_can_not_be_used(tmp_path: Path, part: str) -> None:
    port = free_port()
    with running(tmp_path, part, **{f"{part.upper()}__PORT": port}):
        until(lambda: answer(port, "/ready") == (200, WELL[part]), lambda: _log(tmp_path))
        assert answer(port, "/live") == (200, "ok")
        with closing(sqlite3.connect(tmp_path / "likeness.db", isolation_level=None)) as db:
            db.execute("CREATE TABLE kept AS SELECT * FROM schema_migration")
            db.execute("DELETE FROM schema_migration WHERE name LIKE '0013%'")
            until(lambda: answer(port, "/ready")[0] == 503)
            assert "SchemaMismatch" in answer(port, "/ready")[1]
            assert answer(port, "/live") == (200, "ok")
            assert asked(tmp_path, "alive", part)[0] == 0
            db.execute("INSERT INTO schema_migration SELECT * FROM kept WHERE name LIKE '0013%'")
        until(lambda: answer(port, "/ready")[0] == 200)
        (tmp_path / "objects").rename(tmp_path / "away")
        if part == "web":
            until(lambda: answer(port, "/ready")[0] == 503)
            assert "StorageUnavailable" in answer(port, "/ready")[1]
        else:
            assert answer(port, "/ready") == (200, WELL[part])
        assert answer(port, "/live") == (200, "ok")


def _log(folder: Path) -> str:
    return (folder / "log").read_text("utf-8")


def test_a_worker_that_stands_still_is_found_from_its_host(tmp_path: Path) -> None:
    assert asked(tmp_path, "alive", "worker")[0] == 1
    assert asked(tmp_path, "alive")[0] == 1
    with running(tmp_path, "worker") as worker:
        until(lambda: list(tmp_path.glob("alive/worker*")), lambda: _log(tmp_path))
        for named in (("worker",), ()):
            assert asked(tmp_path, "alive", *named) == (0, "worker is alive.\n")
        assert asked(tmp_path, "alive", "telegram")[0] == 1
        worker.send_signal(signal.SIGSTOP)
        [file] = tmp_path.glob("alive/worker*")
        long_ago = time.time() - 61
        os.utime(file, (long_ago, long_ago))
        code, said = asked(tmp_path, "alive")
        assert (code, "its loop stands still" in said) == (1, True)
        worker.send_signal(signal.SIGCONT)
        until(lambda: file.stat().st_mtime > long_ago + 30)
    assert list(tmp_path.glob("alive/*")) == []


def test_whether_a_worker_is_ready_is_another_question(tmp_path: Path) -> None:
    with running(tmp_path, "worker"):
        until(lambda: list(tmp_path.glob("alive/worker*")), lambda: _log(tmp_path))
        assert asked(tmp_path, "alive", "worker", "--ready") == (0, "worker is ready.\n")
        nobody = {"DATABASE__URL": "postgresql://nobody@127.0.0.1:1/none"}
        assert asked(tmp_path, "alive", "worker", **nobody)[0] == 0
        code, said = asked(tmp_path, "alive", "worker", "--ready", **nobody)
        assert (code, "database: DatabaseUnavailable" in said) == (1, True)
        (tmp_path / "objects").rename(tmp_path / "away")
        code, said = asked(tmp_path, "alive", "worker", "--ready")
        assert (code, "store: StorageUnavailable" in said) == (1, True)
        assert not (tmp_path / "objects").exists()


@pytest.fixture
def turning() -> Any:
    yield liveness.turned
    liveness.resting()


def test_a_loop_that_stands_still_lets_its_file_grow_old(
    tmp_path: Path, turning: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    turning()
    monkeypatch.setattr(liveness, "SECONDS", 0.2)
    with liveness.told(tmp_path, "a part/of mine", seconds=0.01):
        until(liveness.stands_still)
        [file] = (tmp_path / "alive").iterdir()
        before = file.stat().st_mtime_ns
        time.sleep(0.1)
        assert file.stat().st_mtime_ns == before
        turning()
        until(lambda: file.stat().st_mtime_ns > before)


def test_a_folder_that_can_not_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "alive").touch()
    with liveness.told(tmp_path, "worker", seconds=0.01):
        time.sleep(0.05)
        assert liveness.age(tmp_path, "worker") is None


def test_what_killed_containers_left_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "alive").mkdir()
    old, young = tmp_path / "alive" / "worker@a", tmp_path / "alive" / "worker@b"
    for file, days in ((old, 2), (young, 0)):
        file.touch()
        os.utime(file, (time.time() - days * 86_400,) * 2)
    with liveness.told(tmp_path, "worker"):
        until(lambda: not old.exists())
    assert young.exists()


def test_whoever_asks_all_the_time_asks_nobody_behind_us(sqlite_db: Any) -> None:
    asks: list[int] = []

    def probe() -> None:
        asks.append(1)
        raise StorageUnavailable("the secret name of a bucket")

    readiness = Readiness(store=probe)
    found = [readiness.look() for _ in range(100)]
    assert len(asks) < 100
    assert all(one["store"] == "StorageUnavailable" for one in found)
