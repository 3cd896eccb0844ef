"""The mode is the system's: a process without the key shows, counts and orders what workers do."""

from __future__ import annotations

from typing import Any

import pytest

from core.avatars.models import RunStatus, TrainingRun
from core.base.db import run
from core.base.processes.heartbeat import DEAD_AFTER, beating
from core.base.processes.mode import ordered, shown
from core.base.settings import Settings
from core.operation.alerts import Watch, recent
from core.operation.metrics.prometheus import exposition
from tests import makers
from tests.test_heartbeat import eventually

NOW = 1_800_000_000.0


def worker(mode: str, ago: float = 1.0) -> None:
    run(
        "INSERT INTO heartbeats (part, process, at, started_at, version, trouble, mode) "
        "VALUES ('worker', ?, ?, 0, '1', '', ?)",
        *(f"host:{mode}", NOW - ago, mode),
    )


def training(status: RunStatus, *, simulated: bool, ago: float = 60.0) -> TrainingRun:
    owner = makers.conversation()
    return TrainingRun.create(
        avatar=makers.avatar(owner), user=owner.user, training_type="portrait", status=status,
        test_mode=simulated, created_at=NOW - ago, finished_at=NOW - ago / 2,
        endpoint="fal-ai/flux-lora-portrait-trainer",
    )  # fmt: skip


def test_without_a_word_from_anywhere_it_is_the_processs_own(db: Any) -> None:
    assert (ordered("test", NOW), shown("test", NOW)) == ("test", "test")
    assert (ordered("production", NOW), shown("production", NOW)) == ("production", "production")


def test_what_the_worker_says_counts_and_not_the_own_key(db: Any) -> None:
    worker("production")
    assert (ordered("test", NOW), shown("test", NOW)) == ("production", "production")


def test_a_worker_that_was_killed_is_still_believed(db: Any) -> None:
    worker("test", ago=50_000)
    worker("production", ago=DEAD_AFTER + 1)
    assert (ordered("test", NOW), shown("test", NOW)) == ("production", "production")


def test_a_dead_worker_is_not_asked_while_another_lives(db: Any) -> None:
    worker("test", ago=DEAD_AFTER + 1)
    worker("production")
    assert shown("test", NOW) == "production"


def test_where_one_worker_has_the_key_trainings_are_real_and_both_are_shown(db: Any) -> None:
    worker("test")
    worker("production")
    assert (ordered("test", NOW), shown("test", NOW)) == ("production", "both")


def test_what_runs_is_shown_though_new_trainings_are_made_otherwise(db: Any) -> None:
    worker("test")
    training(RunStatus.RUNNING, simulated=False)
    assert (ordered("test", NOW), shown("test", NOW)) == ("test", "both")


def test_after_the_worker_has_ended_well_its_last_training_tells(db: Any) -> None:
    training(RunStatus.COMPLETED, simulated=True, ago=900)
    training(RunStatus.COMPLETED, simulated=False)
    assert shown("test", NOW) == "production"


def test_a_worker_says_its_mode_with_every_beat(db: Any) -> None:
    with beating("worker", seconds=0.05, mode="production"):
        eventually("worker")
        assert run("SELECT mode FROM heartbeats").fetchone()[0] == "production"


@pytest.mark.parametrize("own", ["test", "production"])
def test_alerts_are_about_the_systems_trainings_in_every_process(db: Any, own: Any) -> None:
    worker("production")
    for _ in range(20):
        training(RunStatus.FAILED, simulated=False)
        training(RunStatus.COMPLETED, simulated=True)
    settings = Settings.model_validate({"alerts": {"success_runs": 5}}, strict=False)
    Watch(settings, own, lambda: NOW).look()
    assert "success" in {alert.rule for alert in recent(NOW)}


def test_the_metrics_say_the_mode_and_nothing_where_it_is_unknown(db: Any) -> None:
    assert "likeness_orders{" not in exposition.text(NOW)
    worker("production")
    said = exposition.text(NOW)
    assert 'likeness_orders{mode="production"} 1' in said
    assert 'likeness_orders{mode="test"} 0' in said
