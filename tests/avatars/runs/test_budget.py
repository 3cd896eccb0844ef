"""A day's budget between several people, and one that is changed while somebody waits for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.avatars.models import RunStatus
from tests.avatars.training_house import COMPLETED, QUEUED, House

PRICE = 6.0
DAY = 86_400.0


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(House, "folder", tmp_path, raising=False)


def person(budget: float, beside: House | None = None) -> House:
    """Somebody with an avatar, at the same time as the other one."""
    house = House(training={"price_portrait_usd": PRICE, "daily_budget_usd": budget})
    if beside is not None:
        house.clock = beside.clock
        house.training = house.work()
    return house


def restarted(house: House, budget: float) -> None:
    """The same house, with another budget in its configuration."""
    training = house.settings.training.model_copy(update={"daily_budget_usd": budget})
    house.settings = house.settings.model_copy(update={"training": training})
    house.training = house.work()


@pytest.mark.parametrize("people", [1, 3])
def test_a_budget_is_spent_to_its_last_cent_and_no_further(people: int, db: Any) -> None:
    first = person(people * PRICE)
    for _ in range(people):
        house = person(people * PRICE, first)
        house.start()
        house.advance(QUEUED)
        assert house.status == RunStatus.QUEUED
    assert first.refusal() == "budget"
    assert first.obstacle == "budget"


def test_what_was_started_is_promised_before_it_is_ordered(db: Any) -> None:
    anna = person(PRICE)
    berta = person(PRICE, anna)
    anna.start()
    assert berta.refusal() == "budget"
    anna.advance(QUEUED)
    assert anna.status == RunStatus.QUEUED


def test_who_waits_for_a_budget_that_was_lowered_goes_on_when_it_is_raised(db: Any) -> None:
    anna = person(PRICE)
    anna.start()
    restarted(anna, PRICE - 1)
    anna.advance()
    assert (anna.status, anna.run.error_type) == (RunStatus.READY, "budget")
    restarted(anna, PRICE)
    anna.later()
    assert anna.status == RunStatus.QUEUED


def test_what_costs_more_than_the_whole_budget_keeps_nobody_else_from_it(db: Any) -> None:
    anna = person(PRICE)
    anna.start()
    restarted(anna, PRICE - 1)
    anna.advance()
    cheap = House(training={"price_portrait_usd": 1.0, "daily_budget_usd": PRICE - 1})
    cheap.clock = anna.clock
    cheap.training = cheap.work()
    assert cheap.obstacle is None
    cheap.start()
    cheap.advance(QUEUED, COMPLETED)
    assert cheap.status == RunStatus.COMPLETED


def test_who_has_waited_since_yesterday_is_not_overtaken_by_a_promise_of_today(db: Any) -> None:
    anna, berta, clara = (first := person(PRICE)), person(PRICE, first), person(PRICE, first)
    anna.start()
    restarted(berta, 2 * PRICE)
    berta.start()
    anna.advance(QUEUED)
    restarted(berta, PRICE)
    berta.advance()
    assert (berta.status, berta.run.error_type) == (RunStatus.READY, "budget")
    anna.clock.forward(DAY)
    assert clara.obstacle == "budget", "today's is what Berta waits for"
    berta.advance(QUEUED)
    assert berta.status == RunStatus.QUEUED
    anna.clock.forward(DAY)
    assert clara.obstacle is None
