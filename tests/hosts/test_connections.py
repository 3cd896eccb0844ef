"""How many connections to PostgreSQL each process holds: a server lets in a hundred in all."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from core.base import db as core_db
from core.base.work import Pool
from core.operation import loops, worker_pool
from core.operation.loops import Chore, Loops
from core.operation.metrics.health import beats
from core.operation.worker_pool import WorkerPool
from tests.channels.web.conftest import _free_port
from tests.patience import LONG, until
from tests.scenarios.house import House

IDLE = {"worker": 2, "web": 2, "http": 2, "dashboard": 2}
"""So many a process holds while nothing happens; docs/operating.md says so."""


def held(url: str) -> int:
    """The connections that others than this question hold."""
    with psycopg.connect(url) as admin:
        row = admin.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
            "pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def few(url: str, most: int) -> bool:
    return held(url) <= most


def beats_of(part: str) -> bool:
    return part in {beat.part for beat in beats()}


def test_threads_without_work_give_their_connections_back(
    postgresql_db: Any, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "IDLE_SECONDS", 0.2)
    together = threading.Barrier(9)

    def work() -> None:
        core_db.run("SELECT 1")
        together.wait(LONG)

    pool = WorkerPool(Pool("many", 8))
    try:
        for n in range(8):
            pool.submit(("work", str(n)), work)
        together.wait(LONG)
        until(lambda: held(postgresql_url) == 0, lambda: held(postgresql_url))
        for n in range(8):
            pool.submit(("work", str(n)), work)
        together.wait(LONG)
    finally:
        pool.stop()


def test_a_chore_that_rests_for_long_gives_its_connection_back(
    postgresql_db: Any, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "IDLE_SECONDS", 5.0)
    stopping, asked = threading.Event(), threading.Event()
    chores = Loops(stopping)
    chores.begin(Chore("rare", 3600.0, (lambda: core_db.run("SELECT 1"), asked.set)))
    try:
        assert asked.wait(LONG)
        until(lambda: held(postgresql_url) == 0, lambda: held(postgresql_url))
    finally:
        stopping.set()
        chores.join()


@pytest.mark.timeout(120)
def test_an_idle_process_holds_as_few_as_the_documentation_says(
    postgresql_url: str, postgresql_db: Any, tmp_path: Path
) -> None:
    for part, most in IDLE.items():
        ports = {f"{name}__port": _free_port() for name in ("web", "dashboard", "http")}
        house = House(tmp_path, database__url=postgresql_url, **ports)
        house.start(part)
        try:
            house.wait_until(partial(beats_of, part))
            core_db.release()
            until(partial(few, postgresql_url, most), partial(held, postgresql_url))
        finally:
            house.stop()
        until(lambda: held(postgresql_url) == 0, "a process that has ended holds one")
