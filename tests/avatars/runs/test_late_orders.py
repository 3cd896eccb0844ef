"""What was given up and is made after all belongs to its person, and is not paid for unsaid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.avatars.models import Avatar, AvatarStatus, Consent, RunStatus, TrainingRun
from core.avatars.orders.money import budget
from core.avatars.orders.submissions import Submission
from core.avatars.ports import Failure, Standing, Unreachable
from core.avatars.privacy import ledger
from core.avatars.privacy.erasure import Erasure
from core.base.db import transaction
from tests import makers
from tests.avatars.training_house import (
    COMPLETED,
    QUEUED,
    STOPPED,
    WEIGHED,
    House,
    failure,
)
from tests.privacy.test_remote import delete_avatar, erase, waiting, withdraw

HOUR = 3600.0


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(House, "folder", tmp_path, raising=False)


@pytest.fixture
def house(db: Any) -> House:
    return overdue(House(training={"price_portrait_usd": 6.0, "deadline_portrait_minutes": 60.0}))


def overdue(house: House) -> House:
    """A training that was stuck in the queue until we gave it up."""
    house.start()
    house.advance(QUEUED)
    house.clock.forward(HOUR)
    house.advance(QUEUED)
    assert (house.status, house.run.error_type) == (RunStatus.FAILED, "deadline")
    return house


def look(house: House, standing: Standing) -> None:
    """Ask after what was given up, whose training stands like this."""
    house.clock.forward(130)
    house.trainer.standing = standing
    for name in house.training.orders.due_late(house.clock(), 10):
        house.training.orders.look_late(name)


def test_an_order_that_was_given_up_is_booked_and_asked_after(house: House) -> None:
    (sent,) = house.submissions
    assert (sent.fate, sent.cost_usd, house.run.cost_usd) == ("abandoned", 6.0, 6.0)
    checks = house.trainer.checks
    look(house, QUEUED)
    look(house, QUEUED)
    assert house.trainer.checks == checks + 2
    assert (house.status, house.fates) == (RunStatus.FAILED, ["abandoned"])


@pytest.mark.parametrize("standing", [COMPLETED, WEIGHED], ids=["at fal", "weights"])
def test_a_late_success_becomes_the_persons_avatar_and_they_hear_of_it(
    house: House, standing: Standing
) -> None:
    look(house, standing)
    house.advance(standing)
    assert (house.status, house.now.status) == (RunStatus.COMPLETED, AvatarStatus.COMPLETED)
    assert house.now.finetune_id
    assert house.told[-1] == "finished"
    assert (house.fates, house.run.cost_usd) == (["completed"], 6.0), "it is paid once"
    assert len(house.trainer.orders) == 1
    assert house.training.orders.due_late(house.clock() + HOUR, 10) == []


def test_a_webhook_about_it_has_it_looked_at_at_once(house: House) -> None:
    look(house, QUEUED)
    assert house.training.orders.due_late(house.clock(), 10) == []
    assert house.hear() == "late"
    assert len(house.training.orders.due_late(house.clock(), 10)) == 1


def test_where_the_person_has_another_model_by_then_it_is_only_booked(house: House) -> None:
    house.start()
    house.advance(QUEUED, COMPLETED)
    first = makers.runs(house.avatar)[0]
    finetune, told = house.now.finetune_id, house.told
    look(house, COMPLETED)
    after = makers.fresh(first)
    assert (after.status, after.cost_usd) == (RunStatus.FAILED, 6.0)
    assert [
        str(sent.fate) for sent in Submission.select().where(Submission.run_id == first.id)
    ] == ["completed"]
    assert (house.now.finetune_id, house.told) == (finetune, told)


def test_while_another_of_theirs_is_trained_it_waits_for_its_turn(house: House) -> None:
    other = house.with_objects(makers.avatar(house.owner, name="Berta"))
    house.start(other)
    look(house, COMPLETED)
    assert house.status == RunStatus.FAILED
    run = makers.runs(other)[0]
    house.trainer.standing = COMPLETED
    for _ in range(3):
        house.step(str(run.id))
        house.clock.forward(5)
    assert makers.fresh(other).status == AvatarStatus.COMPLETED
    look(house, COMPLETED)
    house.advance(COMPLETED)
    assert house.now.status == AvatarStatus.COMPLETED


def test_nobody_gets_what_they_do_not_want_any_more(house: House) -> None:
    withdrawn: Any = Consent.update(withdrawn_at=house.clock())
    withdrawn.where(Consent.user == house.owner.user).execute()
    look(house, COMPLETED)
    assert (house.status, house.now.status) == (RunStatus.FAILED, AvatarStatus.ERROR)
    assert house.fates == ["completed"]


def test_of_a_deleted_avatar_only_the_cost_is_kept(house: House) -> None:
    run = house.run
    with transaction():
        Erasure({TrainingRun: house.training.cancel}).avatar(house.now, house.clock())
    look(house, COMPLETED)
    assert Avatar.select().count() == 0
    assert (makers.fresh(run).status, makers.fresh(run).cost_usd) == (RunStatus.FAILED, 6.0)


@pytest.mark.parametrize("forget", [delete_avatar, withdraw, erase])
def test_a_late_model_that_stays_with_the_trainer_is_named_to_whoever_can_delete_it(
    house: House, forget: Callable[[House], None]
) -> None:
    forget(house)
    look(house, COMPLETED)
    assert ("model", "ft-1") in waiting()


def test_a_late_second_model_that_stays_with_the_trainer_is_named_as_well(house: House) -> None:
    house.start()
    house.advance(QUEUED, Standing("completed", result={"finetune_id": "ft-2"}))
    look(house, COMPLETED)
    assert ("model", "ft-1") in waiting()
    assert ("model", "ft-2") not in waiting()


def test_the_order_of_somebody_forgotten_is_booked_once_it_can_not_be_made_any_more(
    house: House,
) -> None:
    erase(house)
    assert ledger.book_nameless("UTC") == 0
    spent = budget.sent_usd("UTC", house.clock(), True)
    look(house, STOPPED)
    assert (ledger.book_nameless("UTC"), TrainingRun.select().count()) == (1, 0)
    assert (spent, budget.sent_usd("UTC", house.clock(), True)) == (6.0, 0.0)


def test_one_that_was_stopped_after_all_costs_nothing(house: House) -> None:
    look(house, STOPPED)
    assert (house.status, house.run.cost_usd, house.fates) == (RunStatus.FAILED, 0, ["failed"])


def test_after_a_day_nobody_asks_any_more_and_its_price_stays_booked(house: House) -> None:
    house.clock.forward(25 * HOUR)
    look(house, QUEUED)
    look(house, COMPLETED)
    assert (house.status, house.fates, house.run.cost_usd) == (
        RunStatus.FAILED,
        ["abandoned"],
        6.0,
    )
    assert house.training.orders.due_late(house.clock() + HOUR, 10) == []


def test_a_trainer_that_is_away_is_asked_again(house: House) -> None:
    house.trainer.refusals = [Unreachable(Failure("http_503", "retry", ""))]
    look(house, QUEUED)
    assert house.trainer.refusals == []
    look(house, COMPLETED)
    house.advance(COMPLETED)
    assert house.status == RunStatus.COMPLETED


def test_an_adopted_one_that_fails_is_never_ordered_anew_by_itself(house: House) -> None:
    look(house, COMPLETED)
    assert house.status == RunStatus.RUNNING
    house.advance(Standing("failed", failure=failure("runner_server_error")))
    assert (house.status, len(house.trainer.orders)) == (RunStatus.FAILED, 1)
    assert house.told[-1] == "failed"


def test_an_answer_that_is_slower_than_another_workers_changes_nothing(house: House) -> None:
    house.clock.forward(130)
    house.trainer.standing = Standing("failed", failure=failure("runner_server_error"))
    (slow,) = house.training.orders.due_late(house.clock(), 10)

    def another_worker() -> None:
        house.trainer.meanwhile = lambda: None
        said, house.trainer.standing = house.trainer.standing, COMPLETED
        look(house, COMPLETED)
        house.trainer.standing = said

    house.trainer.meanwhile = another_worker
    house.training.orders.look_late(slow)
    assert (house.status, house.fates) == (RunStatus.RUNNING, ["taken"])
    house.advance(COMPLETED)
    assert (house.status, house.run.cost_usd) == (RunStatus.COMPLETED, 6.0)
