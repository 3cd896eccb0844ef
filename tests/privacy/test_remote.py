"""What fal keeps of an order is deleted there: after copying, with the avatar, with everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from core.avatars.models import Avatar, AvatarStatus, RunStatus, TrainingRun
from core.avatars.orders import submissions
from core.avatars.orders.submissions import Submission
from core.avatars.platform_port import KEY_REFUSED
from core.avatars.ports import Unreachable
from core.avatars.privacy import remote
from core.avatars.privacy.erasure import Erasure
from core.avatars.privacy.retained import RemoteCopy
from core.avatars.queries import models_of
from core.base.db import run, transaction
from core.base.settings import Settings
from core.base.settings.product.fal import Fal
from core.conversation.statements import lock_person
from core.conversation.turn import Turn
from core.operation.alerts import holding
from core.operation.metrics import health
from core.operation.metrics.scope import Scope
from core.services.fal import FalTrainer
from tests import makers
from tests.avatars.training_house import COMPLETED, FAILED, QUEUED, WEIGHED, House, failure
from tests.fakes.foreign_fal import ForeignFal, Liberties, foreign_fal


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(House, "folder", tmp_path, raising=False)


@pytest.fixture
def house(db: Any) -> House:
    return House()


def waiting() -> list[tuple[str, str]]:
    return [(copy.kind, copy.name) for copy in RemoteCopy.select().order_by(RemoteCopy.id)]


def delete_due(house: House) -> None:
    for copy_id in house.training.remote.due(house.clock()):
        house.training.remote.delete(copy_id)


def delete_avatar(house: House) -> None:
    with transaction():
        lock_person(house.owner.id, house.owner.user.id)
        Erasure({TrainingRun: house.training.cancel}).avatar(house.now, house.clock())


def withdraw(house: House) -> None:
    with transaction():
        lock_person(house.owner.id, house.owner.user.id)
        Erasure({TrainingRun: house.training.cancel}).consent(house.owner.user.id, house.clock())


def erase(house: House) -> None:
    with transaction():
        lock_person(house.owner.id, house.owner.user.id)
        turn: Any = Turn.__new__(Turn)
        turn.user_id, turn.now = house.owner.user.id, house.clock()
        turn.event_id, turn.conversation_id = None, house.owner.id
        Erasure({TrainingRun: house.training.cancel}).person(turn)


def test_what_was_copied_is_deleted_at_the_trainer_at_once(house: House) -> None:
    ended = house.ended(WEIGHED)
    assert waiting() == [("request", ended.request_id)]
    delete_due(house)
    assert (house.trainer.platform.deleted, waiting()) == ([ended.request_id], [])


def test_one_that_failed_or_was_stopped_is_deleted_when_it_can_not_be_found_any_more(
    house: House,
) -> None:
    ended = house.ended(FAILED)
    delete_due(house)
    assert house.trainer.platform.deleted == []
    house.clock.forward(remote.LATE_SECONDS)
    delete_due(house)
    assert house.trainer.platform.deleted == [ended.request_id]


def test_an_order_that_is_under_way_is_deleted_once_it_is_over(house: House) -> None:
    house.start()
    house.advance(QUEUED, QUEUED)
    request_id = house.run.request_id
    run_id = str(house.run.id)
    delete_avatar(house)
    delete_due(house)
    assert house.trainer.platform.deleted == []
    house.trainer.standing = WEIGHED
    house.step(run_id)
    house.clock.forward(3600)
    delete_due(house)
    assert house.trainer.platform.deleted == [request_id]


@pytest.mark.parametrize("forget", [delete_avatar, withdraw, erase])
def test_every_order_of_a_person_goes_with_what_it_was_for(house: House, forget: Any) -> None:
    ended = house.ended(WEIGHED)
    RemoteCopy.delete().execute()  # as if it had been copied by an earlier version
    again = Submission.get(Submission.run_id == ended.id)
    makers.submission(ended, 2, endpoint=again.endpoint, request_id="an earlier one", fate="failed")
    forget(house)
    assert {name for _, name in waiting()} == {ended.request_id, "an earlier one"}
    delete_due(house)
    assert set(house.trainer.platform.deleted) == {ended.request_id, "an earlier one"}


def test_rows_of_deletions_outlive_their_person_and_name_nobody(house: House) -> None:
    house.ended(COMPLETED)
    erase(house)
    (copy,) = run("SELECT * FROM remote_copies").fetchall()
    said = " ".join(map(str, copy))
    for mine in (house.owner.user.id.hex, house.avatar.id.hex, house.avatar.name):
        assert mine not in said
    assert Avatar.select().count() == 0


def test_a_trainer_that_is_away_is_asked_again_less_and_less_often(house: House) -> None:
    ended = house.ended(WEIGHED)
    house.trainer.platform.away = Unreachable(failure("http_503"))
    waits = []
    for _ in range(12):
        delete_due(house)
        copy = RemoteCopy.get()
        waits.append(copy.next_check_at - house.clock())
        house.clock.forward(waits[-1])
    assert waits[:4] == [60, 120, 240, 480]
    assert max(waits) == remote.LONGEST_WAIT
    assert copy.error_type == "http_503"
    house.trainer.platform.away = None
    delete_due(house)
    assert (house.trainer.platform.deleted, waiting()) == ([ended.request_id], [])


def test_what_could_not_be_deleted_is_shown_and_alerted(house: House) -> None:
    house.ended(WEIGHED)
    house.trainer.platform.away = Unreachable(failure(KEY_REFUSED, "operator"))
    delete_due(house)
    now = house.clock()
    (copy,) = health.copies(Scope(now - 60, now + 1, "test"))
    assert (copy.error_type, copy.next_check_at) == (KEY_REFUSED, now + remote.LONGEST_WAIT)
    rules = {held.rule for held in holding(house.settings, now, "test")}
    assert "remote" not in rules
    rules = {held.rule for held in holding(house.settings, now + 25 * 3600, "test")}
    assert "remote" in rules
    assert remote.deleted_by_hand(copy.id)
    assert not remote.deleted_by_hand(copy.id)
    assert waiting() == []


def test_a_model_that_stays_with_the_trainer_is_left_to_somebody_who_can_delete_it(
    house: House,
) -> None:
    house.trainer.test_mode = False
    house.training = house.work()
    house.start()
    house.trainer.standing = COMPLETED
    for _ in range(4):
        house.later()
    ended = house.run
    assert (house.now.status, waiting()) == (AvatarStatus.COMPLETED, [])
    withdraw(house)
    assert waiting() == [], "a finished avatar stays"
    delete_avatar(house)
    assert set(waiting()) == {("request", ended.request_id), ("model", "ft-1")}
    house.clock.forward(10 * remote.LONGEST_WAIT)
    delete_due(house)
    assert waiting() == [("model", "ft-1")]


def test_an_order_that_has_made_no_model_yet_is_not_taken_for_one(house: House) -> None:
    house.trainer.test_mode = False
    house.training = house.work()
    house.start()
    house.advance(QUEUED, QUEUED)
    assert house.now.finetune_id == house.run.request_id
    assert models_of(house.now.id) == []


def test_a_model_that_came_when_its_avatar_was_gone_is_named_as_well(house: House) -> None:
    house.start()
    house.advance(QUEUED, QUEUED)
    run_id = str(house.run.id)
    delete_avatar(house)
    house.trainer.standing = COMPLETED
    house.step(run_id)
    assert ("model", "ft-1") in waiting()


def test_what_was_simulated_is_forgotten_once_trainings_are_real(house: House) -> None:
    house.ended(WEIGHED)
    house.trainer.test_mode = False
    house.training = house.work()
    delete_due(house)
    assert (house.trainer.platform.deleted, waiting()) == ([], [])


def test_an_order_that_is_still_asked_after_is_left_alone(house: House) -> None:
    ended = house.ended(WEIGHED)
    Submission.update(watch_until=house.clock() + 99).where(Submission.run_id == ended.id).execute()
    delete_due(house)
    assert house.trainer.platform.deleted == []
    Submission.update(watch_until=None).execute()
    house.clock.forward(3600)
    delete_due(house)
    assert house.trainer.platform.deleted == [ended.request_id]


@pytest.fixture
def stranger(house: House) -> Iterator[ForeignFal]:
    with foreign_fal(Liberties(), seconds=0.0) as fal:
        place = Fal(key=SecretStr(fal.key), queue_url=fal.queue, upload_hours=5, output_hours=80)
        trainer: Any = FalTrainer(Settings(fal=place), lambda _: None, test_mode=True)
        trainer.profiles = lambda _: ("flux-lora-portrait-trainer",)
        house.trainer = trainer
        house.training = house.work()
        yield fal
        trainer.close()


def test_the_face_model_at_a_strangers_fal_is_gone_after_delete_everything(
    house: House, stranger: ForeignFal
) -> None:
    house.start()
    for _ in range(4):
        house.step(str(house.run.id))
        house.clock.forward(5)
    assert house.status == RunStatus.COMPLETED
    url = f"{stranger.cdn}/out/{stranger.orders[0].id}/lora.safetensors"
    assert httpx.get(url, trust_env=False).status_code == 200
    erase(house)
    delete_due(house)
    assert httpx.get(url, trust_env=False).status_code == 404
    assert waiting() == []


def test_orders_and_uploads_ask_for_an_end_of_what_they_leave(
    house: House, stranger: ForeignFal
) -> None:
    house.start()
    for _ in range(3):
        house.step(str(house.run.id))
        house.clock.forward(5)
    asked = stranger.orders[0].headers["X-Fal-Object-Lifecycle-Preference"]
    assert asked == '{"expiration_duration_seconds": 288000}'
    (headers,) = stranger.file_headers.values()
    kept = headers["X-Fal-Object-Lifecycle-Preference"]
    assert kept == '{"expiration_duration_seconds": 18000}'
    assert submissions.current(house.run) is not None


def test_a_trained_model_is_kept_for_three_days_at_least() -> None:
    with pytest.raises(ValueError, match="greater than or equal to 72"):
        Fal(output_hours=71)
    assert makers.settings().fal.output_hours >= 72


def test_an_admins_key_asks_the_platform_and_orders_nothing(db: Any) -> None:
    with foreign_fal(Liberties(), seconds=0.0) as fal:
        place = Fal(key=SecretStr("order:1"), admin_key=SecretStr(fal.key), queue_url=fal.queue)
        trainer = FalTrainer(Settings(fal=place), lambda _: None)
        assert trainer.platform.requests("fal-ai/flux-2-trainer", 0, 9e9) == []
        trainer.close()


def test_what_can_not_be_deleted_of_one_person_delays_nobody_elses(house: House) -> None:
    long_ago = house.clock()
    for number in range(60):
        RemoteCopy.create(
            kind="request", name=f"theirs{number}", endpoint="e", test_mode=True, at=long_ago,
            next_check_at=long_ago, attempts=7, error_type="files_kept",
        )  # fmt: skip
    house.clock.forward(3600)
    ended = house.ended(WEIGHED)
    platform = house.trainer.platform
    [first, *others] = house.training.remote.due(house.clock())
    assert RemoteCopy.get_by_id(first).name == ended.request_id
    assert len(others) <= remote.AT_A_TIME, "each may take as long as the trainer's patience"
    house.training.remote.delete(first)
    assert platform.deleted == [ended.request_id]
    for _ in range(60):
        delete_due(house)
    assert len(platform.deleted) == 61, "and they have their turn all the same"
