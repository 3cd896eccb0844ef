"""Each order that is sent has a row of its own, with its own price and its own end."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from core.avatars.models import RunStatus, TrainingRun
from core.avatars.orders.submissions import Submission
from core.avatars.ports import NotSubmitted, Standing, Uncertain
from core.avatars.privacy import ledger
from core.avatars.privacy.retained import CostEntry
from core.base.db import transaction
from tests.avatars.training_house import COMPLETED, QUEUED, House, failed, failure, training


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(House, "folder", tmp_path, raising=False)


@pytest.fixture
def house(db: Any) -> House:
    return House(training={"price_portrait_usd": 2.0})


def answering(house: House, *refusals: Any) -> None:
    """Have orders answered like this, once each."""
    waiting = list(refusals)

    def next_one() -> None:
        house.trainer.refusals = [waiting.pop(0)] if waiting else []

    house.trainer.meanwhile = next_one


def usual(house: House) -> None:
    house.trainer.meanwhile, house.trainer.refusals = lambda: None, []


def test_the_row_is_there_before_anything_is_sent(house: House) -> None:
    seen: list[tuple[str, float | None]] = []
    house.start()
    house.trainer.meanwhile = lambda: seen.extend(
        (str(sent.fate), sent.price_usd) for sent in house.submissions
    )
    house.advance()
    assert seen == [("sending", 2.0)]
    (sent,) = house.submissions
    assert (sent.fate, sent.request_id) == ("taken", house.run.request_id)
    assert (sent.status_url, sent.response_url, sent.cancel_url) == (
        "http://s",
        "http://r",
        "http://c",
    )
    assert "images_data_url" not in sent.arguments
    assert sent.arguments["steps"] == 9


def test_refused_orders_use_up_no_try_of_a_run_that_was_ordered_once(house: House) -> None:
    house.start()
    answering(house, *[NotSubmitted(failure("http_429"))] * 3)
    for _ in range(3):
        house.advance()
        house.clock.forward(200)
    usual(house)
    house.advance()
    assert house.fates == ["refused", "refused", "refused", "taken"]
    assert [sent.cost_usd for sent in house.submissions] == [0, 0, 0, None]
    assert (house.run.attempts, house.run.submission) == (1, 4)
    house.advance(failed("runner_server_error"))
    assert house.status == RunStatus.READY, (
        "its own fault is tried anew: one of three tries is used"
    )


def test_each_order_that_was_charged_is_booked(house: House) -> None:
    house.start()
    charged = Standing("failed", failure=failure("file_download_error", http_status=422))
    for _ in range(3):
        house.later()
        house.advance(charged)
    run = house.run
    assert (run.status, run.cost_usd) == (RunStatus.FAILED, 6.0)
    assert [(str(sent.fate), sent.cost_usd) for sent in house.submissions] == [("failed", 2.0)] * 3
    with transaction():
        ledger.book(TrainingRun.select().where(TrainingRun.id == run.id), "UTC")
    assert [entry.usd for entry in CostEntry.select()] == [6.0]
    assert Submission.select().count() == 0, "it goes with its run"


def test_a_webhook_names_the_order_that_it_is_about(house: House) -> None:
    house.start()
    house.advance(QUEUED, failed("runner_server_error"))
    house.later()
    first, second = house.submissions
    assert (first.fate, second.fate) == ("failed", "taken")
    assert house.hear(first.request_id, about=str(first.id)) == "late"
    assert house.hear("another", about=str(first.id)) == "other"
    assert house.hear(second.request_id, about=str(second.id)) == "woken"
    house.advance(COMPLETED)
    assert house.fates == ["completed", "completed"]
    assert house.run.cost_usd == 4.0, "both were made"


def test_an_address_that_was_given_out_by_an_earlier_version_names_the_run(house: House) -> None:
    house.start()
    answering(house, Uncertain(failure("read_timeout")))
    house.advance()
    usual(house)
    assert house.fates == ["uncertain"]
    assert house.hear("fal-7", about=str(house.run.id)) == "learnt"
    assert (house.fates, house.submissions[0].request_id) == (["taken"], "fal-7")


def test_an_order_whose_answer_comes_after_it_was_said_to_be_lost_is_asked_after(
    house: House,
) -> None:
    house.start()

    def slow() -> None:
        house.trainer.meanwhile = lambda: None
        house.clock.forward(121)
        house.training.orders.step(str(house.run.id))
        assert house.status == RunStatus.UNCERTAIN
        assert house.training.orders.resolver.not_sent(str(house.run.id))
        assert (house.status, house.fates) == (RunStatus.READY, ["not_sent"])

    house.trainer.meanwhile = slow
    house.advance()
    assert (house.status, house.fates) == (RunStatus.QUEUED, ["taken"])
    assert len(house.trainer.orders) == 1
    house.advance(training(50), COMPLETED)
    assert (house.status, house.run.cost_usd) == (RunStatus.COMPLETED, 2.0)


def test_an_answer_that_comes_after_its_order_has_ended_changes_nothing(house: House) -> None:
    """A webhook tells of the order, and another worker sees it fail, before the POST returns."""

    def fail_meanwhile() -> None:
        usual(house)
        house.hear(f"request 1 of {house.run.id}")
        house.trainer.standing = failed()
        house.step(str(house.run.id))

    house.start()
    house.trainer.meanwhile = fail_meanwhile
    house.advance()
    assert (house.fates, house.run.request_id) == (["failed"], None)
    house.later()
    house.advance(training(50))
    assert house.run.request_id == f"request 2 of {house.run.id}"
    house.advance(COMPLETED)
    assert (house.fates, str(house.status)) == (["failed", "completed"], "completed")


def test_a_name_that_nobody_has_is_about_nothing(house: House) -> None:
    house.start()
    assert house.hear("x", about=str(uuid.uuid4())) == "unknown"
    assert house.hear("x", about="no name") == "unknown"
