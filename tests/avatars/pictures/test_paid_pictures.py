"""Pictures are paid once, whatever becomes of the POST that orders them."""

from __future__ import annotations

import pytest

from core.avatars.orders.order import CLAIM_SECONDS, Status
from tests import makers
from tests.avatars.pictures.conftest import Build
from tests.avatars.pictures.picture_house import PictureHouse, cost


@pytest.mark.parametrize("fault", ["401", "429", "balance", "400"])
def test_a_refused_order_is_free_and_sent_again_once_that_is_over(
    house: PictureHouse, fault: str
) -> None:
    house.fal.plan.add("submit", fault)
    house.order()
    house.until(Status.SUBMITTING)
    while len(house.posts) < 2:
        house.step()
        house.wait()
    house.until()
    assert house.summary == ("completed", 2, cost(2), 2)
    assert house.fates == ["refused", "completed"]
    assert len(house.ledger.taken[house.run.id.hex]) == 1


@pytest.mark.parametrize("fault", ["reset", "500", "503_html", "malformed", "no_id"])
def test_an_order_without_an_answer_is_found_again_by_its_seed(
    house: PictureHouse, fault: str
) -> None:
    house.fal.plan.add("submit", fault)
    house.order()
    house.until(Status.UNCERTAIN)
    assert house.status == Status.UNCERTAIN
    house.until()
    assert house.summary == ("completed", 2, cost(2), 2)
    assert house.fates == ["completed"]
    assert len(house.posts) == 1


def test_an_answer_that_never_comes_is_given_up_and_the_order_found(build: Build) -> None:
    house = build(seconds=0.2)
    house.fal.plan.add("submit", "hang")
    house.painted()
    assert house.summary == ("completed", 2, cost(2), 2)
    assert len(house.posts) == 1


def test_another_order_of_the_same_person_is_not_taken_for_a_lost_one(
    house: PictureHouse,
) -> None:
    house.painted()
    house.fal.plan.add("submit", "reset_untaken")
    house.order()
    for _ in range(10):
        house.step()
        house.wait()
    assert house.status == Status.UNCERTAIN, "it may have arrived, so it is not sent again"
    assert len(house.posts) == 2
    assert house.obstacle() == "painting"
    house.cancel()
    assert house.obstacle() is None, "whoever doesn't want to wait is free at once"


def test_one_of_a_family_is_not_taken_for_another_that_is_lost_too(house: PictureHouse) -> None:
    house.fal.plan.add("submit", "reset_untaken")
    lost = house.order(seed=7)
    house.until(Status.UNCERTAIN)
    house.cancel()
    house.clock.forward(300)
    house.fal.plan.add("submit", "reset")
    house.order(seed=7, variation=1)
    house.until(Status.UNCERTAIN)
    for _ in range(5):
        house.step(lost)
        house.clock.forward(100)
    assert makers.fresh(lost).request_id is None, "the one that is listed may be the other"
    assert house.hear() == "learnt"
    house.until()
    assert house.summary == ("completed", 2, cost(2), 2)


def test_a_webhook_tells_of_a_lost_order(house: PictureHouse) -> None:
    house.fal.plan.add("submit", "reset")
    house.fal.plan.add("requests", "500", times=100)
    house.order()
    house.until(Status.UNCERTAIN)
    assert house.hear() == "learnt"
    house.until()
    assert house.summary == ("completed", 2, cost(2), 2)


def test_a_worker_that_dies_over_the_post_leaves_one_paid_order(
    house: PictureHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = house.painter.submit

    def die(*given: str) -> None:
        send(*given)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    house.order()
    with monkeypatch.context() as patch:
        patch.setattr(house.painter, "submit", die)
        with pytest.raises(KeyboardInterrupt):
            house.until()
    assert house.status == Status.SUBMITTING
    house.clock.forward(2 * CLAIM_SECONDS + 1)
    house.until()
    assert house.summary == ("completed", 2, cost(2), 2)
    assert len(house.posts) == 1


@pytest.mark.parametrize(
    "fault", ["500", "503_html", "malformed", "reset", "429", "unknown_status"]
)
def test_a_status_that_can_not_be_had_is_asked_for_again(house: PictureHouse, fault: str) -> None:
    house.fal.plan.add("status", fault, times=2)
    house.painted()
    assert house.summary == ("completed", 2, cost(2), 2)
    assert len(house.posts) == 1


@pytest.mark.parametrize("fault", ["500", "503_html", "reset", "429"])
def test_a_result_that_can_not_be_had_is_asked_for_again(house: PictureHouse, fault: str) -> None:
    house.fal.plan.add("result", fault, times=2)
    house.painted()
    assert house.summary == ("completed", 2, cost(2), 2)
    assert len(house.posts) == 1


@pytest.mark.parametrize("fault", ["500", "truncated", "reset", "503_html"])
def test_a_download_that_breaks_is_tried_again(house: PictureHouse, fault: str) -> None:
    house.fal.plan.add("download", fault)
    house.painted()
    assert house.summary == ("completed", 2, cost(2), 2)
    assert len(house.posts) == 1


def test_an_upload_that_breaks_is_tried_again_before_anything_is_ordered(
    house: PictureHouse,
) -> None:
    house.fal.plan.add("upload", "500", times=3)
    house.painted()
    assert house.summary == ("completed", 2, cost(2), 2)
    assert len(house.posts) == 1


def test_an_order_that_fails_by_nobodys_fault_is_sent_again(house: PictureHouse) -> None:
    house.fal.plan.add("picture", "internal_server_error")
    house.painted()
    assert house.summary == ("completed", 2, cost(2), 2)
    assert house.fates == ["failed", "completed"]


def test_a_painter_that_always_fails_is_given_up_for_nothing(house: PictureHouse) -> None:
    house.fal.plan.choose = lambda phase, _run: (
        "internal_server_error" if phase == "picture" else ""
    )
    house.painted()
    assert house.summary == ("failed", 0, 0.0, 0)
    assert len(house.posts) == house.settings.pictures.attempts
    assert (house.told[-1], house.counted) == ("pictures_failed", 0)
