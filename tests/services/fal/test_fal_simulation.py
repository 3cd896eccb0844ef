"""The test mode: the real trainer against a real server, which forgets nothing and pays nothing."""

import gc
import logging
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.avatars.ports import NotSubmitted, Observation, TrainingOrder, Uncertain
from core.base.settings import Settings
from core.base.settings.product.training import Training
from core.services.fal import FalTrainer
from core.services.fal.simulation import FalServer, SimulatedTrainer, simulated_trainer
from core.services.fal.simulation.orders import CODES, REQUEST_CODES, Order

DATA = "https://files.invalid/photos.zip"
Make = Callable[..., TrainingOrder]
Servers = Callable[[], set[Thread]]
FAULTS = (
    "", "", "", "hang", "hang_untaken", "reset", "reset_untaken", "429", "500", "500_untaken",
    "503_html", "503_html_untaken", "malformed", "no_id", "foreign_urls",
    *(f"422:{kind}" for kind in CODES),
)  # fmt: skip


@pytest.fixture
def simulated() -> Iterator[SimulatedTrainer]:
    chosen = Training(simulated_seconds=0, simulated_queue_seconds=0)
    made = simulated_trainer(Settings(training=chosen))
    yield made
    made.close()


def test_it_is_in_test_mode_and_goes_all_the_way(simulated: SimulatedTrainer, order: Make) -> None:
    assert simulated.test_mode
    placed = order()
    url = simulated.upload(placed.run_id, [("1.jpg", lambda: b"\xff\xd8")])
    handle = simulated.submit(placed, url, "")
    standing = simulated.check(handle)
    assert standing.status == "completed"
    with simulated.download(handle, str(standing.result["weights_url"])) as download:
        assert sum(map(len, download.chunks)) == download.size


def test_no_thread_runs_before_it_is_needed(
    servers: Servers, simulated: SimulatedTrainer, order: Make
) -> None:
    before = servers()
    simulated.submit(order(), DATA, "")
    assert (len(before), len(servers())) == (0, 1)
    simulated.close()
    assert not servers()


def test_a_trainer_that_nobody_holds_leaves_nothing_running(servers: Servers, order: Make) -> None:
    unused, used = simulated_trainer(Settings()), simulated_trainer(Settings())
    used.submit(order(), DATA, "")
    (thread,) = servers()
    del unused, used
    gc.collect()
    thread.join(5)
    assert not thread.is_alive()


def test_another_process_finds_the_training_by_its_id(
    simulated: SimulatedTrainer, order: Make
) -> None:
    handle = simulated.submit(order("flux-pro-trainer"), DATA, "")
    other = simulated_trainer(Settings())
    assert other.check(handle).result == simulated.check(handle).result
    other.close()


def test_the_same_run_ordered_again_can_be_recognised(
    simulated: SimulatedTrainer, order: Make
) -> None:
    placed = order()
    first, second = (simulated.submit(placed, DATA, "") for _ in range(2))
    read = [Order.read(handle.request_id) for handle in (first, second)]
    assert [found.run for found in read if found] == [placed.run_id.replace("-", "")] * 2


def test_the_settings_say_how_it_ends(order: Make) -> None:
    chosen = Training(simulated_seconds=0, simulated_queue_seconds=0, simulated_outcome="failure")
    trainer = simulated_trainer(Settings(training=chosen))
    standing = trainer.check(trainer.submit(order(), DATA, ""))
    trainer.close()
    assert standing.failure is not None
    assert (standing.status, standing.failure.error_class) == ("failed", "retry")


def test_it_says_nothing_in_the_log(order: Make, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "uvicorn"):
        trainer = simulated_trainer(Settings())
        trainer.submit(order(), DATA, "")
        trainer.close()
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


@given(
    run=st.uuids(),
    numbers=st.tuples(*[st.integers(0, 10**13)] * 3, st.integers(1, 20_000)),
    outcome=st.sampled_from(["success", *CODES, *REQUEST_CODES]),
)
def test_a_request_id_holds_all_of_a_training(
    run: uuid.UUID, numbers: tuple[int, int, int, int], outcome: str
) -> None:
    order = Order(run.hex, *numbers, outcome)
    assert Order.read(order.request_id) == order
    assert len(order.request_id) <= 128


@pytest.mark.parametrize("wrong", ["", "sim", "sim-a-1-2-3-4-success", "fal-" + "0" * 32, "é"])
def test_an_id_that_it_never_gave_is_none_of_its_own(wrong: str) -> None:
    assert Order.read(wrong) is None


@given(
    queue=st.floats(0, 100),
    seconds=st.floats(0, 1000),
    moments=st.lists(st.floats(-10, 1200), min_size=2),
)
def test_it_never_goes_back(queue: float, seconds: float, moments: list[float]) -> None:
    order = Order("0" * 32, 10**12, round(queue * 1000), round(seconds * 1000), 100, "success")
    stages = [order.stage(10**9 + moment) for moment in sorted(moments)]
    places = [order.position(10**9 + moment) for moment in sorted(moments)]
    known = ("IN_QUEUE", "IN_PROGRESS", "COMPLETED")
    assert [known.index(stage) for stage in stages] == sorted(map(known.index, stages))
    assert places == sorted(places, reverse=True)
    assert all(0 <= place <= 2 for place in places)


def test_it_asks_for_a_key_an_endpoint_and_photos(
    fal: FalServer, connect: Callable[..., FalTrainer], order: Make
) -> None:
    for trainer, data, error_type in (
        (connect(fal.settings(Settings(), key="")), DATA, "http_401"),
        (connect(fal.settings(Settings())), "", "missing"),
    ):
        with pytest.raises(NotSubmitted) as caught:
            trainer.submit(order(), data, "")
        assert caught.value.failure.error_type == error_type


def test_an_outage_ends_when_the_server_is_back(
    connect: Callable[..., FalTrainer], order: Make
) -> None:
    with FalServer() as first:
        port = int(first.base.rpartition(":")[2])
        trainer = connect(first.settings(Settings()))
        handle = trainer.submit(order(), DATA, "")
    with pytest.raises(NotSubmitted):
        trainer.submit(order(), DATA, "")
    with FalServer(port=port):
        assert trainer.check(handle).status == "completed"
        trainer.submit(order(), DATA, "")


def test_under_random_faults_every_order_is_sent_once_and_none_is_believed_wrongly(
    fal: FalServer, trainer: FalTrainer, order: Make, observed: list[Observation]
) -> None:
    """Whoever says that nothing was ordered is right, and so is whoever has a request id."""
    chance = Random(20_260_101)
    fal.plan.choose = lambda phase, run: chance.choice(FAULTS) if phase == "submit" else ""
    orders = [order() for _ in range(400)]

    def place(placed: TrainingOrder) -> str:
        try:
            return trainer.submit(placed, DATA, "").request_id
        except NotSubmitted:
            return "not submitted"
        except Uncertain:
            return "uncertain"

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(place, orders))
    assert fal.ledger.doubled == []
    assert len(fal.ledger.posts) == len(observed) == len(orders)
    for placed, outcome in zip(orders, outcomes, strict=True):
        taken = fal.ledger.taken[placed.run_id.replace("-", "")]
        if outcome == "not submitted":
            assert taken == []
        elif outcome != "uncertain":
            assert taken == [outcome]
    assert 0 < outcomes.count("uncertain") < len(orders)
