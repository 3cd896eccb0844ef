"""A training that is only pretended, and forgets nothing."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.avatars.ports import Trainer, TrainingOrder
from core.services.simulated import SimulatedTrainer
from core.settings import Training

START = 1_700_000_000.123


def order(**changes: Any) -> TrainingOrder:
    run: dict[str, Any] = {
        "run_id": str(uuid4()),
        "training_type": "portrait",
        "avatar_type": "character",
        "trigger_word": "lk1",
        "photo_keys": ("a/b/c",),
        "ordered_at": START,
    }
    return TrainingOrder(**{**run, **changes})


def trainer(now: Callable[[], float] | float = START, **changes: Any) -> SimulatedTrainer:
    clock = now if callable(now) else lambda: now
    return SimulatedTrainer(Training().model_copy(update=changes), clock)


def test_it_is_a_trainer_in_test_mode_whose_orders_may_be_repeated() -> None:
    port: Trainer = trainer()
    assert port.test_mode
    assert port.repeatable


def test_the_same_order_is_the_same_training_whoever_submits_it_and_when() -> None:
    same = order()
    assert trainer(START).submit(same) == trainer(START + 500).submit(same)


def test_two_orders_are_two_trainings() -> None:
    assert trainer().submit(order()) != trainer().submit(order())


def test_a_request_id_says_which_run_when_how_long_and_how_it_ends() -> None:
    run = uuid4()
    request_id = trainer(simulated_queue_seconds=3, simulated_seconds=60).submit(
        order(run_id=str(run))
    )
    assert request_id == f"sim-{run.hex}-1700000000123-3000-60000-success"


def test_it_queues_trains_and_is_completed_by_the_clock_alone() -> None:
    request_id = trainer(simulated_queue_seconds=3, simulated_seconds=10).submit(order())
    seen = [trainer(START + second).check(request_id) for second in (0, 1, 2, 3, 8, 12.9, 13, 1e6)]
    assert [(s.status, s.progress, s.position) for s in seen] == [
        ("queued", 0, 3),
        ("queued", 0, 2),
        ("queued", 0, 1),
        ("training", 0, None),
        ("training", 50, None),
        ("training", 99, None),
        ("completed", 100, None),
        ("completed", 100, None),
    ]


def test_a_completed_training_names_what_was_made() -> None:
    run = uuid4()
    request_id = trainer().submit(order(run_id=str(run)))
    assert trainer(START + 1e6).check(request_id).result == {"finetune_id": f"sim-{run.hex}"}


def test_how_long_it_takes_was_settled_when_it_was_ordered() -> None:
    request_id = trainer(simulated_queue_seconds=0, simulated_seconds=100).submit(order())
    later = trainer(START + 50, simulated_seconds=1)
    assert later.check(request_id).progress == 50


def test_a_failure_says_what_and_whose_it_is() -> None:
    request_id = trainer(simulated_outcome="failure").submit(order())
    ended = trainer(START + 1e6).check(request_id)
    assert (ended.status, ended.error, ended.error_class) == (
        "failed",
        "simulated_failure",
        "retry",
    )


def test_one_without_duration_is_completed_at_once() -> None:
    request_id = trainer(simulated_queue_seconds=0, simulated_seconds=0).submit(order())
    assert trainer().check(request_id).status == "completed"


def test_a_clock_that_is_behind_finds_it_in_the_queue() -> None:
    request_id = trainer(simulated_queue_seconds=0, simulated_seconds=5).submit(order())
    assert trainer(START - 5).check(request_id).status == "queued"


@given(
    queue=st.floats(0, 100),
    seconds=st.floats(0, 1000),
    moments=st.lists(st.floats(-10, 1200), min_size=2),
)
def test_it_never_goes_back(queue: float, seconds: float, moments: list[float]) -> None:
    request_id = trainer(simulated_queue_seconds=queue, simulated_seconds=seconds).submit(order())
    seen = [trainer(START + moment).check(request_id) for moment in sorted(moments)]
    stages = [("queued", "training", "completed").index(standing.status) for standing in seen]
    places = [standing.position for standing in seen if standing.position is not None]
    assert stages == sorted(stages)
    assert places == sorted(places, reverse=True)
    assert all(1 <= place <= 3 for place in places)
    progress = [standing.progress for standing in seen]
    assert progress == sorted(progress)
    assert all((s.progress == 100) == (s.status == "completed") for s in seen)


@pytest.mark.parametrize(
    "wrong", ["", "sim", "fal-1-2-3-4-success", "sim-a-1-2-3-maybe", "sim-a-b-c-d-success"]
)
def test_an_id_that_it_never_gave_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # whichever part of it is wrong
        trainer().check(wrong)
    with pytest.raises(ValueError):  # noqa: PT011
        trainer().cancel(wrong)
