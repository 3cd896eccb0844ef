"""The made-up history: the same for the same seed, and nothing that a worker would touch."""

from __future__ import annotations

import time
from typing import Any

import pytest

from core.db import run, transaction
from core.demo import Story, empty, fill

NOW = 1_800_000_000.0
TABLES = ("users", "conversations", "transitions", "avatars", "training_runs", "fal_events")


def rows() -> list[Any]:
    return [run(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in TABLES]


def test_the_same_seed_makes_the_same_people(sqlite_db: Any) -> None:
    assert empty()
    fill(30, Story(NOW, seed=4))
    first = rows()
    assert not empty()
    with transaction():
        for table in reversed(TABLES):
            run(f"DELETE FROM {table}")
        run("DELETE FROM sqlite_sequence")
    fill(30, Story(NOW, seed=4))
    assert rows() == first


def test_more_can_be_added_to_it(db: Any) -> None:
    fill(10, Story(NOW, seed=1))
    fill(10, Story(NOW, seed=2))
    assert run("SELECT count(*) FROM conversations").fetchone()[0] == 20
    fill(1, Story(NOW, seed=3))


def test_nothing_lies_in_the_future_and_nothing_waits_for_a_worker(db: Any) -> None:
    now = time.time()
    fill(200, Story(now, seed=5))
    for query in (
        "SELECT max(at) FROM transitions",
        "SELECT max(at) FROM fal_events",
        "SELECT max(created_at) FROM training_runs",
        "SELECT max(finished_at) FROM training_runs",
        "SELECT max(active_at) FROM conversations",
    ):
        assert run(query).fetchone()[0] <= now
    assert run("SELECT min(next_check_at) FROM training_runs").fetchone()[0] > now
    assert (
        run("SELECT count(*) FROM conversations WHERE revision > shown_revision").fetchone()[0] == 0
    )


@pytest.mark.parametrize("n", [1, 2, 50])
def test_any_number_of_people_can_be_made_up(sqlite_db: Any, n: int) -> None:
    fill(n, Story(NOW))
    assert run("SELECT count(*) FROM users").fetchone()[0] == n
