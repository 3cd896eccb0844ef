"""Each rule fires once, arrives, resolves by itself, and can be silenced."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from core.alerts import RULES, Watch, holding, recent
from core.avatars.models import AvatarTrainingType, RunStatus, TrainingRun
from core.conversation.models import Conversation
from core.db import run
from core.settings import Settings
from tests import makers
from tests.conversation.chat import Clock

NOW = 1_800_000_000.0


def settings(**alerts: Any) -> Settings:
    return Settings.model_validate(
        {
            "training": {"daily_budget_usd": 100.0},
            "alerts": {"admins": ("web:boss",), "webhook_url": "https://hook.example/", **alerts},
        },
        strict=False,
    )


def a_run(status: RunStatus, **columns: Any) -> None:
    owner = makers.conversation()
    TrainingRun.create(
        user=owner.user,
        training_type=AvatarTrainingType.PORTRAIT,
        status=status,
        **{"created_at": NOW - 60, "finished_at": NOW - 30 if status.final else None, **columns},
    )


def an_error(at: float = NOW - 10, message: str = "No answer", n: int = 1) -> None:
    for _ in range(n):
        run(
            "INSERT INTO fal_events (at, endpoint, phase, ok, error_type, error_class, message, "
            "request_id) VALUES (?, 'e', 'status', ?, 'timeout', 'retry', ?, '')",
            *(at, False, message),
        )


def a_beat(at: float, process: str = "machine:1") -> None:
    run(
        "INSERT INTO heartbeats (part, process, at, started_at, version, trouble) "
        "VALUES ('worker', ?, ?, 0, '1', '')",
        *(process, at),
    )


def an_event(at: float) -> None:
    owner = makers.conversation()
    run(
        "INSERT INTO inbox (conversation_id, channel, bot, update_id, kind, payload, received_at, "
        "attempts, retry_at, error) VALUES (?, 'web', 'web', ?, 'text', '', ?, 0, 0, '')",
        *(owner.id, str(owner.id), at),
    )


def many_fail() -> None:
    for _ in range(4):
        a_run(RunStatus.FAILED)
    a_run(RunStatus.COMPLETED)


def many_errors() -> None:
    an_error(at=NOW - 7200)  # so that it is no new problem
    an_error(n=50)


CAUSES: dict[str, tuple[Callable[[], object], str]] = {
    "success": (many_fail, "DELETE FROM training_runs"),
    "fal_errors": (many_errors, "DELETE FROM fal_events"),
    "queue": (
        lambda: a_run(RunStatus.QUEUED, created_at=NOW - 3600),
        "UPDATE training_runs SET status = 'training'",
    ),
    "waiting": (lambda: an_event(NOW - 600), "UPDATE inbox SET handled_at = 1"),
    "heartbeat": (lambda: a_beat(NOW - 120), "DELETE FROM heartbeats"),
    "uncertain": (
        lambda: a_run(RunStatus.UNCERTAIN),
        "UPDATE training_runs SET status = 'failed'",
    ),
    "budget": (
        lambda: a_run(RunStatus.TRAINING, price_usd=90.0, created_at=NOW),
        "UPDATE training_runs SET cost_usd = 0",
    ),
    "new_error": (lambda: an_error(), "DELETE FROM fal_events"),
}


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def posted() -> list[Any]:
    return []


@pytest.fixture
def boss(db: Any) -> Conversation:
    """The admin, who has written to the bot before."""
    return makers.conversation(chat="boss")


@pytest.fixture
def watch(boss: Conversation, clock: Clock, posted: list[Any]) -> Watch:
    return Watch(settings(), "production", clock, lambda _, body: posted.append(body))


def told(boss: Conversation) -> list[tuple[str, bool]]:
    """What the admin's chat was told: the rule, and whether it is over."""
    query = "SELECT name, parameters FROM notices WHERE conversation_id = ? ORDER BY id"
    found = [(name, json.loads(text)) for name, text in run(query, boss.id).fetchall()]
    assert all(name == "alert" for name, _ in found)
    return [(told["rule"], told["resolved"]) for _, told in found]


def test_every_rule_has_its_cause_here() -> None:
    assert set(CAUSES) == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_fires_once_arrives_and_resolves(
    rule: str, watch: Watch, boss: Conversation, clock: Clock, posted: list[Any]
) -> None:
    cause, cure = CAUSES[rule]
    watch.look()
    assert told(boss) == []
    cause()
    for _ in range(3):
        watch.look()
        clock.forward(1)
    assert told(boss) == [(rule, False)]
    assert [(body["rule"], body["status"]) for body in posted] == [(rule, "firing")]
    assert [(a.rule, a.resolved_at) for a in recent(clock.now)] == [(rule, None)]
    run(cure)
    for _ in range(2):
        watch.look()
    assert told(boss) == [(rule, False), (rule, True)]
    assert [body["status"] for body in posted] == ["firing", "resolved"]
    assert recent(clock.now)[0].resolved_at == clock.now
    cause()
    watch.look()
    assert told(boss)[2:] == [(rule, False)], "it may fire again"


def test_two_workers_tell_of_an_alert_once(boss: Conversation, clock: Clock) -> None:
    posted: list[Any] = []
    watches = [
        Watch(settings(), "production", clock, lambda _, body: posted.append(body))
        for _ in range(2)
    ]
    a_run(RunStatus.UNCERTAIN)
    for watch in watches:
        watch.look()
    assert told(boss) == [("uncertain", False)]
    assert len(posted) == 1


def test_a_silenced_rule_is_told_to_nobody_and_shown_all_the_same(
    watch: Watch, boss: Conversation, clock: Clock, posted: list[Any]
) -> None:
    run("INSERT INTO silences (rule, until, who) VALUES ('uncertain', ?, 'anna')", NOW + 3600)
    a_run(RunStatus.UNCERTAIN)
    watch.look()
    assert told(boss) == posted == []
    assert [alert.silenced for alert in recent(clock.now)] == [True]
    clock.forward(3601)
    watch.look()
    assert told(boss) == [("uncertain", False)], "it still holds when the silence ends"


def test_a_threshold_of_nought_never_fires(db: Any) -> None:
    for cause, _ in CAUSES.values():
        cause()
    off = settings(
        success_percent=0, fal_errors=0, queue_minutes=0, waiting_minutes=0, heartbeat_seconds=0,
        uncertain_runs=0, budget_percent=0, new_errors=False,
    )  # fmt: skip
    assert list(holding(off, NOW, "production")) == []


def test_a_process_that_was_restarted_is_not_silent(db: Any) -> None:
    a_beat(NOW - 1000, "machine:1")
    a_beat(NOW - 1, "machine:2")
    assert list(holding(settings(), NOW, "production")) == []


def test_simulated_trainings_fire_nothing_in_production(db: Any) -> None:
    for _ in range(5):
        a_run(RunStatus.FAILED, test_mode=True)
    assert list(holding(settings(), NOW, "production")) == []
    assert [held.rule for held in holding(settings(), NOW, "test")] == ["success"]


def test_a_webhook_out_of_reach_stops_nothing(boss: Conversation, clock: Clock) -> None:
    def refuse(_url: str, _body: object) -> None:
        raise httpx.ConnectError("refused")

    a_run(RunStatus.UNCERTAIN)
    Watch(settings(), "production", clock, refuse).look()
    assert told(boss) == [("uncertain", False)]


def test_an_admin_who_never_wrote_to_the_bot_is_skipped(db: Any, clock: Clock) -> None:
    a_run(RunStatus.UNCERTAIN)
    Watch(settings(webhook_url=""), "production", clock).look()
    assert run("SELECT count(*) FROM notices").fetchone()[0] == 0
    assert len(recent(NOW)) == 1
