"""The made-up history: the same for the same seed, and nothing that a worker would touch."""

from __future__ import annotations

import time
from typing import Any, get_args

import httpx
import pytest

from core.avatars.flow import TABLE
from core.avatars.models import (
    AvatarGender,
    AvatarStatus,
    AvatarType,
    PhotoValidationStatus,
    RunStatus,
)
from core.avatars.pictures.packs import packs
from core.avatars.ports import Phase
from core.avatars.screens.verdicts import REASONS
from core.base.db import run, transaction
from core.base.settings import Settings
from core.base.settings.installed import installed_channels
from core.conversation.messages import Kind
from core.operation.demo import Story, empty, fill
from core.operation.demo.known import FAULTS, Fault, trainers
from core.services.fal import errors, profiles, wire
from tests.avatars.test_flow import bound

NOW = 1_800_000_000.0
TABLES = (
    "users", "conversations", "transitions", "avatars", "training_runs", "picture_runs",
    "pictures", "submissions", "fal_events",
)  # fmt: skip


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
        "SELECT max(finished_at) FROM picture_runs",
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


# nothing that can't happen


def drawn(table: str, *columns: str) -> set[Any]:
    """Every value of a column, or every combination of several, that was drawn."""
    found = run(f"SELECT DISTINCT {', '.join(columns)} FROM {table}").fetchall()
    return {row[0] if len(columns) == 1 else tuple(row) for row in found}


@pytest.fixture
def history(sqlite_db: Any) -> None:
    fill(400, Story(NOW, seed=9, refused_share=0.3, error_share=0.2, test_share=0.3))


@pytest.mark.usefixtures("history")
def test_every_value_that_is_drawn_exists_in_the_product() -> None:
    known = {
        ("conversations", "channel"): set(installed_channels()),
        ("conversations", "state"): set(TABLE.states),
        ("transitions", "kind"): {kind.value for kind in Kind},
        ("avatars", "status"): {status.value for status in AvatarStatus},
        ("avatars", "gender"): {gender.value for gender in AvatarGender},
        ("avatars", "avatar_type"): {kind.value for kind in AvatarType},
        ("avatar_photos", "validation_status"): {s.value for s in PhotoValidationStatus},
        ("avatar_photos", "reason"): set(REASONS),
        ("training_runs", "status"): {status.value for status in RunStatus},
        ("training_runs", "finished_by"): {"", "webhook", "poll"},
        ("picture_runs", "pack"): {"", *packs()},
        ("picture_runs", "profile"): set(Settings().fal.painters),
        ("fal_events", "phase"): set(get_args(Phase)),
    }
    for (table, column), allowed in known.items():
        found = drawn(table, column)
        assert found, (table, column)
        assert found <= allowed, (table, column)


@pytest.mark.usefixtures("history")
def test_every_step_that_is_drawn_is_one_of_the_table() -> None:
    steps = {(step.trigger, step.source, step.dest) for step in bound().steps}
    moved = drawn("transitions", '"trigger"', "source", "dest")
    assert len(moved) > 15
    assert moved <= steps


@pytest.mark.usefixtures("history")
def test_every_training_that_is_drawn_is_of_a_profile_and_its_endpoint() -> None:
    orders = drawn("training_runs", "training_type", "profile", "endpoint")
    preferred = Settings().training
    chosen = {"portrait": preferred.profiles_portrait, "style": preferred.profiles_style}
    for kind, profile, endpoint in orders:
        assert profile == chosen[kind][0]
        assert endpoint == profiles.BY_NAME[profile].endpoint
    painters = {(name, p.endpoint) for name, p in profiles.painters.BY_NAME.items()}
    assert drawn("picture_runs", "profile", "endpoint") <= painters
    assert drawn("fal_events", "endpoint") <= {p.endpoint for p in profiles.BY_NAME.values()}
    for kind, trainer in trainers().items():
        price = profiles.trainers.price_usd(Settings().fal, trainer.profile) or 0.0
        assert trainer.price_usd == pytest.approx(price), kind


@pytest.mark.usefixtures("history")
def test_every_failure_that_is_drawn_is_one_that_can_be_drawn() -> None:
    told = {(fault.error_type, fault.error_class, fault.message) for fault in FAULTS}
    for table, message in (("training_runs", "error"), ("fal_events", "message")):
        found = drawn(table, "error_type", "error_class", message) - {("", "", "")}
        assert found
        assert found <= told, table


@pytest.mark.usefixtures("history")
def test_a_training_ends_by_what_ends_one_and_asks_no_more() -> None:
    found = run("SELECT DISTINCT error_type FROM training_runs WHERE status = 'failed'").fetchall()
    assert found
    assert {error for (error,) in found} <= {f.error_type for f in FAULTS if f.phase == "result"}
    last = run(
        "SELECT DISTINCT r.status, e.phase FROM training_runs r "
        "JOIN fal_events e ON e.id = (SELECT max(id) FROM fal_events WHERE run_id = r.id) "
        "WHERE r.status IN ('completed', 'failed', 'cancelled')"
    ).fetchall()
    ends = {("completed", "download"), ("failed", "result"), ("cancelled", "cancel")}
    assert {("completed", "download"), ("failed", "result")} <= set(last) <= ends


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.error_type)
def test_each_failure_is_what_the_product_makes_of_such_an_answer(fault: Fault) -> None:
    if fault.http_status is None:
        known = (httpx.ConnectError("no"), httpx.ReadTimeout("late"))
        failure = next(f for f in map(wire.broken_by, known) if f.error_type == fault.error_type)
    else:
        item = {"type": fault.error_type, "msg": fault.message}
        own = fault.error_type in errors.TYPES
        body = {"detail": [item]} if own else {"detail": fault.message}
        failure = errors.classified(fault.http_status, {}, body, fault.phase)
    made = (failure.error_type, failure.error_class, failure.message, failure.http_status)
    assert made == (fault.error_type, fault.error_class, fault.message, fault.http_status)


@pytest.mark.usefixtures("history")
def test_every_order_that_was_sent_has_its_submission_and_costs_what_that_does() -> None:
    for kind, table in (("training", "training_runs"), ("pictures", "picture_runs")):
        ordered = run(
            f"SELECT id, request_id, cost_usd FROM {table} WHERE submission > 0"
        ).fetchall()
        sent = run(
            f"SELECT run_id, request_id, cost_usd FROM submissions WHERE kind = '{kind}'"
        ).fetchall()
        assert len(ordered) > 20
        assert sorted(ordered, key=str) == sorted(sent, key=str)
