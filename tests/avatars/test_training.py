"""A training is started once, converges whoever dies, and its person is always told."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import peewee
import pytest
from structlog.testing import capture_logs

from core.avatars import queries, restrictions
from core.avatars.models import (
    Admission,
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    AvatarTrainingType,
    Consent,
    PhotoValidationStatus,
    RunStatus,
    TrainingRun,
)
from core.avatars.orders.order import CLAIM_SECONDS
from core.avatars.orders.usual import Usual
from core.avatars.ports import Standing, Unreachable
from core.avatars.training import outcome
from core.avatars.training.durations import usual
from core.base.db import database, run, transaction
from core.base.errors import TrainingRefused
from core.conversation.models import Conversation
from core.conversation.statements import lock_person
from tests import makers
from tests.avatars.training_house import (
    COMPLETED,
    FAILED,
    QUEUED,
    STOPPED,
    House,
    ScriptedTrainer,
    failed,
    failure,
    training,
)
from tests.conversation.chat import Clock
from tests.conversation.racing import at_once, in_processes
from tests.killing import kill_between_steps
from tests.patience import LONG


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(House, "folder", tmp_path, raising=False)


@pytest.fixture
def house(db: Any) -> House:
    return House()


# starting


def test_a_started_training_is_a_row_with_the_price_of_that_moment(db: Any) -> None:
    house = House(training={"price_portrait_usd": 6.0, "price_style_usd": 9.0})
    run_id = house.start()
    run = house.run
    assert run.id == run_id
    assert (run.status, run.price_usd, run.photos_count) == (RunStatus.READY, 6.0, 10)
    assert (run.test_mode, run.created_at) == (True, house.clock())
    assert (house.now.status, house.now.training_progress) == (AvatarStatus.TRAINING, 0)


def test_starting_is_logged_once_with_ids_and_wakes_the_worker(house: House) -> None:
    with capture_logs() as logs:
        run_id = house.start()
    assert [(line["event"], line["run"]) for line in logs] == [
        (f"🚀 Запущено обучение аватара {house.avatar.id} типа portrait", str(run_id)),
        (f"🧪 ТЕСТОВЫЙ РЕЖИМ: Имитация обучения аватара {house.avatar.id}", str(run_id)),
    ]
    assert house.wakes.woken == [("training", str(run_id))]


def test_a_real_trainer_is_not_logged_as_a_simulated_one(house: House) -> None:
    house.trainer.test_mode = False
    with capture_logs() as logs:
        house.start()
    assert [line["event"][0] for line in logs] == ["🚀"]
    assert not house.run.test_mode


def test_a_channel_without_the_key_orders_what_the_worker_can_train(house: House) -> None:
    run(
        "INSERT INTO heartbeats (part, process, at, started_at, version, trouble, mode) "
        "VALUES ('worker', 'host:1', ?, 0, '1', '', 'production')",
        house.clock(),
    )
    house.start()
    assert not house.run.test_mode
    house.trainer.test_mode = False  # as the worker's is
    house.advance(QUEUED)
    assert house.run.status is not RunStatus.FAILED


@pytest.mark.parametrize("said", ["", "test"])
def test_a_channel_with_the_key_never_orders_a_simulation(house: House, said: str) -> None:
    run(
        "INSERT INTO heartbeats (part, process, at, started_at, version, trouble, mode) "
        "VALUES ('worker', 'host:1', ?, 0, '1', '', ?)",
        *(house.clock(), said),
    )
    house.trainer.test_mode = False
    house.start()
    assert not house.run.test_mode


def test_a_turn_that_is_rolled_back_started_nothing_and_told_nobody(house: House) -> None:
    def fail() -> None:
        with transaction():
            house.start()
            raise RuntimeError("a later effect failed")

    with capture_logs() as logs, pytest.raises(RuntimeError):
        fail()
    assert (logs, house.wakes.woken, makers.runs(house.avatar)) == ([], [], [])
    assert house.now.status is AvatarStatus.READY


def test_a_person_has_one_training_at_a_time(house: House) -> None:
    other = makers.avatar(house.owner)
    house.start()
    assert house.refusal(other) == "busy"
    assert house.refusal() == "busy"


def test_another_person_is_not_kept_waiting(house: House) -> None:
    house.start()
    other = House()
    other.start()
    assert other.run.status is RunStatus.READY


def test_an_avatar_whose_cancellation_is_not_settled_waits_for_that(house: House) -> None:
    house.start()
    house.cancel()
    assert house.refusal() == "stopping"
    house.advance()
    house.start()
    assert len(makers.runs(house.avatar)) == 2


def test_a_cancelled_training_frees_the_person_at_once(house: House) -> None:
    other = makers.avatar(house.owner)
    house.start()
    house.cancel()
    house.start(other)
    assert makers.runs(other)[0].status is RunStatus.READY


def test_too_few_photos_or_unjudged_ones_start_nothing(house: House) -> None:
    assert house.refusal(makers.avatar(house.owner, photos=9)) == "too_few"
    makers.photo(house.avatar, house.owner)
    assert house.refusal() == "still_checking"


def test_a_removed_photo_neither_counts_nor_keeps_anybody_waiting(house: House) -> None:
    makers.photo(house.avatar, house.owner, removed_at=1.0)
    house.start()
    assert house.run.photos_count == 10


def test_what_is_not_the_persons_own_or_trained_already_cannot_be_started(house: House) -> None:
    assert house.refusal(makers.avatar(makers.conversation())) == "gone"
    trained = makers.avatar(house.owner, status=AvatarStatus.COMPLETED)
    assert house.refusal(trained) == "busy"


def _start_at_once(house: House) -> str:
    try:
        house.start()
    except TrainingRefused as refused:
        return refused.reason
    return "started"


def test_threads_that_start_the_same_training_at_once_start_one(house: House) -> None:
    outcomes = at_once(*[lambda: _start_at_once(house)] * 6)
    assert sorted(outcomes) == ["busy"] * 5 + ["started"]
    assert len(makers.runs(house.avatar)) == 1


def test_without_the_persons_lock_the_database_still_allows_one(house: House) -> None:
    def start() -> None:
        try:
            with transaction():
                house.training.start(house.avatar.id, house.owner.user.id, house.owner.id)
        except (TrainingRefused, peewee.IntegrityError):
            pass

    at_once(*[start] * 6)
    assert len(makers.runs(house.avatar)) == 1


def _start_by_id(avatar_id: str) -> None:
    """In another process: start the training of an avatar, as its person's turn would."""
    house = House.__new__(House)
    house.clock, house.trainer, house.wakes = Clock(), ScriptedTrainer(), makers.Wakes()
    house.settings = makers.settings()
    house.folder, house.store = Path(), None  # type: ignore[assignment]  # nothing is carried
    house.training = house.work()
    house.avatar = Avatar.get_by_id(avatar_id)
    house.owner = Conversation.get(Conversation.user == house.avatar.user_id)
    _start_at_once(house)


def test_processes_that_start_the_same_training_at_once_start_one(
    house: House, database_url: str
) -> None:
    in_processes(database_url, _start_by_id, [(str(house.avatar.id),)] * 3)
    assert len(makers.runs(house.avatar)) == 1


# obstacles


def test_nothing_stands_in_the_way_of_a_first_training(house: House) -> None:
    assert house.obstacle is None


def test_closed_is_closed_for_everybody(db: Any) -> None:
    house = House(training={"enabled": False})
    assert house.obstacle == house.refusal() == "closed"


def test_a_list_lets_in_those_on_it(db: Any) -> None:
    house = House(access="list", people=("telegram:7",))
    assert house.obstacle == "not_invited"
    house.owner = makers.conversation(channel="telegram", chat="7")
    assert house.obstacle is None


def test_an_invitation_lets_in_whoever_came_with_it(db: Any) -> None:
    house = House(access="invite")
    assert house.obstacle == "not_invited"
    Admission.create(user=house.owner.user, invite="spring", at=0)
    assert house.obstacle is None


def test_a_day_has_so_many_trainings(db: Any) -> None:
    house = House(training={"runs_per_day": 1})
    house.start()
    house.cancel()
    house.advance()
    assert house.obstacle == "daily_limit"
    house.clock.forward(86_400)
    assert house.obstacle is None


def test_a_grant_is_one_training_more_for_a_day(db: Any) -> None:
    house = House(training={"runs_per_day": 1})
    house.start()
    house.cancel()
    house.advance()
    restrictions.grant(makers.conversation().user_id, house.clock(), "anna")
    assert house.obstacle == "daily_limit", "it was somebody else's"
    restrictions.grant(house.owner.user_id, house.clock(), "anna")
    assert house.obstacle is None
    house.avatar = house.with_objects(makers.avatar(house.owner))
    house.start()
    house.cancel()
    house.advance()
    assert house.obstacle == house.refusal() == "daily_limit"


def test_a_grant_that_nobody_used_is_over_after_a_day(db: Any) -> None:
    house = House(training={"runs_per_day": 1})
    restrictions.grant(house.owner.user_id, house.clock(), "anna")
    house.clock.forward(86_400)
    house.start()
    house.cancel()
    house.advance()
    assert house.obstacle == "daily_limit"


def test_who_is_blocked_trains_nothing_whatever_else_is_the_case(db: Any) -> None:
    house = House(training={"enabled": False})
    assert restrictions.block(house.owner.user_id, 1.0, "anna")
    assert not restrictions.block(house.owner.user_id, 2.0, "boris"), "once is enough"
    assert house.obstacle == house.refusal() == "blocked"
    assert restrictions.unblock(house.owner.user_id)
    assert not restrictions.unblock(house.owner.user_id)
    assert house.obstacle == "closed"


@pytest.mark.parametrize(
    ("error_class", "expected"), [("person", "daily_limit"), ("retry", None), ("operator", None)]
)
def test_a_failure_that_is_not_the_persons_fault_does_not_count(
    db: Any, error_class: Any, expected: str | None
) -> None:
    house = House(training={"runs_per_day": 1, "attempts": 1})
    house.ended(failed("x", error_class))
    assert house.obstacle == expected


def test_a_budget_is_everybodys_and_lasts_until_midnight(db: Any) -> None:
    prices = {"daily_budget_usd": 10.0, "price_portrait_usd": 6.0}
    House(training=prices).start()
    house = House(training=prices)
    assert house.obstacle == house.refusal() == "budget"
    house.clock.forward(13 * 3600)
    assert house.obstacle is None


def test_a_budget_may_be_used_up_to_the_cent(db: Any) -> None:
    prices = {"daily_budget_usd": 12.0, "price_portrait_usd": 6.0}
    House(training=prices).start()
    House(training=prices).start()
    assert House(training=prices).obstacle == "budget"


def test_a_budget_for_three_is_one_for_three(db: Any) -> None:
    prices = {"daily_budget_usd": 6.6, "price_portrait_usd": 2.2}
    for _ in range(3):
        House(training=prices).ended()
    assert House(training=prices).obstacle == "budget"


def test_simulated_money_is_not_taken_from_the_real_budget(db: Any) -> None:
    prices = {"daily_budget_usd": 6.0, "price_portrait_usd": 6.0}
    House(training=prices).start()
    house = House(training=prices)
    house.trainer.test_mode = False
    assert house.obstacle is None


def test_people_who_start_at_once_do_not_overdraw_the_budget(db: Any) -> None:
    prices = {"daily_budget_usd": 6.0, "price_portrait_usd": 6.0}
    first, second = House(training=prices), House(training=prices)
    started = threading.Event()

    def start_slowly() -> None:
        with transaction():
            first.start()
            started.set()
            time.sleep(0.3)

    def start_meanwhile() -> str:
        started.wait(LONG)
        return _start_at_once(second)

    assert at_once(start_slowly, start_meanwhile)[1] == "budget"


# its way


def test_an_order_says_all_that_a_trainer_must_know(house: House) -> None:
    run_id = house.start()
    house.advance()
    (order,) = house.trainer.orders
    assert (order.run_id, order.training_type) == (str(run_id), "portrait")
    assert (order.avatar_type, order.profile) == ("character", "portrait-first")
    assert order.trigger_word == f"lk{house.avatar.id.hex[:10]}"
    assert house.trainer.sent == ["http://zip/1"]
    assert house.trainer.webhooks == [f"http://us/{house.submissions[0].id}"]


def test_the_best_photos_are_sent_under_names_that_say_nothing(house: House) -> None:
    makers.photo(house.avatar, house.owner, PhotoValidationStatus.INVALID)
    makers.photo(house.avatar, house.owner, PhotoValidationStatus.VALID, removed_at=1.0)
    for photo in AvatarPhoto.select().where(AvatarPhoto.number > 1):
        photo.quality_score = photo.number / 100
        photo.save()
    house.trainer.photos = 4
    house.start()
    house.advance()
    best = ["01.jpg a/b/9", "02.jpg a/b/8", "03.jpg a/b/7", "04.jpg a/b/6"]
    assert house.trainer.uploads == [best]
    assert house.run.photos_count == 4


def test_it_goes_from_ready_to_completed_and_the_avatar_with_it(house: House) -> None:
    house.start()
    seen: list[tuple[str, str, int]] = []
    for standing in (QUEUED, QUEUED, training(40), COMPLETED):
        house.advance(standing)
        seen.append((house.run.status, house.now.status, house.now.training_progress))
    assert seen == [
        ("queued", "training", 0),
        ("queued", "training", 0),
        ("training", "training", 40),
        ("completed", "completed", 100),
    ]
    assert house.run.position is None


def test_waiting_and_training_are_told_apart(house: House) -> None:
    run = house.ended()
    assert run.submitted_at is not None
    assert run.started_at is not None
    assert run.finished_at is not None
    assert (run.started_at - run.submitted_at, run.finished_at - run.started_at) == (10, 5)


def test_a_completed_avatar_holds_what_was_made_and_how(house: House) -> None:
    run = house.ended()
    avatar = house.now
    assert (avatar.finetune_id, avatar.fal_mode) == ("ft-1", "portrait")
    assert avatar.training_config == {
        "training_type": "portrait",
        "trigger_word": f"lk{avatar.id.hex[:10]}",
        "photos": 10,
        "arguments": {"trigger_phrase": f"lk{avatar.id.hex[:10]}", "steps": 9},
    }
    (model,) = queries.models_of(avatar.id)
    assert (model.run_id, model.request_id) == (run.id, f"request 1 of {run.id}")
    assert (model.profile, model.endpoint) == ("portrait-first", "fal-ai/portrait-first")
    assert (model.base_model, model.phrase) == (
        "base of portrait-first",
        f"lk{avatar.id.hex[:10]}",
    )
    assert (model.finetune_id, model.training_type.value) == ("ft-1", "portrait")
    assert (model.training_config, model.test_mode) == (avatar.training_config, True)
    assert (model.weights_key, model.made_at) == (None, run.finished_at)


def test_an_avatar_says_how_it_is_trained_from_the_start_and_by_what_order_once_there_is_one(
    house: House,
) -> None:
    house.start()
    begun, word = house.now, f"lk{house.avatar.id.hex[:10]}"
    assert (begun.finetune_id, begun.fal_mode) == (None, "portrait")
    assert begun.training_config == {
        "training_type": "portrait", "trigger_word": word, "photos": 10, "arguments": {},
    }  # fmt: skip
    house.advance(QUEUED)
    ordered = house.now
    assert house.run.request_id is not None
    assert ordered.finetune_id == house.run.request_id
    assert ordered.training_config["arguments"] == {"trigger_phrase": word, "steps": 9}
    assert queries.model_of(ordered.id) is None, "no model is made yet"


def test_an_order_that_is_heard_of_late_names_the_avatars_training_too(house: House) -> None:
    house.start()
    house.advance(QUEUED)
    TrainingRun.update(request_id=None, status=RunStatus.UNCERTAIN, intent_at=1.0).execute()
    assert house.training.orders.resolver.sent(str(house.run.id), "found at fal")
    assert house.now.finetune_id == "found at fal"


def test_a_second_training_that_ends_badly_leaves_the_first_model(house: House) -> None:
    run = house.ended()
    model = queries.model_of(house.now.id)
    assert model is not None
    Avatar.update(training_type="style", status=AvatarStatus.READY).execute()
    house.start()
    house.trainer.standing = QUEUED
    house.later()
    house.advance(FAILED)
    avatar = house.now
    assert (avatar.finetune_id, avatar.fal_mode) == (house.run.request_id, "style")
    assert queries.model_of(avatar.id) == model
    back = outcome.taken_back(model)
    assert (back["finetune_id"], back["fal_mode"]) == ("ft-1", "portrait")
    assert back["training_config"]["arguments"] == run.arguments


def test_the_style_trainer_is_a_way_of_its_own(house: House) -> None:
    style = AvatarTrainingType.STYLE
    house.avatar = house.with_objects(makers.avatar(house.owner, training_type=style))
    house.ended()
    assert house.trainer.orders[0].training_type == "style"
    assert house.now.fal_mode == "style"


def test_a_failure_names_its_class_and_code(house: House) -> None:
    run = house.ended(FAILED)
    assert (run.status, run.error_class, run.error_type, run.error) == (
        RunStatus.FAILED,
        "person",
        "face_detection_error",
        "in words",
    )
    assert house.now.status is AvatarStatus.ERROR
    assert house.told[-1] == "failed"


def test_the_person_is_told_of_the_run_once_for_each_change(house: House) -> None:
    run = house.ended()
    argument = str(run.id)
    assert makers.told(house.owner) == [
        ("progress", argument),
        ("progress", argument),
        ("finished", argument),
    ]


def test_an_end_is_told_in_the_transaction_that_makes_it_true(house: House) -> None:
    house.start()
    house.advance()
    database.execute_sql("ALTER TABLE inbox RENAME TO mislaid")
    try:
        with pytest.raises(peewee.DatabaseError):
            house.advance(COMPLETED)
    finally:
        database.execute_sql("ALTER TABLE mislaid RENAME TO inbox")
    assert house.run.status is RunStatus.QUEUED
    assert house.now.status is AvatarStatus.TRAINING
    house.clock.forward(CLAIM_SECONDS)
    house.advance(COMPLETED)
    assert house.told == ["finished"]


def test_progress_never_goes_back_and_is_not_100_before_the_end(house: House) -> None:
    house.start()
    house.advance()
    shown = []
    for progress in (30, 10, 100, 60):
        house.advance(training(progress))
        shown.append(house.now.training_progress)
    assert shown == [30, 30, 99, 99]


def test_a_training_does_not_return_to_the_queue(house: House) -> None:
    house.start()
    house.advance(QUEUED, training(30), QUEUED)
    assert (house.run.status, house.run.progress) == (RunStatus.RUNNING, 30)


def _told_every(house: House, seconds: float, standings: Sequence[Standing]) -> int:
    house.start()
    house.advance()
    for standing in standings:
        house.trainer.standing = standing
        house.step(str(house.run.id))
        house.clock.forward(seconds)
    return len(house.told)


def test_progress_is_told_every_few_seconds_at_most(house: House) -> None:
    ticks = [training(n) for n in range(12)]
    assert _told_every(house, 1.0, ticks) == 4


def test_progress_that_came_too_soon_is_told_later(house: House) -> None:
    ticks = [training(1)] + [training(2)] * 5
    assert _told_every(house, 1.0, ticks) == 2


def test_what_stays_the_same_is_not_told_again(house: House) -> None:
    assert _told_every(house, 5.0, [QUEUED] * 4) == 1


def test_a_person_whose_conversation_is_gone_is_not_told_but_the_avatar_is_finished(
    house: House,
) -> None:
    house.start()
    TrainingRun.update(conversation=None).execute()
    house.advance(QUEUED, COMPLETED)
    assert house.now.status is AvatarStatus.COMPLETED
    assert house.told == []


# two at once, and dead ones


def test_workers_that_advance_a_run_at_once_submit_it_once(house: House) -> None:
    run_id = str(house.start())
    at_once(*[lambda: house.step(run_id)] * 5)
    assert len(house.trainer.orders) == 1
    assert house.run.status is RunStatus.QUEUED


def test_a_run_is_left_alone_until_it_is_due(house: House) -> None:
    house.start()
    house.advance(QUEUED, QUEUED)
    house.clock.forward(-5)
    house.trainer.standing = COMPLETED
    assert house.training.orders.step(str(house.run.id)) is None
    assert house.run.status is RunStatus.QUEUED


def test_due_are_the_active_runs_whose_moment_has_come(house: House) -> None:
    house.start()
    assert house.training.orders.due(house.clock(), 10) == [str(house.run.id)]
    house.advance(QUEUED, QUEUED)
    assert house.training.orders.due(house.run.next_check_at - 0.01, 10) == []
    house.advance(COMPLETED)
    assert house.training.orders.due(house.clock() + 1e6, 10) == []


def test_a_trainer_that_cannot_be_reached_is_asked_again_later(house: House) -> None:
    house.start()
    house.advance()
    house.refused(Unreachable(failure("read_timeout")))
    assert (house.run.status, house.run.error_class) == (RunStatus.QUEUED, "retry")
    house.later()
    house.advance(COMPLETED)
    assert (house.run.status, house.run.error_class) == (RunStatus.COMPLETED, "")


def test_killed_between_any_two_steps_it_converges_to_one_training(
    database_url: str, tmp_path: Path
) -> None:
    assert kill_between_steps(database_url, tmp_path, "training") >= 25


def test_killed_between_any_two_steps_a_cancelled_training_ends(
    sqlite_url: str, tmp_path: Path
) -> None:
    assert kill_between_steps(sqlite_url, tmp_path, "cancelling") >= 20


# cancelling


def test_cancelling_stops_at_once_for_the_person_and_then_at_the_trainer(house: House) -> None:
    house.start()
    house.advance()
    house.wakes.woken.clear()
    house.cancel()
    assert house.run.status is RunStatus.CANCELLING
    assert house.now.status is AvatarStatus.CANCELLED
    assert house.wakes.woken == [("training", str(house.run.id))]
    house.advance()
    assert house.trainer.cancelled == [house.run.request_id]
    assert house.run.status is RunStatus.CANCELLING, "until the trainer confirms it"
    house.advance(STOPPED)
    assert (house.run.status, house.run.finished_at) == (
        RunStatus.CANCELLED,
        house.clock() - 5,
    )


def test_a_run_that_was_never_submitted_is_cancelled_without_the_trainer(house: House) -> None:
    house.start()
    house.cancel()
    house.advance()
    assert (house.trainer.orders, house.trainer.cancelled) == ([], [])
    assert house.run.status is RunStatus.CANCELLED


def test_cancelled_while_it_is_submitted_it_is_cancelled_at_the_trainer(house: House) -> None:
    def cancel() -> None:
        house.cancel()
        assert house.training.orders.due(house.clock(), 10) == [], (
            "whoever submits it is still at it"
        )

    house.start()
    house.trainer.meanwhile = cancel
    house.advance()
    house.trainer.meanwhile = lambda: None
    assert house.training.orders.due(house.clock(), 10) == [str(house.run.id)]
    house.advance(QUEUED, STOPPED)
    assert house.run.status is RunStatus.CANCELLED
    assert house.trainer.cancelled == [house.run.request_id]


def test_whoever_sends_photos_is_at_it_however_long_that_takes(house: House) -> None:
    def slowly(alive: Callable[[], object]) -> None:
        for _ in range(4):
            house.clock.forward(CLAIM_SECONDS * 0.7)
            alive()
            assert house.training.orders.due(house.clock(), 10, transfer=True) == []

    house.trainer.sending = slowly
    house.start()
    house.advance()
    assert len(house.trainer.orders) == 1


def test_a_result_that_comes_while_cancelling_wins(house: House) -> None:
    house.start()
    house.advance()
    house.cancel()
    house.advance(COMPLETED)
    assert house.trainer.cancelled == []
    assert (house.run.status, house.now.status) == (RunStatus.COMPLETED, AvatarStatus.COMPLETED)
    assert house.told == ["finished"]


def test_a_result_that_was_on_its_way_when_the_person_cancelled_wins_as_well(house: House) -> None:
    house.start()
    house.advance()
    house.trainer.meanwhile = house.cancel
    house.advance(COMPLETED)
    assert house.now.status is AvatarStatus.COMPLETED
    assert house.told == ["finished"]


def test_a_result_that_wins_is_of_the_type_that_was_ordered(house: House) -> None:
    house.start()
    house.advance()
    house.cancel()
    changed = {"training_type": AvatarTrainingType.STYLE, "status": AvatarStatus.READY}
    Avatar.update(changed).execute()
    house.advance(COMPLETED)
    assert (house.now.training_type, house.now.fal_mode) == ("portrait", "portrait")


def test_progress_that_was_on_its_way_changes_nothing(house: House) -> None:
    house.start()
    house.advance()
    house.trainer.meanwhile = house.cancel
    house.advance(training(50))
    assert (house.run.status, house.now.training_progress) == (RunStatus.CANCELLING, 0)
    assert house.told == []


def test_a_failure_while_cancelling_is_a_cancellation(house: House) -> None:
    house.start()
    house.advance()
    house.trainer.meanwhile = house.cancel
    house.advance(FAILED)
    assert house.run.status is RunStatus.CANCELLED
    assert house.run.error_type == "face_detection_error"
    assert house.now.status is AvatarStatus.CANCELLED


def test_what_the_person_has_done_since_they_cancelled_is_left_as_it_is(house: House) -> None:
    house.start()
    house.advance()
    house.cancel()
    Avatar.update(status=AvatarStatus.UPLOADING).execute()
    house.advance(STOPPED)
    assert house.run.status is RunStatus.CANCELLED
    assert house.now.status is AvatarStatus.UPLOADING


def test_what_has_ended_cannot_be_cancelled(house: House) -> None:
    house.ended()
    house.wakes.woken.clear()
    house.cancel()
    assert (house.run.status, house.now.status) == (RunStatus.COMPLETED, AvatarStatus.COMPLETED)
    assert house.wakes.woken == []


def test_cancelling_and_submitting_at_once_leave_no_training_behind(house: House) -> None:
    run_id = str(house.start())
    at_once(house.cancel, lambda: house.step(run_id))
    house.clock.forward(CLAIM_SECONDS)
    house.advance(QUEUED, STOPPED)
    assert house.run.status is RunStatus.CANCELLED
    assert len(house.trainer.cancelled) == len(house.trainer.orders)


def test_a_person_who_does_things_meanwhile_and_the_worker_do_not_lock_each_other_out(
    house: House,
) -> None:
    """The turn holds conversation and user, then wants the run; the worker the other way round."""
    stop = threading.Event()

    def turns() -> None:
        while not stop.is_set():
            with transaction():
                lock_person(house.owner.id, house.owner.user.id)
                TrainingRun.update(error="").where(TrainingRun.user == house.owner.user).execute()
                Avatar.update(name="Anna").where(Avatar.id == house.avatar.id).execute()

    def steps() -> None:
        try:
            for n in range(60):
                house.advance(training(n))
        finally:
            stop.set()

    house.start()
    at_once(turns, steps)
    assert house.run.progress == 59


# what has gone


def test_a_deleted_avatar_is_not_resurrected_and_its_cost_stays_booked(db: Any) -> None:
    house = House(training={"price_portrait_usd": 6.0})
    run_id = house.start()
    house.advance()
    house.cancel()
    house.avatar.delete_instance()
    house.trainer.standing = COMPLETED
    house.training.orders.step(str(run_id))
    run = TrainingRun.get_by_id(run_id)
    assert (run.status, run.price_usd, run.avatar_id) == (RunStatus.COMPLETED, 6.0, None)
    assert (list(Avatar.select()), house.told) == ([], [])


def test_a_run_whose_avatar_went_before_it_was_submitted_is_not_submitted(house: House) -> None:
    run_id = house.start()
    AvatarPhoto.delete().execute()
    house.avatar.delete_instance()
    house.training.orders.step(str(run_id))
    assert house.trainer.orders == []
    assert TrainingRun.get_by_id(run_id).status is RunStatus.CANCELLED


def test_a_result_after_the_consent_was_withdrawn_is_not_kept(house: House) -> None:
    house.start()
    house.advance()
    house.cancel()
    Consent.update(withdrawn_at=house.clock()).execute()
    Avatar.update(status=AvatarStatus.DRAFT).execute()
    house.advance(COMPLETED)
    assert house.run.status is RunStatus.COMPLETED
    assert (house.now.status, queries.models_of(house.now.id)) == (AvatarStatus.DRAFT, [])
    assert house.told == []


def test_a_run_outlives_its_person_for_the_books(house: House) -> None:
    run_id = house.start()
    house.advance()
    house.owner.user.delete_instance()
    house.trainer.standing = COMPLETED
    house.training.orders.step(str(run_id))
    run = TrainingRun.get_by_id(run_id)
    assert (run.status, run.user_id) == (RunStatus.COMPLETED, None)


# how long it takes


def _finished(house: House, *seconds: float, **columns: Any) -> None:
    for n, taken in enumerate(seconds):
        TrainingRun.create(
            **{
                "training_type": "portrait",
                "status": RunStatus.COMPLETED,
                "test_mode": True,
                "created_at": n,
                "started_at": 1000.0,
                "finished_at": 1000.0 + taken,
                **columns,
            }
        )


def _usual(house: House, test_mode: bool = True) -> Usual:
    return usual(house.settings, "portrait", test_mode)


def test_the_usual_time_is_the_median_once_there_is_experience(house: House) -> None:
    _finished(house, 10, 20, 30, 400)
    assert _usual(house) == Usual(60.0, 60.0), "four are no experience"
    _finished(house, 50)
    assert _usual(house).median == 30.0
    assert _usual(house).late == pytest.approx(260.0)


def test_only_finished_trainings_of_the_same_kind_are_experience(house: House) -> None:
    _finished(house, *[10] * 5, status=RunStatus.FAILED)
    _finished(house, *[10] * 5, training_type="style")
    _finished(house, *[10] * 5, test_mode=False)
    assert _usual(house).median == 60.0


def test_without_experience_a_real_training_takes_what_the_specification_says(db: Any) -> None:
    house = House()
    assert _usual(house, test_mode=False) == Usual(9 * 60.0, 15 * 60.0)
    assert usual(house.settings, "style", False) == Usual(17.5 * 60.0, 30 * 60.0)


def test_without_a_percentage_the_usual_time_moves_the_bar_and_never_to_the_end(
    house: House,
) -> None:
    house.start()
    house.advance(QUEUED)
    shown = []
    for _ in range(40):
        house.advance(training(None))
        shown.append(house.run.progress)
    assert shown == sorted(shown)
    assert (shown[0], shown[6], max(shown)) == (0, 45, 96)


def test_what_is_left_is_the_usual_time_then_the_late_one_then_unknown() -> None:
    expected = Usual(100.0, 300.0)
    assert [expected.left(seconds) for seconds in (0, 99, 100, 299, 300)] == [100, 1, 200, 1, None]


def test_what_is_left_counts_from_the_moment_it_began(house: House) -> None:
    house.start()
    house.advance()
    assert house.training.seconds_left(house.run) == 60.0
    house.advance(training(1))
    house.clock.forward(15)
    assert house.training.seconds_left(house.run) == 40.0
    house.clock.forward(100)
    assert house.training.seconds_left(house.run) is None
