"""A training that was made and paid for, whose model can't be had: what its person and we read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.avatars.models import AvatarStatus, RunStatus
from core.avatars.orders.decisions.news import RESULT_GONE
from core.avatars.orders.kind import Policy
from core.avatars.ports import Unreachable
from core.avatars.queries import models_of
from core.base.settings import Settings
from core.base.settings.product.fal import Fal
from core.operation.alerts import holding
from core.services.fal import FalTrainer
from tests import makers
from tests.avatars.test_arrivals import BAD
from tests.avatars.training_house import QUEUED, WEIGHED, WEIGHTS, House, failure
from tests.fakes.foreign_fal import ForeignFal, Liberties, foreign_fal

PRICE = 6.0

GONE_TRIES = Policy().fetches


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(House, "folder", tmp_path, raising=False)


@pytest.fixture
def house(db: Any) -> House:
    return House(training={"price_portrait_usd": PRICE})


@pytest.fixture
def stranger(house: House) -> Iterator[ForeignFal]:
    """A fal whose trainings are completed at once, at which the house orders."""
    with foreign_fal(Liberties(), seconds=0.0) as fal:
        place = Fal(key=SecretStr(fal.key), queue_url=fal.queue)
        trainer: Any = FalTrainer(Settings(fal=place), lambda _: None, test_mode=True)
        trainer.profiles = lambda _: ("flux-lora-portrait-trainer",)
        house.trainer = trainer
        house.training = house.work()
        yield fal
        trainer.close()


def giving(code: int, data: bytes) -> Callable[[Any], None]:
    def give(connection: Any) -> None:
        connection.send_response(code)
        connection.send_header("Content-Length", str(len(data)))
        connection.end_headers()
        connection.wfile.write(data)

    return give


def at_the_door(house: House) -> None:
    """The training is made; its model has been asked for once."""
    house.start()
    for _ in range(3):
        house.step(str(house.run.id))
        house.clock.forward(5)


def made(house: House) -> None:
    house.start()
    house.advance(QUEUED)
    house.trainer.standing = WEIGHED
    house.training.orders.step(str(house.run.id))
    assert house.status == RunStatus.SAVING


def alerts(house: House) -> list[str]:
    return [held.rule for held in holding(house.settings, house.clock(), "test")]


def try_again(house: House, times: int = 1) -> None:
    for _ in range(times):
        house.clock.forward(200)
        house.training.orders.step(str(house.run.id), transfer=True)


THINGS = ("an HTML page of 26 bytes", "JSON of 17 bytes", "half a file", "one byte")


@pytest.mark.parametrize("thing", THINGS)
def test_what_arrived_with_200_and_is_no_model_makes_no_avatar(
    thing: str, house: House, stranger: ForeignFal
) -> None:
    stranger.instead = giving(200, BAD[thing])
    at_the_door(house)
    assert (house.status, house.run.error_type) == (RunStatus.SAVING, "not_weights")
    assert (house.now.status, house.run.weights_key) == (AvatarStatus.TRAINING, None)
    assert "finished" not in house.told
    stranger.instead = None
    try_again(house)
    assert (house.status, house.run.cost_usd) == (RunStatus.COMPLETED, PRICE)
    assert house.now.status is AvatarStatus.COMPLETED
    assert len(stranger.orders) == 1


@pytest.mark.parametrize("code", [403, 404, 410])
def test_a_result_that_is_gone_is_said_at_once_and_asked_for_anew(
    code: int, house: House, stranger: ForeignFal
) -> None:
    stranger.instead = giving(code, b"{}")
    at_the_door(house)
    assert (house.status, house.run.error_type) == (RunStatus.SAVING, f"http_{code}")
    polls = stranger.orders[0].polls
    try_again(house)
    assert stranger.orders[0].polls == polls + 1, "a fresh result may hold a fresh address"
    assert "results" in alerts(house)
    stranger.instead = None
    try_again(house)
    assert (house.status, len(stranger.orders)) == (RunStatus.COMPLETED, 1)
    assert "results" not in alerts(house)


@pytest.mark.parametrize("error", ["http_403", "http_404", "http_410", "not_weights"])
def test_what_is_surely_gone_ends_soon_and_is_booked_once(house: House, error: str) -> None:
    made(house)
    began = house.clock()
    house.trainer.refusals = [Unreachable(failure(error)) for _ in range(2 * GONE_TRIES)]
    asked = house.trainer.checks
    for _ in range(GONE_TRIES):
        house.training.orders.step(str(house.run.id), transfer=True)
        house.clock.forward(150)
        house.trainer.refusals.insert(0, Unreachable(failure(error)))
    assert house.clock() - began < 3600
    run = house.run
    assert (run.status, run.error_type, run.cost_usd) == (RunStatus.FAILED, RESULT_GONE, PRICE)
    assert house.trainer.checks - asked == GONE_TRIES - 1
    assert (house.now.status, house.told[-1]) == (AvatarStatus.ERROR, "failed")
    assert "results" in alerts(house)
    assert len(house.trainer.orders) == 1


def test_a_key_that_is_refused_says_nothing_of_the_model(house: House) -> None:
    made(house)
    house.trainer.refusals = [Unreachable(failure("http_503"))]
    try_again(house)
    refusal = failure("http_403", "operator", http_status=403, stop_submitting=True)
    for _ in range(2 * GONE_TRIES):
        house.trainer.refusals = [Unreachable(refusal)]
        try_again(house)
        assert house.status == RunStatus.SAVING
    assert "results" in alerts(house)
    try_again(house)
    assert (house.status, house.run.cost_usd) == (RunStatus.COMPLETED, PRICE)


def test_another_trouble_between_begins_the_count_anew(house: House) -> None:
    made(house)
    for number in range(3 * GONE_TRIES):
        error = "http_503" if number % GONE_TRIES == GONE_TRIES - 2 else "http_404"
        house.trainer.refusals = [Unreachable(failure(error))]
        try_again(house)
        assert house.status == RunStatus.SAVING


def test_whoever_stops_waiting_is_free_and_gets_a_late_model_all_the_same(house: House) -> None:
    made(house)
    house.trainer.refusals = [Unreachable(failure("http_404"))]
    house.training.orders.step(str(house.run.id), transfer=True)
    assert house.obstacle == "busy"
    house.cancel()
    assert house.status is RunStatus.CANCELLING
    assert house.obstacle is None
    assert house.refusal() == "unfetched", "but this avatar's own model may still come"
    other = house.with_objects(makers.avatar(house.owner))
    house.start(other)
    run = makers.runs(house.avatar)[0]
    house.clock.forward(200)
    house.training.orders.step(str(run.id), transfer=True)
    assert makers.fresh(run).status is RunStatus.COMPLETED
    assert house.now.status is AvatarStatus.COMPLETED
    assert house.store.get(makers.fresh(run).weights_key) == WEIGHTS


def test_a_model_without_the_trainers_words_about_it_is_one(house: House) -> None:
    from core.avatars.ports import Standing

    house.start()
    house.advance(QUEUED)
    result = {"weights_url": "http://w/1", "config_url": "http://w/config"}
    house.trainer.standing = Standing("completed", result=result)
    house.training.orders.step(str(house.run.id))
    house.trainer.refusals = [Unreachable(failure("http_404"))]
    house.training.orders.step(str(house.run.id), transfer=True)
    assert house.status == RunStatus.COMPLETED
    (model,) = models_of(house.now.id)
    assert model.config == {}


def test_a_model_that_was_made_and_is_gone_is_not_waited_for_again(house: House) -> None:
    made(house)
    for _ in range(GONE_TRIES):
        house.trainer.refusals = [Unreachable(failure("http_404"))]
        try_again(house)
    assert (house.status, house.fates) == (RunStatus.FAILED, ["failed"])
    checks = house.trainer.checks
    for _ in range(3):
        house.clock.forward(130)
        for name in house.training.orders.due_late(house.clock(), 10):
            house.training.orders.look_late(name)
        house.step(str(house.run.id))
    assert house.trainer.checks == checks, "it would be found made, and gone"
    assert (house.status, house.now.status) == (RunStatus.FAILED, AvatarStatus.ERROR)
    assert (house.run.cost_usd, house.obstacle) == (PRICE, None)
    assert house.told[-1] == "failed"
