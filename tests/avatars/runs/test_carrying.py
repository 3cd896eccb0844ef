"""Weights are copied into our own store, whole and verified, before an avatar is completed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from core.avatars import disposal
from core.avatars.models import Avatar, AvatarStatus, Consent, RunStatus, TrainingRun
from core.avatars.orders.order import CLAIM_SECONDS
from core.avatars.ports import Standing, Unreachable
from core.avatars.privacy import orphans
from core.avatars.privacy.erasure import Erasure
from core.avatars.queries import models_of
from core.base.db import transaction
from core.base.errors import StorageUnavailable
from tests import makers
from tests.avatars.training_house import KEY, QUEUED, WEIGHED, WEIGHTS, House, failure


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(House, "folder", tmp_path, raising=False)


@pytest.fixture
def house(db: Any) -> House:
    return House(training={"price_portrait_usd": 6.0})


def key_of(house: House) -> str:
    return f"{house.owner.user.id.hex}/{house.avatar.id.hex}/weights-{KEY}"


def made(house: House) -> None:
    """A training whose result waits to be copied."""
    house.start()
    house.advance(QUEUED)
    house.trainer.standing = WEIGHED
    house.training.orders.step(str(house.run.id))
    assert house.status == RunStatus.SAVING
    assert (house.run.progress, house.now.status) == (99, AvatarStatus.TRAINING)


def test_what_was_trained_is_in_our_store_before_the_avatar_is_completed(house: House) -> None:
    made(house)
    house.training.orders.step(str(house.run.id), transfer=True)
    run, avatar = house.run, house.now
    assert (run.status, run.weights_key) == (RunStatus.COMPLETED, key_of(house))
    assert house.store.get(key_of(house)) == WEIGHTS
    assert (avatar.status, avatar.finetune_id) == (AvatarStatus.COMPLETED, run.request_id)
    (model,) = models_of(avatar.id)
    assert (model.weights_key, model.weights_bytes) == (key_of(house), len(WEIGHTS))
    assert model.weights_sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    assert (run.cost_usd, run.training_seconds, run.data_url) == (6.0, 300.0, "")
    assert house.told[-1] == "finished"
    assert list(house.folder.glob(".weights-*")) == []


def test_whoever_has_just_seen_a_result_does_not_ask_for_it_again(house: House) -> None:
    made(house)
    asked = house.trainer.checks
    house.training.orders.step(str(house.run.id), transfer=True)
    assert (house.status, house.trainer.checks) == (RunStatus.COMPLETED, asked)


def test_a_copy_that_failed_asks_where_the_result_is_now(house: House) -> None:
    made(house)
    asked = house.trainer.checks
    house.trainer.refusals = [Unreachable(failure())]
    house.training.orders.step(str(house.run.id), transfer=True)
    assert house.status == RunStatus.SAVING
    house.later()
    assert (house.status, house.trainer.checks) == (RunStatus.COMPLETED, asked + 1)


def test_the_trainers_own_words_about_a_model_are_kept_with_it(house: House) -> None:
    result = {"weights_url": "http://w/1", "config_url": "http://w/config"}
    house.start()
    house.advance(QUEUED)
    house.trainer.config = b'{"steps": 9}'
    house.advance(Standing("completed", result=result))
    (model,) = models_of(house.now.id)
    assert model.config == {"steps": 9}


@pytest.mark.parametrize(
    "said",
    [
        b'{"loss": NaN}',
        b'{"loss": -Infinity}',
        b'{"loss": 1e999}',
        b'{"name": "a\\u0000"}',
        b'{"name": "\\ud800"}',
        b'{"a":' * 99_999,
        b"[" * 99_999,
        b'{"deep": ' + b"[" * 800 + b"]" * 800 + b"}",
        b"\xff",
    ],
)
def test_a_model_is_kept_whatever_is_said_about_it(house: House, said: bytes) -> None:
    result = {"weights_url": "http://w/1", "config_url": "http://w/config"}
    house.start()
    house.advance(QUEUED)
    house.trainer.config = said
    house.advance(Standing("completed", result=result))
    assert house.status == RunStatus.COMPLETED


@pytest.mark.parametrize(
    ("weights", "size", "error"),
    [(WEIGHTS[:99], len(WEIGHTS), "weights_damaged"), (b"", None, "not_weights")],
)
def test_weights_that_did_not_arrive_whole_are_fetched_again(
    house: House, weights: bytes, size: int | None, error: str
) -> None:
    made(house)
    house.trainer.weights, house.trainer.size = weights, size
    house.training.orders.step(str(house.run.id), transfer=True)
    assert (house.status, house.run.error_type) == (RunStatus.SAVING, error)
    assert house.run.weights_key is None
    house.trainer.weights, house.trainer.size = WEIGHTS, len(WEIGHTS)
    house.later()
    assert house.status == RunStatus.COMPLETED


def test_what_our_store_has_kept_otherwise_is_not_believed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(house)
    with monkeypatch.context() as patch:
        patch.setattr(house.store, "stream", lambda key: iter((b"rotten",)))
        house.training.orders.step(str(house.run.id), transfer=True)
    assert house.status == RunStatus.SAVING
    house.later()
    assert house.status == RunStatus.COMPLETED


def test_a_store_or_a_trainer_that_is_away_only_delays_the_end(house: House) -> None:
    made(house)
    root = house.store.root
    root.rename(root.with_name("unmounted"))
    house.training.orders.step(str(house.run.id), transfer=True)
    assert (house.status, house.run.error_type) == (RunStatus.SAVING, "storage_unavailable")
    root.with_name("unmounted").rename(root)
    house.clock.forward(200)
    house.trainer.refusals = [Unreachable(failure("http_503"))]
    house.training.orders.step(str(house.run.id), transfer=True)
    assert (house.status, house.run.error_type) == (RunStatus.SAVING, "http_503")
    house.later()
    assert house.status == RunStatus.COMPLETED


def test_a_result_that_can_not_be_had_for_a_day_is_our_failure_and_its_cost_is_booked(
    house: House,
) -> None:
    made(house)
    for _ in range(2):
        house.clock.forward(86_400)
        house.trainer.refusals = [Unreachable(failure("http_404", "operator"))]
        house.training.orders.step(str(house.run.id), transfer=True)
    run = house.run
    assert (run.status, run.error_class, run.cost_usd) == (RunStatus.FAILED, "operator", 6.0)


def test_what_an_earlier_training_left_outlives_the_failure_of_a_later_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(house)
    house.training.orders.step(str(house.run.id), transfer=True)
    Avatar.update(status=AvatarStatus.READY).execute()
    house.clock.forward(1)
    made(house)
    with monkeypatch.context() as patch:
        patch.setattr(house.store, "put_file", _full)
        for _ in range(2):
            house.training.orders.step(str(house.run.id), transfer=True)
            house.clock.forward(86_400)
    assert (house.status, house.run.weights_key) == (RunStatus.FAILED, None)
    disposal.delete_doomed(house.store, house.clock() + 100)
    assert house.store.get(key_of(house)) == WEIGHTS


def _full(*_: Any) -> None:
    raise StorageUnavailable("it is full")


def test_a_dead_workers_copy_is_made_by_the_next_one(house: House) -> None:
    made(house)
    assert house.training.orders.due(house.clock(), 10, transfer=True) == [str(house.run.id)]
    TrainingRun.update(next_check_at=house.clock() + CLAIM_SECONDS).execute()
    assert house.training.orders.step(str(house.run.id), transfer=True) is None
    house.later(CLAIM_SECONDS)
    assert house.status == RunStatus.COMPLETED


def test_a_success_that_is_copied_while_cancelling_wins(house: House) -> None:
    other = house.with_objects(makers.avatar(house.owner))
    house.start()
    house.advance(QUEUED)
    house.cancel()
    house.start(other)
    house.advance(WEIGHED)
    assert (house.status, house.now.status) == (RunStatus.COMPLETED, AvatarStatus.COMPLETED)
    assert house.store.get(key_of(house)) == WEIGHTS
    assert house.told[-1] == "finished"


def test_nothing_is_copied_of_an_avatar_that_was_deleted_and_its_cost_is_booked(
    house: House,
) -> None:
    made(house)
    run_id = str(house.run.id)
    with transaction():
        Erasure({TrainingRun: house.training.cancel}).avatar(house.now, house.clock())
    house.training.orders.step(run_id, transfer=True)
    run = TrainingRun.get_by_id(run_id)
    assert (run.status, run.cost_usd, run.weights_key) == (RunStatus.COMPLETED, 6.0, None)
    assert house.told[-1] != "finished"


def test_what_was_copied_before_the_avatar_was_deleted_is_deleted_as_well(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(house)
    run_id, key, put = str(house.run.id), key_of(house), house.store.put_file

    def slowly(*given: Any) -> None:
        put(*given)
        with transaction():
            Erasure({TrainingRun: house.training.cancel}).avatar(house.now, house.clock())
        disposal.delete_doomed(house.store, house.clock() + 100)
        put(*given)

    with monkeypatch.context() as patch:
        patch.setattr(house.store, "put_file", slowly)
        house.training.orders.step(run_id, transfer=True)
    assert house.store.exists(key)
    assert TrainingRun.get_by_id(run_id).weights_key is None
    disposal.delete_doomed(house.store, house.clock() + 100)
    assert not house.store.exists(key)


def test_nothing_is_put_where_something_is_being_deleted(house: House) -> None:
    made(house)
    disposal.doom(f"{house.owner.user.id.hex}/{house.avatar.id.hex}/", house.clock())
    house.training.orders.step(str(house.run.id), transfer=True)
    assert (house.status, house.run.error_type) == (RunStatus.SAVING, "being_deleted")
    disposal.delete_doomed(house.store, house.clock() + 100)
    house.later()
    assert house.status == RunStatus.COMPLETED


def test_a_result_after_the_consent_was_withdrawn_is_not_copied(house: House) -> None:
    made(house)
    Consent.update(withdrawn_at=house.clock()).execute()
    house.training.orders.step(str(house.run.id), transfer=True)
    assert (house.status, house.run.weights_key) == (RunStatus.COMPLETED, None)
    assert models_of(house.now.id) == []


def test_weights_are_no_orphans(house: House) -> None:
    made(house)
    house.training.orders.step(str(house.run.id), transfer=True)
    stray = key_of(house).replace(KEY, "0" * 64)
    house.store.put(stray, b"nobody's")
    done = orphans.repair(house.store, house.clock() + 1e9)
    assert (done.foreign, done.doomed) == (10, 1), "the photos of this test have short names"
    disposal.delete_doomed(house.store, house.clock() + 1e10)
    assert house.store.exists(key_of(house))
    assert not house.store.exists(stray)


def test_the_other_type_is_trained_with_the_same_photos_and_the_first_model_is_kept(
    house: House,
) -> None:
    house.trainer.test_mode = False
    made(house)
    house.training.orders.step(str(house.run.id), transfer=True)
    first = house.now
    first.training_type, first.status = "style", AvatarStatus.READY
    first.save()
    house.trainer.standing = QUEUED
    house.start()
    house.advance()
    house.trainer.standing = Standing("completed", result={"finetune_id": "ft-9"})
    house.later()
    avatar = house.now
    assert (avatar.finetune_id, avatar.fal_mode) == ("ft-9", "style")
    earlier, _latest = models_of(avatar.id)
    assert (earlier.finetune_id, earlier.training_type.value) == (first.finetune_id, "portrait")
    assert earlier.weights_key == key_of(house)
    assert house.store.exists(key_of(house))
