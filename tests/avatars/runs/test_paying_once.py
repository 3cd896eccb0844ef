"""A training is paid once, whatever happens to the order, and what nobody knows is settled."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from core.avatars import switches
from core.avatars.models import AvatarStatus, RunStatus, TrainingRun
from core.avatars.orders.order import CLAIM_SECONDS
from core.avatars.ports import Failure, NotSubmitted, Standing, Uncertain, Unreachable
from core.avatars.queries import models_of
from core.avatars.training.training import lost_trainings
from tests import makers
from tests.avatars.training_house import (
    COMPLETED,
    QUEUED,
    STOPPED,
    House,
    failed,
    failure,
    training,
)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(House, "folder", tmp_path, raising=False)


@pytest.fixture
def house(db: Any) -> House:
    return House()


def started(house: House, *refusals: Any) -> House:
    """A training whose first steps meet these."""
    house.start()
    if refusals:
        house.refused(*refusals)
    return house


def dies(house: House) -> None:
    """Whoever sends the order is killed over it."""

    def die() -> None:
        raise KeyboardInterrupt

    house.start()
    house.trainer.meanwhile = die
    with pytest.raises(KeyboardInterrupt):
        house.advance()
    house.trainer.meanwhile = lambda: None
    assert house.status == RunStatus.SUBMITTING


# nothing was ordered, for certain


def test_an_order_that_certainly_did_not_arrive_is_sent_again_by_itself(house: House) -> None:
    started(house)
    house.trainer.meanwhile = lambda: setattr(
        house.trainer, "refusals", [NotSubmitted(failure("connection_refused"))]
    )
    house.advance()
    house.trainer.meanwhile = lambda: None
    run = house.run
    assert (run.status, run.error_class, run.intent_at) == (RunStatus.READY, "retry", None)
    house.later()
    assert (house.status, len(house.trainer.orders)) == (RunStatus.QUEUED, 2)
    assert (house.run.attempts, house.run.error_class) == (1, ""), "one of the two was taken"


def refuse(house: House, *failures: Any) -> None:
    """Take a step whose order is refused, once for each of these."""
    waiting = [NotSubmitted(each) for each in failures]

    def next_one() -> None:
        house.trainer.refusals = [waiting.pop(0)] if waiting else []

    house.trainer.meanwhile = next_one
    house.advance()
    house.trainer.meanwhile, house.trainer.refusals = lambda: None, []


def test_what_was_uploaded_is_not_uploaded_again_while_it_is_fresh(house: House) -> None:
    started(house)
    refuse(house, failure())
    house.later()
    assert len(house.trainer.uploads) == 1
    assert house.trainer.sent == ["http://zip/1"] * 2


def test_an_upload_that_is_about_to_expire_is_made_anew(house: House) -> None:
    started(house)
    refuse(house, failure())
    house.later(3600.0)
    assert house.trainer.sent == ["http://zip/1", "http://zip/2"]


def test_a_trainer_that_asks_for_patience_is_given_it(house: House) -> None:
    started(house)
    refuse(house, failure("http_429", retry_after=900.0))
    house.later(890.0)
    assert len(house.trainer.orders) == 1
    house.later(10.0)
    assert len(house.trainer.orders) == 2


def test_the_persons_own_fault_ends_it_for_nothing(house: House) -> None:
    house = started(house)
    refuse(house, failure("image_too_small", "person"))
    run = house.run
    assert (run.status, run.error_class, run.cost_usd) == (RunStatus.FAILED, "person", 0)
    assert house.told[-1] == "failed"


def test_an_outage_of_an_hour_is_waited_out_and_the_training_starts_by_itself(
    house: House,
) -> None:
    started(house, Unreachable(failure("connect_timeout")))
    assert (house.status, house.run.error_class) == (RunStatus.READY, "retry")
    for _ in range(40):
        house.clock.forward(90)
        house.trainer.refusals = [Unreachable(failure("connect_timeout"))]
        house.advance()
    assert house.status in (RunStatus.READY, RunStatus.PREPARING)
    house.trainer.refusals = []
    house.later()
    assert house.status == RunStatus.QUEUED
    assert len(house.trainer.orders) == 1
    assert house.told == ["progress"], "that it waits is told once"


def test_our_own_store_may_be_away_as_well(house: House) -> None:
    started(house)
    root = house.store.root
    root.rename(root.with_name("unmounted"))
    house.advance()
    assert (house.status, house.run.error_type) == (RunStatus.READY, "storage_unavailable")
    root.with_name("unmounted").rename(root)
    house.later()
    assert house.status == RunStatus.QUEUED


def test_a_photo_that_is_gone_is_our_fault_and_costs_nothing(house: House) -> None:
    key, _ = makers.stored(house.avatar)[0]
    house.store.delete(key)
    started(house)
    house.advance()
    run = house.run
    assert (run.status, run.error_class, run.cost_usd) == (RunStatus.FAILED, "operator", 0)


# the operator must act


def test_where_an_endpoint_is_gone_the_next_profile_serves(house: House) -> None:
    started(house)
    with capture_logs() as logs:
        refuse(house, failure("http_404", "operator", endpoint_gone=True))
        house.advance()
    assert [order.profile for order in house.trainer.orders] == [
        "portrait-first",
        "portrait-second",
    ]
    assert (house.status, house.run.endpoint) == (RunStatus.QUEUED, "fal-ai/portrait-second")
    alerts = [line for line in logs if line["log_level"] == "error"]
    assert [line["control"] for line in alerts] == ["endpoint_gone:portrait-first"]
    other = House()
    other.start()
    assert other.run.profile == "portrait-second"


@pytest.mark.parametrize("sent_again", [False, True])
def test_a_run_that_another_profile_takes_over_costs_what_that_one_does(
    house: House, sent_again: bool
) -> None:
    house.trainer.test_mode = False
    house.trainer.prices = {"portrait-first": 6.0, "portrait-second": 2.0}
    started(house)
    refuse(house, failure("http_410", "operator", endpoint_gone=True))
    if sent_again:
        house.clock.forward(house.trainer.upload_seconds)
    house.advance(QUEUED, COMPLETED)
    run = house.run
    assert (run.profile, run.price_usd, run.cost_usd) == ("portrait-second", 6.0, 2.0)
    assert [sent.price_usd for sent in house.submissions] == [6.0, 2.0], "each has its own"


def test_where_all_endpoints_are_gone_runs_wait_and_try_again_a_day_later(house: House) -> None:
    started(house)
    gone = failure("http_410", "operator", endpoint_gone=True)
    refuse(house, gone)
    refuse(house, gone)
    assert (house.status, house.run.error_class) == (RunStatus.READY, "operator")
    house.later()
    assert len(house.trainer.orders) == 2
    house.later(switches.GONE_SECONDS)
    assert (house.status, len(house.trainer.orders)) == (RunStatus.QUEUED, 3)


def test_an_exhausted_balance_stops_all_orders_until_one_is_taken(house: House) -> None:
    started(house)
    balance = failure("http_403", "operator", stop_submitting=True)
    refuse(house, balance)
    other = House()
    other.trainer = house.trainer
    other.training = other.work()
    other.start()
    other.advance()
    assert (other.status, other.run.error_class) == (RunStatus.READY, "operator")
    assert len(house.trainer.orders) == 1, "nobody else asks meanwhile"
    house.later(switches.STOPPED_SECONDS)
    assert house.status == RunStatus.QUEUED, "one tries it again, which costs nothing"
    other.clock = house.clock
    other.training = other.work()
    other.advance()
    assert other.status == RunStatus.QUEUED


def test_a_pause_keeps_what_waits_and_lets_go_on_what_runs(house: House) -> None:
    started(house)
    switches.switch_on(switches.PAUSED, "paused", 1.0, "admin")
    house.advance()
    assert (house.status, house.trainer.uploads) == (RunStatus.READY, [])
    assert House().obstacle == "closed"
    switches.switch_off(switches.PAUSED)
    house.later()
    assert house.status == RunStatus.QUEUED
    switches.switch_on(switches.PAUSED, "paused", 1.0, "admin")
    house.later()
    house.advance(COMPLETED)
    assert house.status == RunStatus.COMPLETED


def test_the_kill_switch_stops_orders_of_runs_that_wait(house: House) -> None:
    started(house)
    house.settings = makers.settings(training={"enabled": False})
    house.training = house.work()
    house.advance()
    assert (house.status, house.run.error_type) == (RunStatus.READY, "closed")
    assert house.trainer.orders == []


def test_the_budget_is_looked_at_again_when_the_order_is_sent(db: Any) -> None:
    prices = {"daily_budget_usd": 10.0, "price_portrait_usd": 6.0}
    first, second = House(training=prices), House(training=prices)
    first.start()
    TrainingRun.update(created_at=TrainingRun.created_at - 86_400).execute()
    second.start()
    first.advance()
    second.advance()
    assert (first.status, second.status) == (RunStatus.QUEUED, RunStatus.READY)
    assert second.run.error_type == "budget"
    assert switches.Control.get().name == switches.BUDGET
    second.later(12 * 3600)
    assert second.status == RunStatus.QUEUED


# nobody knows


def test_an_order_of_which_nobody_knows_is_shown_as_such_and_not_repeated(house: House) -> None:
    started(house)
    uncertain(house)
    assert (house.status, house.run.request_id) == (RunStatus.UNCERTAIN, None)
    assert house.told == ["progress"]
    assert [run.id for run in lost_trainings()] == [house.run.id]
    for _ in range(20):
        house.later(10_000.0)
    assert (house.status, len(house.trainer.orders)) == (RunStatus.UNCERTAIN, 1)
    assert house.obstacle == "busy"


def uncertain(house: House) -> None:
    lost = [Uncertain(failure("read_timeout"))]
    house.trainer.meanwhile = lambda: setattr(house.trainer, "refusals", lost)
    house.advance()
    house.trainer.meanwhile = lambda: None


def test_a_run_whose_sender_was_killed_becomes_uncertain_when_its_claim_runs_out(
    house: House,
) -> None:
    dies(house)
    house.advance()
    assert house.status == RunStatus.SUBMITTING
    house.later(2 * CLAIM_SECONDS)
    assert house.status == RunStatus.UNCERTAIN
    assert len(house.trainer.orders) == 1


def test_an_answer_that_comes_after_all_settles_it(house: House) -> None:
    def slowly() -> None:
        house.clock.forward(2 * CLAIM_SECONDS)
        house.training.orders.step(str(house.run.id))
        assert house.status == RunStatus.UNCERTAIN

    started(house)
    house.trainer.meanwhile = slowly
    house.advance()
    run = house.run
    assert (run.status, run.request_id) == (RunStatus.QUEUED, f"request 1 of {run.id}")
    assert run.intent_at is None


def test_a_verified_webhook_tells_a_lost_order(house: House) -> None:
    started(house)
    uncertain(house)
    house.wakes.woken.clear()
    assert house.hear("fal-77") == "learnt"
    run = house.run
    assert (run.status, run.request_id, run.submitted_at) == (
        RunStatus.QUEUED,
        "fal-77",
        run.created_at,
    )
    assert house.wakes.woken == [("training", str(run.id))]
    house.advance(COMPLETED)
    assert (house.status, house.run.finished_by) == (RunStatus.COMPLETED, "webhook")


def test_once_our_own_user_is_known_no_other_customer_tells_of_a_lost_order(house: House) -> None:
    house.start()
    house.advance(QUEUED, QUEUED)
    assert house.hear() == "woken"
    TrainingRun.update(status=RunStatus.UNCERTAIN, request_id=None, intent_at=1.0).execute()
    assert house.hear("fal-77", customer="a stranger") == "other"
    assert (house.status, house.run.request_id) == (RunStatus.UNCERTAIN, None)
    assert house.hear("fal-77") == "learnt"


def test_a_webhook_that_is_faster_than_the_answer_is_believed_once(house: House) -> None:
    started(house)
    house.trainer.meanwhile = lambda: house.hear(f"request 1 of {house.run.id}")
    house.advance()
    house.trainer.meanwhile = lambda: None
    run = house.run
    assert (run.status, run.request_id) == (RunStatus.QUEUED, f"request 1 of {run.id}")
    assert run.status_url == "http://s"


def test_the_admin_settles_that_it_was_sent(house: House) -> None:
    started(house)
    uncertain(house)
    assert house.training.orders.resolver.sent(str(house.run.id), "fal-7")
    assert house.status == RunStatus.QUEUED
    assert not house.training.orders.resolver.sent(str(house.run.id), "fal-8"), "it is settled"
    assert not house.training.orders.resolver.not_sent(str(house.run.id))
    house.advance(COMPLETED)
    assert house.status == RunStatus.COMPLETED


def test_the_admin_settles_that_it_was_not_sent(house: House) -> None:
    started(house)
    uncertain(house)
    assert house.training.orders.resolver.not_sent(str(house.run.id))
    house.advance()
    assert (house.status, house.run.submission, house.run.attempts) == (RunStatus.QUEUED, 2, 1)


def test_an_admin_who_was_wrong_is_put_right_by_a_webhook_in_time(house: House) -> None:
    started(house)
    uncertain(house)
    assert house.training.orders.resolver.not_sent(str(house.run.id))
    assert house.hear("fal-77", status="ERROR") == "other", "a failed order may be followed by one"
    assert house.hear("fal-77") == "learnt"
    house.advance(COMPLETED)
    assert (house.status, len(house.trainer.orders)) == (RunStatus.COMPLETED, 1)


def test_an_id_that_another_run_has_settles_nothing(house: House) -> None:
    other = House()
    other.start()
    other.advance()
    started(house)
    uncertain(house)
    for wrong in (str(other.run.request_id), ""):
        with pytest.raises(ValueError, match="is not the id of a lost order"):
            house.training.orders.resolver.sent(str(house.run.id), wrong)
    assert house.status == RunStatus.UNCERTAIN


def test_there_is_no_question_about_a_run_that_nobody_knows(house: House) -> None:
    for nonsense in (str(uuid.uuid4()), "nonsense"):
        assert not house.training.orders.resolver.sent(nonsense, "fal-1")
        assert not house.training.orders.resolver.not_sent(nonsense)


def test_an_uncertain_order_that_is_cancelled_waits_for_the_truth(house: House) -> None:
    started(house)
    uncertain(house)
    house.cancel()
    assert house.now.status is AvatarStatus.CANCELLED
    for _ in range(5):
        house.later(10_000.0)
    assert house.status == RunStatus.CANCELLING
    assert (house.refusal(), house.obstacle) == ("unsettled", None)
    assert [run.id for run in lost_trainings()] == [house.run.id]
    house.hear("fal-77")
    house.advance(QUEUED, STOPPED)
    assert (house.status, house.trainer.cancelled) == (RunStatus.CANCELLED, ["fal-77"])


def test_a_cancelled_order_that_was_not_sent_is_over(house: House) -> None:
    started(house)
    uncertain(house)
    house.cancel()
    assert house.training.orders.resolver.not_sent(str(house.run.id))
    house.advance()
    assert (house.status, house.run.cost_usd) == (RunStatus.CANCELLED, 0)


def test_of_an_order_whose_answer_may_still_come_nothing_is_settled_by_hand(house: House) -> None:
    started(house)

    def stopped_and_settled() -> None:
        house.cancel()
        assert not house.training.orders.resolver.not_sent(str(house.run.id))
        assert not house.training.orders.resolver.sent(str(house.run.id), "fal-7")

    house.trainer.meanwhile = stopped_and_settled
    house.advance()
    house.trainer.meanwhile = lambda: None
    ordered = f"request 1 of {house.run.id}"
    assert (house.status, house.run.request_id) == (RunStatus.CANCELLING, ordered)
    house.advance(QUEUED, STOPPED)
    assert (house.status, house.trainer.cancelled) == (RunStatus.CANCELLED, [ordered])


def test_one_whose_sender_was_killed_after_it_was_stopped_can_be_settled(house: House) -> None:
    dies(house)
    house.cancel()
    assert not house.training.orders.resolver.not_sent(str(house.run.id)), "its sender may be alive"
    house.clock.forward(2 * CLAIM_SECONDS)
    assert house.training.orders.resolver.not_sent(str(house.run.id))
    house.advance()
    assert house.status == RunStatus.CANCELLED


# failures that the trainer reports


def test_a_failure_of_the_trainers_own_is_ordered_again_without_a_new_upload(
    house: House,
) -> None:
    started(house)
    house.advance(QUEUED, training(30), failed("runner_disconnected"))
    run = house.run
    assert (run.status, run.request_id, run.progress) == (RunStatus.READY, None, 30)
    house.later()
    assert (house.status, len(house.trainer.uploads)) == (RunStatus.QUEUED, 1)
    assert len(house.trainer.orders) == 2


def test_it_is_tried_so_often_and_then_it_has_failed(house: House) -> None:
    started(house)
    house.trainer.standing = failed("runner_disconnected")
    for _ in range(12):
        house.later()
    assert (house.status, len(house.trainer.orders)) == (RunStatus.FAILED, 3)
    assert (house.run.error_class, house.run.cost_usd) == ("retry", 0)
    assert house.told.count("failed") == 1


@pytest.mark.parametrize(("status", "cost"), [(422, 6.0), (200, 6.0), (500, 0.0)])
def test_what_may_be_charged_counts_whoever_is_at_fault(db: Any, status: int, cost: float) -> None:
    house = House(training={"price_portrait_usd": 6.0})
    told = Standing("failed", failure=Failure("unknown_error", "operator", "", status))
    run = house.ended(told)
    assert (run.status, run.cost_usd) == (RunStatus.FAILED, cost)


def test_a_persons_failure_may_be_charged_and_counts(db: Any) -> None:
    house = House(training={"price_portrait_usd": 6.0})
    run = house.ended(failed("face_detection_error", "person"))
    assert (run.status, run.cost_usd) == (RunStatus.FAILED, 6.0)


# webhooks


def test_a_webhook_makes_a_run_due_at_once(house: House) -> None:
    started(house)
    house.advance(QUEUED, QUEUED)
    house.clock.forward(-5)
    assert house.training.orders.due(house.clock(), 10) == []
    assert house.hear() == "woken"
    house.advance(COMPLETED)
    assert (house.status, house.run.finished_by) == (RunStatus.COMPLETED, "webhook")


def test_a_webhook_that_comes_while_the_run_is_asked_after_is_not_forgotten(house: House) -> None:
    started(house)
    house.advance(QUEUED)
    house.trainer.meanwhile = house.hear
    house.advance(training(20))
    house.trainer.meanwhile = lambda: None
    house.clock.forward(-5)
    assert house.training.orders.due(house.clock(), 10) == [str(house.run.id)]


def test_webhooks_twice_late_and_about_other_orders_change_nothing(house: House) -> None:
    started(house)
    house.advance()
    assert house.hear("of somebody else") == "other"
    house.advance(COMPLETED)
    ended = house.run
    assert [house.hear(), house.hear()] == ["late", "late"]
    assert makers.fresh(ended).finished_at == ended.finished_at
    assert house.told.count("finished") == 1


def test_a_training_that_was_made_after_its_cancellation_is_booked_and_not_resurrected(
    db: Any,
) -> None:
    house = House(training={"price_portrait_usd": 6.0})
    started(house)
    house.advance()
    house.cancel()
    house.advance(QUEUED, STOPPED)
    assert house.run.cost_usd == 0
    assert house.hear(status="OK") == "late"
    assert (house.status, house.run.cost_usd) == (RunStatus.CANCELLED, 6.0)
    assert house.now.status is AvatarStatus.CANCELLED


# deadlines


def test_a_training_that_never_ends_is_cancelled_and_has_failed(db: Any) -> None:
    house = House(training={"price_portrait_usd": 6.0, "deadline_portrait_minutes": 60.0})
    started(house)
    house.advance(QUEUED, training(10))
    house.later(3600.0)
    run = house.run
    assert (run.status, run.error_type, run.error_class) == (
        RunStatus.FAILED,
        "deadline",
        "operator",
    )
    assert house.trainer.cancelled == [run.request_id]
    assert run.cost_usd == 6.0, "nobody knows that it was not charged"
    assert house.told[-1] == "failed"


def test_a_result_that_is_there_at_the_deadline_is_taken(house: House) -> None:
    started(house)
    house.advance(QUEUED, training(10))
    house.clock.forward(1e6)
    house.advance(COMPLETED)
    assert house.status == RunStatus.COMPLETED


def test_a_trainer_out_of_reach_at_the_deadline_has_another_day(house: House) -> None:
    started(house)
    house.advance(QUEUED, training(10))
    house.clock.forward(181 * 60)
    house.refused(Unreachable(failure()))
    assert house.status == RunStatus.RUNNING
    house.clock.forward(86_400)
    house.refused(Unreachable(failure()))
    assert (house.status, house.run.finished_by) == (RunStatus.FAILED, "us")


def test_a_cancellation_that_is_never_confirmed_is_taken_for_granted(db: Any) -> None:
    house = House(training={"price_portrait_usd": 6.0})
    started(house)
    house.advance(QUEUED, training(10))
    house.cancel()
    house.advance()
    house.later(1000.0)
    assert (house.status, house.run.cost_usd) == (RunStatus.CANCELLED, 6.0)


# simulated and real


def test_a_simulated_run_is_not_ordered_for_money_once_there_is_a_key(house: House) -> None:
    started(house)
    house.trainer.test_mode = False
    house.advance()
    assert (house.status, house.run.error_type) == (RunStatus.FAILED, "mode_changed")
    assert house.trainer.orders == []


def test_a_real_run_waits_for_its_key(house: House) -> None:
    house.trainer.test_mode = False
    started(house)
    house.advance()
    house.trainer.test_mode = True
    house.advance(COMPLETED)
    assert house.status == RunStatus.QUEUED
    house.trainer.test_mode = False
    house.later()
    house.advance(COMPLETED)
    assert house.status == RunStatus.COMPLETED


def test_simulated_avatars_are_no_avatars_once_there_is_a_key(house: House) -> None:
    house.ended()
    assert house.training.retire_simulated() == 0
    assert house.now.status is AvatarStatus.COMPLETED
    house.trainer.test_mode = False
    assert house.training.retire_simulated() == 1
    avatar = house.now
    assert (avatar.status, avatar.finetune_id) == (AvatarStatus.READY, None)
    assert models_of(avatar.id) == []
    house.start()
    house.advance()
    house.trainer.standing = COMPLETED
    house.later()
    assert house.training.retire_simulated() == 0
    assert house.now.finetune_id == "ft-1"
