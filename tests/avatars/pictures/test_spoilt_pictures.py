"""What comes of an order that went wrong at the painter: told, booked, and not counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from core.avatars import disposal
from core.avatars.orders.decisions.news import RESULT_GONE
from core.avatars.orders.events import FalEvent
from core.avatars.orders.order import Status
from core.avatars.pictures import owned
from core.avatars.pictures.darkroom import Finished
from core.avatars.pictures.limits import FETCHES
from core.operation.alerts import holding
from core.services.darkroom import Darkroom
from tests import makers
from tests.avatars.pictures.conftest import Build
from tests.avatars.pictures.picture_house import PictureHouse, cost

MINUTES = 5 * 60.0


def test_a_refused_prompt_is_blocked_and_counts_nothing(house: PictureHouse) -> None:
    house.fal.plan.add("picture", "blocked")
    house.painted()
    assert house.summary == ("failed", 0, cost(2), 0), "fal may charge it; the person is not"
    run = house.run
    assert (run.error_type, run.error_class) == ("content_policy_violation", "person")
    assert (run.blocked, run.error) == (2, ""), "its words are nowhere"
    assert len(house.posts) == 1


def test_pictures_that_are_flagged_are_never_stored(house: PictureHouse) -> None:
    house.fal.plan.add("picture", "flagged")
    house.painted()
    assert house.summary == ("completed", 0, cost(2), 0)
    assert (house.run.blocked, house.run.spoilt, house.stored) == (2, 0, set())
    assert house.told[-1] == "pictures_finished"


def test_the_others_of_an_order_with_a_flagged_one_are_theirs(house: PictureHouse) -> None:
    house.fal.plan.add("picture", "one_flagged")
    house.painted(count=4)
    assert house.summary == ("completed", 3, cost(4), 3)
    assert (house.run.blocked, len(house.stored)) == (1, 3)


@pytest.mark.parametrize("what", ["expired", "expired_410", "html", "broken"])
def test_what_is_no_picture_is_asked_for_afresh_and_given_up_within_minutes(
    house: PictureHouse, what: str
) -> None:
    house.fal.plan.add("picture", what)
    begun = house.clock()
    house.painted()
    assert house.summary == ("failed", 0, cost(2), 0)
    assert (house.run.error_type, house.run.error_class) == (RESULT_GONE, "operator")
    assert house.clock() - begun < MINUTES
    assert (house.told[-1], house.stored, len(house.posts)) == ("pictures_failed", set(), 1)
    assert FalEvent.select().where(FalEvent.phase == "result").count() == FETCHES, "each is fresh"


@pytest.mark.parametrize("what", ["one_expired", "one_html", "one_broken"])
def test_one_that_is_none_is_asked_for_afresh_before_the_others_are_shown(
    house: PictureHouse, what: str
) -> None:
    house.fal.plan.add("picture", what)
    begun = house.clock()
    house.painted(count=4)
    assert house.summary == ("completed", 3, cost(4), 3)
    assert (house.run.spoilt, house.run.blocked, len(house.stored)) == (1, 0, 3)
    assert house.clock() - begun < MINUTES


def test_one_is_given_up_only_where_it_was_none_again_and_again(house: PictureHouse) -> None:
    for fault in ("500", "500", "reset", "reset", "malformed"):  # two pictures, tried three times
        house.fal.plan.add("download", fault)
    house.painted(count=2)
    assert house.summary == ("completed", 2, cost(2), 2)
    assert house.run.spoilt == 0


def test_one_that_is_there_at_a_fresh_address_is_theirs(
    house: PictureHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, times = house.darkroom.finish, iter((None,))
    monkeypatch.setattr(house.darkroom, "finish", lambda data: next(times, finish(data)))
    house.painted()
    assert house.summary == ("completed", 2, cost(2), 2)


def test_a_picture_larger_than_any_is_none(
    house: PictureHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.avatars.pictures.arrival.LARGEST", 1000)
    house.painted()
    assert (house.status, house.run.error_type) == (Status.FAILED, RESULT_GONE)


def test_a_second_look_holds_back_what_the_painter_let_through(build: Build) -> None:
    house = build(darkroom=Darkroom(None, lambda _picture: True))
    house.painted()
    assert house.summary == ("completed", 0, cost(2), 0)
    assert (house.run.blocked, house.stored) == (2, set())


def test_an_error_of_ours_is_told_tried_again_and_ends_after_a_day(
    house: PictureHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(data: bytes) -> Finished:
        raise ZeroDivisionError(len(data))

    house.order()
    with monkeypatch.context() as patch:
        patch.setattr(house.darkroom, "finish", broken)
        house.until(Status.SAVING)
        house.step()
        assert (house.status, house.run.error_type) == (Status.SAVING, "not_kept")
        assert house.told[-1] == "pictures_progress"
        house.clock.forward(86_400)
        house.until()
    assert (house.status, house.run.error_type, house.counted) == (Status.FAILED, RESULT_GONE, 0)


class Ranking:
    """A darkroom that finds the later pictures of an order ever liker, and one of them faceless."""

    def __init__(self) -> None:
        self.photos: list[bytes] = []

    def finish(self, data: bytes) -> Finished | None:
        return Finished(data, 10, 10)

    def indecent(self, data: bytes) -> bool:
        return False

    def likeness(self, pictures: Sequence[bytes], photos: Sequence[bytes]) -> Any:
        self.photos = list(photos)
        return (-0.1, 0.2, None, 0.6)[: len(pictures)]


def test_the_likest_picture_comes_first(build: Build) -> None:
    darkroom = Ranking()
    house = build(darkroom=darkroom)
    house.painted(count=4)
    assert [picture.likeness for picture in house.theirs] == [0.6, 0.2, -0.1, None]
    assert [picture.number for picture in house.theirs] == [1, 2, 3, 4]
    assert darkroom.photos == [key.encode() for key, _ in makers.stored(house.avatar)]


def test_a_comparison_that_fails_keeps_nobody_from_their_pictures(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    darkroom = Ranking()
    monkeypatch.setattr(darkroom, "likeness", lambda *_: 1 / 0)
    house = build(darkroom=darkroom)
    with capture_logs() as logs:
        house.painted()
    assert house.summary == ("completed", 2, cost(2), 2)
    assert "pictures could not be compared" in [line["event"] for line in logs]


def test_a_photo_that_is_gone_keeps_nobody_from_their_pictures(build: Build) -> None:
    darkroom = Ranking()
    house = build(darkroom=darkroom)
    key, _ = makers.stored(house.avatar)[0]
    house.store.delete(key)
    house.painted()
    assert (house.status, len(darkroom.photos)) == (Status.COMPLETED, 1)


def test_orders_that_came_out_the_same_share_a_file_until_the_last_is_gone(
    house: PictureHouse,
) -> None:
    runs = [house.painted(count=1, seed=7, wish="in a red coat") for _ in range(2)]
    assert len(house.stored) == 1
    left = []
    for run in runs:
        with house.turn():
            owned.forget_pictures(run, house.clock())
        disposal.delete_doomed(house.store, house.clock() + disposal.GRACE_SECONDS)
        left.append(len(house.stored))
    assert left == [1, 0]


@pytest.mark.parametrize("how", ["html", "expired"])
def test_a_result_that_cannot_be_fetched_is_an_alert(house: PictureHouse, how: str) -> None:
    def held() -> list[str]:
        return [one.rule for one in holding(house.settings, house.clock(), "both")]

    house.fal.plan.add("picture", how)
    house.order()
    house.until(Status.SAVING)
    assert "results" not in held(), "one try is none"
    house.until()
    assert (house.run.error_type, "results" in held()) == ("result_gone", True)
