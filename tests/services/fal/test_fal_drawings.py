"""The pictures of the test mode: drawn, recognisable, and the same again."""

from __future__ import annotations

import gc
import uuid
from collections.abc import Callable, Iterator
from io import BytesIO
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.avatars.ports import (
    Handle,
    NotSubmitted,
    Unreachable,
)
from core.base.settings import Settings
from core.base.settings.product.pictures import Pictures
from core.base.settings.product.training import Training
from core.services.fal import FalPainter
from core.services.fal.simulation import FalServer, SimulatedPainter, simulated_trainer
from core.services.fal.simulation.orders import Order
from core.services.fal.simulation.pictures import Drawing
from tests.services.fal.picture_orders import (
    PHRASE,
    PROFILES,
    SENTINEL,
    WEIGHTS,
    fetched,
    ordered,
)


def picture(painter: FalPainter, number: int = 0, **changes: Any) -> bytes:
    return fetched(painter, ordered(painter, **changes), number)


def corner(data: bytes) -> tuple[int, ...]:
    """The colour of the wall behind the person."""
    found = Image.open(BytesIO(data)).convert("RGB").getpixel((5, 5))
    assert isinstance(found, tuple)
    return tuple(round(value / 8) for value in found)


@pytest.fixture
def simulated() -> Iterator[SimulatedPainter]:
    """The painter of the test mode, at its trainer's server."""
    trainer = simulated_trainer(
        Settings(
            training=Training(simulated_seconds=0, simulated_queue_seconds=0),
            pictures=Pictures(simulated_seconds=0),
        )
    )
    painter = SimulatedPainter(Settings(), trainer)
    yield painter
    painter.close()
    trainer.close()


def test_it_is_in_test_mode_and_goes_all_the_way(simulated: SimulatedPainter) -> None:
    assert simulated.test_mode
    url = simulated.upload_weights("run", lambda: iter([b"weights"]))
    handle = ordered(simulated, url)
    for number in range(4):
        drawn = Image.open(BytesIO(fetched(simulated, handle, number)))
        assert (drawn.format, drawn.size) == ("JPEG", (864, 1152))


def test_one_server_serves_the_trainer_and_the_painter(
    servers: Callable[[], set[Thread]],
) -> None:
    trainer = simulated_trainer(Settings(training=Training(simulated_seconds=0)))
    painter = SimulatedPainter(Settings(), trainer)
    handle = ordered(painter)
    assert handle.status_url.startswith(trainer.server.base)
    assert trainer.check(handle).position
    del trainer
    gc.collect()
    assert painter.check(handle).position, "the painter still holds it"
    (thread,) = servers()
    del painter
    gc.collect()
    thread.join(5)
    assert not thread.is_alive()


def test_pictures_take_the_seconds_of_their_own_section() -> None:
    found = []
    for seconds in (3.0, 0.5):
        trainer = simulated_trainer(Settings(pictures=Pictures(simulated_seconds=seconds)))
        painter = SimulatedPainter(Settings(), trainer)
        read = Order.read(ordered(painter).request_id)
        found.append(read.duration if read else None)
        painter.close()
        trainer.close()
    assert found == [3000, 500]


def test_words_seeds_and_models_are_seen(painter: FalPainter) -> None:
    first = picture(painter)
    assert picture(painter) == first, "the same again"
    assert picture(painter, prompt=f"{PHRASE}, in the snow") != first
    assert picture(painter, prompt=f"{PHRASE}, в снегу") != picture(painter, prompt=PHRASE)
    assert picture(painter, seed=8) != first
    other = picture(painter, weights_url="https://files.invalid/other.safetensors")
    assert corner(other) != corner(first)
    assert corner(picture(painter, seed=99, prompt="a man")) == corner(first)


def test_an_address_that_is_signed_anew_is_the_same_model(painter: FalPainter) -> None:
    assert picture(painter, weights_url=f"{WEIGHTS}?sig=1") == picture(painter)


def test_a_finetune_has_a_colour_as_well(painter: FalPainter) -> None:
    pro: dict[str, Any] = {"profile": "flux-pro-finetuned", "weights_url": ""}
    anna, boris = (picture(painter, **pro, finetune_id=name) for name in ("ft-a", "ft-b"))
    assert corner(anna) != corner(boris)
    width, height = Image.open(BytesIO(anna)).size
    assert width * height <= 1_000_000
    assert round(width / height, 2) == 0.75


def test_each_picture_of_an_order_is_another_one_and_their_seeds_go_on(painter: FalPainter) -> None:
    handle = ordered(painter, seed=40)
    four = [fetched(painter, handle, number) for number in range(4)]
    assert len(set(four)) == 4
    assert picture(painter, seed=42, count=1) == four[2], "more like this one"


def test_without_a_seed_each_order_has_one_of_its_own(painter: FalPainter) -> None:
    seeds = [painter.check(ordered(painter, seed=None)).result["seed"] for _ in range(3)]
    assert len(set(seeds)) == 3


def test_another_process_draws_the_same_without_the_words(
    fal: FalServer, painter: FalPainter
) -> None:
    handle = ordered(painter)
    with FalServer() as restarted:
        other = FalPainter(restarted.settings(Settings()), lambda _: None)
        bare = Handle(handle.run_id, handle.profile, handle.request_id)
        known, unknown = painter.check(handle).result, other.check(bare).result
        assert known["seed"] == unknown["seed"]
        drawn = fetched(other, bare)
        other.close()
    assert drawn != fetched(painter, handle)
    assert corner(drawn) == corner(fetched(painter, handle))
    upper = (0, 0, 864, 900)
    images = [Image.open(BytesIO(data)).crop(upper) for data in (drawn, fetched(painter, handle))]
    assert images[0].tobytes() == images[1].tobytes(), "all above the words is the same"


def test_what_is_deleted_is_neither_drawn_nor_remembered(
    fal: FalServer, painter: FalPainter
) -> None:
    handle = ordered(painter, prompt=f"{SENTINEL} of lk7qz woman")
    listed = painter.platform.request("fal-ai/flux-lora", handle.request_id, 0)
    assert listed is not None
    assert listed.says(SENTINEL)
    painter.platform.delete(handle.request_id)
    with pytest.raises(Unreachable):
        fetched(painter, handle)
    listed = painter.platform.request("fal-ai/flux-lora", handle.request_id, 0)
    assert listed is not None
    assert listed.arguments is None


def test_a_prompt_is_in_no_id_and_no_address(painter: FalPainter) -> None:
    handle = ordered(painter, prompt=f"{SENTINEL} of lk7qz woman")
    assert SENTINEL not in repr((handle, painter.check(handle)))
    assert len(handle.request_id) <= 128


@given(
    run=st.uuids(),
    moments=st.tuples(st.integers(0, 10**13), st.integers(0, 99_999), st.integers(0, 99_999)),
    numbers=st.tuples(
        st.integers(1, 4), st.integers(1, 9999), st.integers(1, 9999), st.integers(0, 2**32),
        st.integers(0, 2**16 - 1),
    ),
    outcome=st.sampled_from(["success", "content_policy_violation", "one_broken", "expired_410"]),
)  # fmt: skip
def test_a_request_id_holds_all_of_an_order_of_pictures(
    run: uuid.UUID, moments: tuple[int, int, int], numbers: tuple[int, ...], outcome: str
) -> None:
    placed = Order(run.hex, *moments, 0, outcome, Drawing(*numbers))
    assert Order.read(placed.request_id) == placed
    assert len(placed.request_id) <= 128


@pytest.mark.parametrize(
    ("changes", "error_type"),
    [
        ({"prompt": ""}, "missing"),
        ({"weights_url": ""}, "missing"),
        ({"profile": "flux-pro-finetuned", "finetune_id": ""}, "missing"),
        ({"count": 0}, "greater_than_equal"),
        ({"count": 5}, "less_than_equal"),
    ],
)
def test_a_wrong_order_is_refused(
    fal: FalServer, painter: FalPainter, changes: dict[str, Any], error_type: str
) -> None:
    with pytest.raises(NotSubmitted) as caught:
        ordered(painter, **changes)
    assert caught.value.failure.error_type == error_type
    assert not fal.ledger.taken


def test_the_platform_knows_the_painters(fal: FalServer, painter: FalPainter) -> None:
    endpoints = [painter.endpoint(name) for name in PROFILES]
    fal.prices.update(dict.fromkeys(endpoints, 0.02))
    assert set(painter.platform.prices(endpoints)) == set(endpoints)
    for name, endpoint in zip(PROFILES, endpoints, strict=True):
        handle = ordered(painter, profile=name)
        assert painter.platform.request(endpoint, handle.request_id, 0) is not None
