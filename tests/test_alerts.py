"""Each rule fires once, arrives, resolves by itself, and can be silenced."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from core.avatars import switches
from core.avatars.models import RunStatus
from core.avatars.orders.events import FalEvent
from core.avatars.support import SupportMessage
from core.base.db import run
from core.base.settings import Settings
from core.conversation.models import Conversation
from core.operation.alerts import RULES, Watch, holding, recent, silences
from tests import makers
from tests.alert_causes import Causes
from tests.conversation.chat import Clock

NOW = 1_800_000_000.0


def settings(**alerts: Any) -> Settings:
    return Settings.model_validate(
        {
            "public_url": "https://bot.example",
            "training": {"daily_budget_usd": 100.0},
            "alerts": {"admins": ("web:boss",), "webhook_url": "https://hook.example/", **alerts},
        },
        strict=False,
    )


CAUSES = Causes(NOW)


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
    assert set(CAUSES.known) == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_fires_once_arrives_and_resolves(
    rule: str, watch: Watch, boss: Conversation, clock: Clock, posted: list[Any]
) -> None:
    cause, cure = CAUSES.known[rule]
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
    CAUSES.run(RunStatus.UNCERTAIN)
    for watch in watches:
        watch.look()
    assert told(boss) == [("uncertain", False)]
    assert len(posted) == 1


def test_a_silenced_rule_is_told_to_nobody_and_shown_all_the_same(
    watch: Watch, boss: Conversation, clock: Clock, posted: list[Any]
) -> None:
    run("INSERT INTO silences (rule, until, who) VALUES ('uncertain', ?, 'anna')", NOW + 3600)
    CAUSES.run(RunStatus.UNCERTAIN)
    watch.look()
    assert told(boss) == posted == []
    assert [alert.silenced for alert in recent(clock.now)] == [True]
    assert silences(clock.now) == [("uncertain", NOW + 3600, "anna")]
    clock.forward(3601)
    assert silences(clock.now) == []
    watch.look()
    assert told(boss) == [("uncertain", False)], "it still holds when the silence ends"


def test_a_message_that_no_admin_was_told_of_fires_at_once_and_others_after_hours(
    db: Any,
) -> None:
    writer = makers.conversation()
    SupportMessage.create(user=writer.user, conversation=writer, text="Hello?", at=NOW - 60)

    def fires(now: float) -> list[float]:
        found = holding(settings(), now, "production")
        return [held.threshold for held in found if held.rule == "support"]

    assert fires(NOW) == [0.0], "nobody is there to be told"
    makers.conversation(chat="boss")
    assert fires(NOW) == []
    assert fires(NOW + 24 * 3600) == [24.0]


def test_a_threshold_of_nought_never_fires(db: Any) -> None:
    for cause, _ in CAUSES.known.values():
        cause()
    off = settings(
        success_percent=0, fal_errors=0, queue_minutes=0, waiting_minutes=0, heartbeat_seconds=0,
        uncertain_runs=0, lost_results=0, remote_hours=0, budget_percent=0, new_errors=False,
        stopped=False, deadlines=0, webhook_results=0, support_hours=0,
    )  # fmt: skip
    assert list(holding(off, NOW, "production")) == []


def test_a_process_that_was_restarted_is_not_silent(db: Any) -> None:
    CAUSES.beat(NOW - 1000, "machine:1")
    CAUSES.beat(NOW - 1, "machine:2")
    assert list(holding(settings(), NOW, "production")) == []


def test_simulated_trainings_fire_nothing_in_production(db: Any) -> None:
    for _ in range(5):
        CAUSES.run(RunStatus.FAILED, test_mode=True)
    assert list(holding(settings(), NOW, "production")) == []
    assert [held.rule for held in holding(settings(), NOW, "test")] == ["success"]


def test_a_webhook_out_of_reach_stops_nothing(boss: Conversation, clock: Clock) -> None:
    def refuse(_url: str, _body: object) -> None:
        raise httpx.ConnectError("refused")

    CAUSES.run(RunStatus.UNCERTAIN)
    Watch(settings(), "production", clock, refuse).look()
    assert told(boss) == [("uncertain", False)]


@pytest.mark.parametrize("answer", [None, 503])
def test_a_webhook_that_is_away_keeps_nobody_waiting_and_hears_all_of_it_later(
    boss: Conversation, clock: Clock, posted: list[Any], answer: int | None
) -> None:
    away = True

    def post(url: str, body: Any) -> None:
        if not away:
            posted.append((body["rule"], body["status"]))
            return
        assert told(boss)[:2] == [("uncertain", False), ("new_error", False)], "the chats are first"
        asked.append(body["rule"])
        if answer is None:
            raise httpx.ReadTimeout("10 s")
        refuse(url, answer)

    asked: list[str] = []
    cause, cure = CAUSES.known["uncertain"]
    cause()
    CAUSES.error()
    watch = Watch(settings(), "production", clock, post)
    watch.look()
    assert asked == ["uncertain"], "it is asked once at a look"
    run(cure)
    watch.look()
    away = False
    watch.look()
    assert posted == [("uncertain", "firing"), ("new_error", "firing"), ("uncertain", "resolved")]
    watch.look()
    assert len(posted) == 3


def test_a_webhook_that_takes_one_alert_amiss_is_told_of_the_others(
    boss: Conversation, clock: Clock
) -> None:
    asked: list[Any] = []

    def post(url: str, body: Any) -> None:
        asked.append(body["rule"])
        refuse(url, 400)

    CAUSES.run(RunStatus.UNCERTAIN)
    CAUSES.error()
    watch = Watch(settings(), "production", clock, post)
    watch.look()
    watch.look()
    assert asked == ["uncertain", "new_error"]


def refuse(url: str, status: int) -> None:
    httpx.Response(status, request=httpx.Request("POST", url)).raise_for_status()


def test_an_admin_who_never_wrote_to_the_bot_is_skipped(db: Any, clock: Clock) -> None:
    CAUSES.run(RunStatus.UNCERTAIN)
    Watch(settings(webhook_url=""), "production", clock).look()
    assert run("SELECT count(*) FROM notices").fetchone()[0] == 0
    assert len(recent(NOW)) == 1


def test_what_is_simulated_is_no_news_in_production(db: Any) -> None:
    simulated = Causes(NOW, test_mode=True)
    simulated.error()
    simulated.run(RunStatus.UNCERTAIN)
    assert list(holding(settings(), NOW, "production")) == []
    assert [held.rule for held in holding(settings(), NOW, "test")] == ["uncertain", "new_error"]


def test_whoever_stands_in_looks_only_while_no_worker_is_alive(
    watch: Watch, boss: Conversation, clock: Clock
) -> None:
    CAUSES.run(RunStatus.UNCERTAIN)
    CAUSES.beat(NOW - 5, part="worker")
    watch.stand_in()
    assert told(boss) == []
    clock.forward(100)
    watch.stand_in()
    assert sorted(told(boss)) == [("heartbeat", False), ("uncertain", False)]


def test_where_no_worker_was_ever_seen_somebody_stands_in_too(
    watch: Watch, boss: Conversation
) -> None:
    CAUSES.run(RunStatus.UNCERTAIN)
    watch.stand_in()
    assert told(boss) == [("uncertain", False)]


def subjects(now: float, rule: str, mode: Any = "production") -> list[str]:
    return [held.subject for held in holding(settings(), now, mode) if held.rule == rule]


def test_each_switch_that_stops_money_is_an_alert_of_its_own_each_time_it_is_set(
    watch: Watch, boss: Conversation, clock: Clock
) -> None:
    wanted = {
        switches.PAUSED: "",
        switches.STOPPED: "balance_exhausted",
        f"{switches.GONE}flux-2-trainer": "http_410",
        f"{switches.BROKEN}flux-2-trainer": "runner_server_error",
        switches.BUDGET: "2027-01-15",
    }
    for name, value in wanted.items():
        switches.switch_on(name, value, NOW, "worker")
    assert subjects(NOW, "stopped") == [
        "breaker:flux-2-trainer (runner_server_error)",
        "daily_budget (2027-01-15)",
        "endpoint_gone:flux-2-trainer (http_410)",
        "stop_submitting (balance_exhausted)",
        "trainings_paused",
    ]
    watch.look()
    assert told(boss) == [("stopped", False)] * 5
    switches.switch_off(switches.STOPPED)
    watch.look()
    switches.switch_on(switches.STOPPED, "http_401", clock.now, "worker")
    watch.look()
    assert told(boss)[5:] == [("stopped", True), ("stopped", False)]


def test_a_switch_whose_time_is_over_is_no_alert(db: Any) -> None:
    switches.switch_on(switches.BUDGET, "2027-01-14", NOW, "worker")
    switches.switch_on(f"{switches.GONE}x", "http_404", NOW - 2 * 86_400, "worker")
    assert subjects(NOW, "stopped") == []


@pytest.mark.parametrize("error_type", ["dearer", "no_delivery", "unknown_price"])
def test_a_training_that_waits_for_the_operator_is_an_alert(db: Any, error_type: str) -> None:
    CAUSES.run(RunStatus.READY, error_type=error_type, error_class="operator")
    assert subjects(NOW, "stopped") == [f"portrait: {error_type}"]
    assert subjects(NOW, "stopped", "test") == []


def test_webhooks_that_never_arrive_are_an_alert_and_one_that_does_ends_it(db: Any) -> None:
    for _ in range(4):
        CAUSES.run(RunStatus.COMPLETED, finished_by="poll")
    assert subjects(NOW, "webhooks") == [], "so few say nothing"
    for _ in range(6):
        CAUSES.run(RunStatus.COMPLETED, finished_by="poll")
    assert subjects(NOW, "webhooks") == [""]
    without = settings().model_copy(update={"public_url": ""})
    assert [held.rule for held in holding(without, NOW, "production")] == []
    FalEvent.create(at=NOW - 40, phase="webhook", ok=True)
    assert subjects(NOW, "webhooks") == [], "one came, only later than the answer to a question"
