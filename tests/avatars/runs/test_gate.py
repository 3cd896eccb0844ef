"""Which order may be sent, and for how much: an unknown price is not free, none is a surprise."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.avatars import restrictions, switches
from core.avatars.models import RunStatus, TrainingRun
from core.avatars.orders.money import budget
from core.avatars.orders.submissions import Submission
from core.avatars.platform_port import KEY_REFUSED, UnitPrice
from core.avatars.ports import Failure, NotSubmitted, Standing, Unreachable
from core.avatars.privacy import ledger
from core.base.db import run, transaction
from core.base.settings import Settings
from core.base.settings.running.dashboard import Dashboard
from core.operation.alerts import holding
from tests import makers
from tests.avatars.training_house import COMPLETED, QUEUED, WEIGHED, House, failed, failure

FIRST, SECOND = "portrait-first", "portrait-second"
GONE = failure("http_410", "operator", endpoint_gone=True)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(House, "folder", tmp_path, raising=False)


def real(first: float | None, second: float | None, **training: Any) -> House:
    """A house whose trainings are real, and cost this at the two profiles."""
    house = House(training={"poll_portrait_seconds": 5.0, **training})
    house.trainer.test_mode = False
    house.trainer.prices = {FIRST: first, SECOND: second}
    return house


def refused(house: House, refusal: Failure) -> None:
    """A step whose order is refused."""
    house.trainer.meanwhile = lambda: setattr(house.trainer, "refusals", [NotSubmitted(refusal)])
    house.advance()
    house.trainer.meanwhile, house.trainer.refusals = lambda: None, []


def charged(house: House, usd: float) -> None:
    """Somebody else's order of today."""
    other = TrainingRun.create(
        training_type="style", test_mode=house.trainer.test_mode, status=RunStatus.COMPLETED,
        created_at=house.clock(), submission=1,
    )  # fmt: skip
    makers.submission(other, fate="completed", price_usd=usd, cost_usd=usd, sent_at=house.clock())


# what an order costs


def test_a_process_without_the_key_agrees_to_what_the_workers_pay(db: Any) -> None:
    house = real(6.0, 6.0)
    house.trainer.test_mode = True
    now = house.clock()
    run(
        "INSERT INTO heartbeats (part, process, at, started_at, version, trouble, mode)"
        " VALUES ('worker', 'w:1', ?, ?, '1', '', 'production')",
        *(now, now),
    )
    house.start()
    assert (house.run.test_mode, house.run.price_usd) == (False, 6.0)
    house.trainer.test_mode = False  # a worker has the key
    house.advance(QUEUED, QUEUED)
    assert house.status == RunStatus.QUEUED


def test_while_there_is_a_budget_an_order_of_unknown_price_waits(db: Any) -> None:
    house = real(None, None, daily_budget_usd=13.0)
    charged(house, 12.0)
    house.start()
    for _ in range(3):
        house.later()
    assert (house.status, house.run.error_type) == (RunStatus.READY, "unknown_price")
    assert house.trainer.orders == []
    house.trainer.prices = {FIRST: 0.5}
    TrainingRun.update(price_usd=0.5).where(TrainingRun.id == house.run.id).execute()
    house.later()
    assert house.status == RunStatus.QUEUED, "it goes on when the price is known"


def test_while_there_is_a_budget_what_is_agreed_to_is_an_order_that_can_be_sent(db: Any) -> None:
    house = real(2.0, None, daily_budget_usd=13.0)
    switches.switch_on(f"{switches.GONE}{FIRST}", "http_404", house.clock(), "test")
    assert house.training.price_usd("portrait") == 2.0
    house.start()
    house.later()
    assert (house.status, house.run.error_type) == (RunStatus.READY, "unknown_price")
    switches.switch_off(f"{switches.GONE}{FIRST}")
    house.later()
    assert (house.status, house.run.profile) == (RunStatus.QUEUED, FIRST), "it is there again"


def test_a_price_that_becomes_unknown_meanwhile_is_not_ordered_at(db: Any) -> None:
    house = real(6.0, None, daily_budget_usd=13.0)
    house.start()
    house.trainer.prices = {FIRST: None, SECOND: None}
    house.advance()
    assert (house.status, house.run.error_type) == (RunStatus.READY, "unknown_price")


def test_without_a_budget_an_unknown_price_is_ordered_and_stays_unknown(db: Any) -> None:
    house = real(None, None)
    run = house.ended()
    assert (run.price_usd, run.cost_usd, run.status) == (None, None, RunStatus.COMPLETED)
    assert [(sent.price_usd, sent.cost_usd) for sent in house.submissions] == [(None, None)]


def test_a_person_sees_what_they_pay_or_the_cost_or_that_it_is_unknown(db: Any) -> None:
    assert real(None, None).training.price_usd("portrait") is None
    assert real(6.0, None).training.price_usd("portrait") == 6.0
    assert real(6.0, None, price_portrait_usd=9.0).training.price_usd("portrait") == 9.0
    assert real(6.0, None, price_portrait_usd=0.0).training.price_usd("portrait") == 0.0
    shown = real(6.0, None, price_portrait_usd=9.0, shown_price="cost")
    assert shown.training.price_usd("portrait") == 6.0
    assert real(None, None, shown_price="nothing").training.price_usd("portrait") == 0.0


def test_what_a_person_pays_is_not_what_the_budget_counts(db: Any) -> None:
    house = real(6.0, None, price_portrait_usd=1.0, daily_budget_usd=5.0)
    assert house.obstacle == "budget"
    assert real(6.0, None, price_portrait_usd=99.0, daily_budget_usd=6.0).obstacle is None


def test_what_the_trainer_says_of_its_price_goes_before_the_configuration(db: Any) -> None:
    house = real(6.0, 2.0)
    endpoints = {name: house.trainer.endpoint(name) for name in (FIRST, SECOND)}
    house.trainer.platform.charges = {
        endpoints[FIRST]: UnitPrice(0.008, "step"),
        endpoints[SECOND]: UnitPrice(1.0, "megapixel"),
    }
    prices = house.training.orders.gate.prices
    prices.refresh(house.clock())
    assert prices.unit_usd(FIRST, simulated=False) == 8.0
    assert prices.unit_usd(SECOND, simulated=False) == 2.0, "of a unit that says nothing of it"
    away = Failure(KEY_REFUSED, "operator", "the key may not ask this")
    house.trainer.platform.away = Unreachable(away)
    prices.refresh(house.clock())
    assert prices.unit_usd(FIRST, simulated=False) == 8.0, "what was said is remembered"


# whoever takes over


def test_no_fallback_costs_more_than_was_agreed_to(db: Any) -> None:
    house = real(2.0, 6.4)
    house.start()
    refused(house, GONE)
    house.later()
    assert (house.status, house.run.error_type) == (RunStatus.READY, "dearer")
    assert [order.profile for order in house.trainer.orders] == [FIRST]
    assert switches.gone(FIRST, house.clock())
    switches.switch_off(f"{switches.GONE}{FIRST}")
    house.later()
    assert (house.status, house.run.profile) == (RunStatus.QUEUED, FIRST)


def test_an_agreed_price_that_nobody_knew_allows_no_other_profile(db: Any) -> None:
    house = real(None, 6.4)
    house.start()
    refused(house, GONE)
    house.later()
    assert (house.status, house.run.error_type) == (RunStatus.READY, "dearer")
    assert len(house.trainer.orders) == 1


def test_no_fallback_goes_over_the_budget(db: Any) -> None:
    house = real(6.4, 6.4, daily_budget_usd=7.0)
    house.start()
    charged(house, 5.0)
    switches.switch_on(f"{switches.GONE}{FIRST}", "http_404", house.clock(), "test")
    house.advance()
    assert (house.status, house.run.error_type) == (RunStatus.READY, "budget")
    assert house.trainer.orders == []
    house.later(13 * 3600)
    house.advance()
    assert (house.status, house.run.profile) == (RunStatus.QUEUED, SECOND)


def test_the_profile_that_is_asked_after_its_price_rose_waits(db: Any) -> None:
    house = real(6.0, None)
    house.start()
    house.trainer.prices = {FIRST: 6.5, SECOND: None}
    house.advance()
    assert (house.status, house.run.error_type) == (RunStatus.READY, "dearer")


# a trainer that delivers nothing

NOTHING = [
    failed("runner_server_error"),
    failed("downstream_service_error"),
    Standing("failed", failure=failure("http_410", "operator", undelivered=True)),
    Standing("failed", failure=failure("http_422", "operator", undelivered=True, http_status=422)),
]


@pytest.mark.parametrize("standing", NOTHING, ids=["500", "400", "410", "422"])
def test_on_its_second_try_a_run_is_ordered_from_the_next_profile(
    db: Any, standing: Standing
) -> None:
    house = real(6.0, 2.0)
    house.start()
    house.advance(QUEUED, standing)
    assert house.status == RunStatus.READY
    house.later()
    assert [order.profile for order in house.trainer.orders] == [FIRST, SECOND]
    assert [sent.price_usd for sent in house.submissions] == [6.0, 2.0]
    house.advance(COMPLETED)
    cost = 8.0 if standing.failure and standing.failure.http_status == 422 else 2.0
    assert (house.status, house.run.cost_usd) == (RunStatus.COMPLETED, cost)


def test_where_the_next_one_is_dearer_what_delivers_nothing_is_not_ordered_again_at_once(
    db: Any,
) -> None:
    house = real(2.0, 6.0)
    house.start()
    house.advance(QUEUED, NOTHING[2])
    house.later()
    assert (house.status, house.run.error_type) == (RunStatus.READY, "dearer")
    assert len(house.trainer.orders) == 1
    house.later(31 * 60)
    assert (house.status, len(house.trainer.orders)) == (RunStatus.QUEUED, 2), "one more try"


def beside(first: House, **training: Any) -> House:
    """Somebody else, at the same time."""
    house = real(6.0, None, **training)
    house.clock = first.clock
    house.training = house.work()
    return house


def let_down(first: House, times: int) -> None:
    """So many orders of so many people come to nothing at the first profile."""
    for _ in range(times):
        house = beside(first, attempts=1)
        house.start()
        house.advance(QUEUED, failed("runner_server_error"))
        assert house.status == RunStatus.FAILED


def test_a_trainer_that_never_delivers_gets_no_more_orders_until_it_is_tried_again(
    db: Any,
) -> None:
    house = real(6.0, None)
    switches.switch_on(f"{switches.GONE}{SECOND}", "http_404", house.clock(), "test")
    let_down(house, 3)
    house.start()
    for _ in range(4):
        house.later()
    assert (house.status, house.run.error_type) == (RunStatus.READY, "no_delivery")
    assert house.trainer.orders == []
    assert switches.broken(FIRST, house.clock(), 1800.0)
    other = beside(house)
    other.start()
    house.later(1800)
    other.later(0)
    assert (house.status, other.status) == (RunStatus.QUEUED, RunStatus.READY), "one tries it"
    house.advance(COMPLETED)
    other.later()
    assert other.status == RunStatus.QUEUED, "it delivers again"


def test_the_next_profile_takes_over_from_one_that_never_delivers(db: Any) -> None:
    house = real(6.0, 2.0)
    let_down(house, 3)
    assert house.training.orders.gate.quote((FIRST, SECOND), house.clock()).profile == SECOND
    house.start()
    house.advance(QUEUED)
    assert [order.profile for order in house.trainer.orders] == [SECOND]
    assert house.run.price_usd == 2.0, "and that is what was agreed to"


def test_a_persons_own_fault_is_no_fault_of_the_trainers(db: Any) -> None:
    house = real(6.0, None)
    let_down(house, 2)
    beside(house, attempts=1).ended(failed("face_detection_error", "person"))
    let_down(house, 2)
    assert not switches.broken(FIRST, house.clock(), 1800.0)


def test_a_simulated_failure_opens_no_breaker(db: Any) -> None:
    for _ in range(4):
        House(training={"attempts": 1}).ended(failed("internal_server_error"))
    assert switches.Control.select().count() == 0


def test_a_result_that_is_said_not_to_be_there_is_asked_for_again_before_it_counts_as_none(
    db: Any,
) -> None:
    house = real(6.0, 2.0)
    house.start()
    house.advance(QUEUED)
    missing = failure("http_404", "operator", undelivered=True, http_status=404)
    for _ in range(6):
        house.clock.forward(200)
        house.refused(Unreachable(missing))
        assert house.status == RunStatus.QUEUED
    house.clock.forward(200)
    house.refused(Unreachable(missing))
    assert (house.status, house.fates) == (RunStatus.READY, ["failed"])
    house.later()
    assert house.run.profile == SECOND


@pytest.mark.parametrize("error", ["http_500", "bad_answer", "unexpected_result", "timeout"])
def test_a_trainer_whose_results_can_not_be_read_gets_no_more_orders(error: str, db: Any) -> None:
    house = real(6.0, None, breaker_failures=2)
    switches.switch_on(f"{switches.GONE}{SECOND}", "http_404", house.clock(), "test")
    two = (house, beside(house, breaker_failures=2))
    unreadable = Unreachable(failure(error, ended=True))
    for one in two:
        one.start()
        one.advance(QUEUED)
        for _ in range(8):
            one.clock.forward(200)
            one.refused(unreadable)
        assert (one.status, one.fates) == (RunStatus.QUEUED, ["taken"]), "it may be there later"
    assert switches.broken(FIRST, house.clock(), 1800.0)
    assert "results" in [held.rule for held in holding(house.settings, house.clock(), "production")]
    for one in two:
        one.later()
        one.advance(COMPLETED)
        assert (one.status, one.run.cost_usd, len(one.trainer.orders)) == ("completed", 6.0, 1)
    assert not switches.broken(FIRST, house.clock(), 1800.0)


def test_a_trainer_whose_models_do_not_arrive_gets_no_more_orders(db: Any) -> None:
    house = real(6.0, None, breaker_failures=1)
    house.start()
    house.advance(QUEUED, QUEUED)
    house.trainer.standing = WEIGHED
    house.training.orders.step(str(house.run.id))
    for _ in range(8):
        house.trainer.refusals = [Unreachable(failure("http_503"))]
        house.later()
    assert (house.status, house.fates) == (RunStatus.SAVING, ["taken"])
    assert switches.broken(FIRST, house.clock(), 1800.0)
    house.later()
    assert (house.status, house.run.cost_usd) == (RunStatus.COMPLETED, 6.0)
    assert not switches.broken(FIRST, house.clock(), 1800.0)


def test_a_key_that_may_not_read_a_result_says_nothing_of_the_trainer(db: Any) -> None:
    house = real(6.0, None, breaker_failures=1)
    house.start()
    house.advance(QUEUED)
    for _ in range(8):
        house.clock.forward(200)
        house.refused(
            Unreachable(failure("http_401", "operator", ended=True, stop_submitting=True))
        )
    assert switches.Control.select().count() == 0


# one day for everything


def in_tokyo(**training: Any) -> House:
    house = House(training=training, dashboard=Dashboard(time_zone="Asia/Tokyo"))
    tokyo = ZoneInfo("Asia/Tokyo")
    house.clock.now = datetime.datetime(2026, 5, 5, 8, 0, tzinfo=tokyo).timestamp()
    return house


def test_the_budgets_day_is_the_dashboards(db: Any) -> None:
    house = in_tokyo(daily_budget_usd=6.0, price_portrait_usd=6.0)
    house.ended()
    assert house.obstacle == "busy" or house.obstacle == "budget"
    house.clock.forward(2 * 3600)
    assert house.obstacle == "budget", "midnight of UTC is no new day"
    house.clock.forward(14 * 3600)
    assert house.obstacle is None, "midnight in Tokyo is"


def test_tomorrow_is_when_a_person_may_train_again(db: Any) -> None:
    house = in_tokyo(runs_per_day=1)
    house.clock.forward(15 * 3600)
    house.ended()
    assert house.obstacle == "daily_limit"
    house.clock.forward(2 * 3600)
    assert house.obstacle is None


def test_an_extra_training_is_for_the_day_it_was_granted_on(db: Any) -> None:
    house = in_tokyo(runs_per_day=1)
    house.ended()
    restrictions.grant(house.owner.user_id, house.clock(), "boss")
    assert house.obstacle is None


def test_what_forgotten_people_spent_today_is_still_spent(db: Any) -> None:
    house = in_tokyo(daily_budget_usd=6.0, price_portrait_usd=4.0)
    house.ended()
    with transaction():
        ledger.book(TrainingRun.select(), "Asia/Tokyo")
    assert Submission.select().count() == 0
    assert budget.sent_usd("Asia/Tokyo", house.clock(), True) == 4.0
    assert house.obstacle == "budget"
    house.clock.forward(16 * 3600)
    assert house.obstacle is None


def test_the_settings_name_the_day_once() -> None:
    assert Settings(dashboard=Dashboard(time_zone="Asia/Tokyo")).zone == "Asia/Tokyo"


def test_a_training_takes_no_more_photos_than_its_trainer(db: Any) -> None:
    house = House()
    house.trainer.photos = 4
    assert house.training.photos_taken("portrait") == 4
    house.start()
    assert house.run.photos_count == 4
    house.advance()
    assert [len(names) for names in house.trainer.uploads] == [4]
