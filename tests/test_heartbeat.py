"""A process that lives says so; one that ends well leaves nothing behind."""

from __future__ import annotations

import time
from typing import Any

import pytest
from structlog.testing import capture_logs

from core.base.db import run
from core.base.errors import StorageUnavailable
from core.base.processes.heartbeat import beating
from core.operation.metrics.health import Beat, beats, deployments
from core.operation.metrics.scope import Scope
from tests.patience import LONG, until


def eventually(part: str, trouble: str = "") -> Beat:
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        for beat in beats():
            if beat.part == part and beat.trouble == trouble:
                return beat
        time.sleep(0.02)
    raise AssertionError(f"{part} never beat: {beats()}")


def test_a_process_beats_while_it_works_and_not_after(db: Any) -> None:
    with beating("worker", seconds=0.05):
        first = eventually("worker")
        until(lambda: eventually("worker").at > first.at)
        assert abs(first.started_at - time.time()) < 60
    assert beats() == []


def test_what_troubles_it_is_told(db: Any) -> None:
    with beating("worker", lambda: "storage: the folder is gone", seconds=0.05):
        eventually("worker", "storage: the folder is gone")


def test_another_version_than_before_is_a_deployment(
    db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("1.0", "1.0", "1.1", "1.0"):
        monkeypatch.setattr("core.base.processes.heartbeat.__version__", version)
        for part in ("worker", "http"):
            with beating(part, seconds=0.05):
                eventually(part)
    began = time.time()
    found = deployments(Scope(began - 60, began))
    assert [version for _, version in found] == ["1.0", "1.1", "1.0"]
    assert deployments(Scope(began, began + 60)) == []


def test_trouble_is_logged_once_when_it_comes_and_when_it_goes(db: Any) -> None:
    away = [True]
    with (
        capture_logs() as logged,
        beating("worker", lambda: "storage: the key is wrong" if away else "", seconds=0.02),
    ):
        eventually("worker", "storage: the key is wrong")
        time.sleep(0.1)
        away.clear()
        eventually("worker")
    told = [(entry["log_level"], entry.get("trouble")) for entry in logged]
    assert told == [("error", "storage: the key is wrong"), ("info", None)]


def test_a_probe_that_fails_is_trouble_itself(db: Any) -> None:
    def probe() -> str:
        raise StorageUnavailable("gone")

    with beating("worker", probe, seconds=0.05):
        eventually("worker", "StorageUnavailable")


def test_a_database_that_is_away_stops_nobody(sqlite_db: Any) -> None:
    sqlite_db.execute_sql("DROP TABLE heartbeats")
    with beating("worker", seconds=0.02):
        time.sleep(0.2)


def test_who_was_killed_is_missed_until_the_part_ends_well(db: Any) -> None:
    def seen(process: str, days: float) -> None:
        run(
            "INSERT INTO heartbeats (part, process, at, started_at, version, trouble) "
            "VALUES ('worker', ?, ?, 0, '1', '')",
            *(process, time.time() - days * 86_400),
        )

    seen("killed", 3)
    seen("killed long before", 4)
    with beating("web", seconds=0.05):
        eventually("web")
        until(lambda: [beat.process for beat in beats() if beat.part == "worker"] == ["killed"])
    seen("forgotten", 8)
    with beating("worker", seconds=0.05):
        eventually("worker")
    assert beats() == []
