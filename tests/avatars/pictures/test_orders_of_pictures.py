"""Pictures are ordered once, with the right model, and kept; nobody else learns what was typed."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from structlog.testing import capture_logs

from core.avatars.models.pictures import PictureRun, Shape
from core.avatars.orders.events import FalEvent
from core.avatars.orders.order import Status
from core.avatars.orders.submissions import Submission
from core.avatars.pictures.pictures import Wanted
from core.base.db import run
from core.services.made_by_ai import marked
from tests import makers
from tests.avatars.pictures.conftest import Build
from tests.avatars.pictures.picture_house import PHRASE, WEIGHTS, PictureHouse, cost

SENTINEL = "ocelotparade"
"""A word that nobody else says."""


def test_a_wish_becomes_pictures_that_are_paid_once_and_kept(house: PictureHouse) -> None:
    house.painted(count=4, shape=Shape.LANDSCAPE)
    assert house.summary == ("completed", 4, cost(4), 4)
    assert len(house.posts) == 1
    assert house.told[-1] == "pictures_finished"
    assert [picture.number for picture in house.theirs] == [1, 2, 3, 4]
    for picture in house.theirs:
        data = house.store.get(picture.key)
        shown = Image.open(BytesIO(data))
        assert (picture.size, picture.width, picture.height) == (len(data), *shown.size)
        assert shown.size == (1152, 864)
        assert marked(data), "a machine can read by what it was made"


def test_the_next_order_counts_its_pictures_on(house: PictureHouse) -> None:
    house.painted()
    house.painted(pack="cinema")
    assert [picture.number for picture in house.theirs] == [3, 4]


@pytest.mark.parametrize("wanted", [{"wish": "in a red coat"}, {"pack": "cinema"}])
def test_the_phrase_stands_once_at_the_subject(house: PictureHouse, wanted: Any) -> None:
    house.painted(count=1, **wanted)
    (post,) = house.posts
    prompt = str(post.arguments["prompt"])
    assert prompt.count(PHRASE) == 1
    assert f"{PHRASE} woman" in prompt
    assert post.arguments["enable_safety_checker"] is True
    assert post.arguments["seed"] == house.run.seed


def test_more_of_a_family_has_its_seed_and_another_prompt(house: PictureHouse) -> None:
    first = house.painted(count=1)
    house.painted(count=1, seed=first.seed, variation=1)
    before, after = (post.arguments for post in house.posts)
    assert before["seed"] == after["seed"]
    assert before["prompt"] != after["prompt"]


@pytest.mark.parametrize(
    ("base_model", "endpoint"),
    [
        ("flux-1", "fal-ai/flux-lora"),
        ("flux-2", "fal-ai/flux-2/lora"),
        ("flux-pro", "fal-ai/flux-pro/v1.1-ultra-finetuned"),
    ],
)
def test_the_base_model_decides_who_paints_with_it(
    build: Build, base_model: str, endpoint: str
) -> None:
    house = build(base_model=base_model)
    assert house.painted(count=1).status == Status.COMPLETED
    (post,) = house.posts
    assert post.endpoint == endpoint
    weights = post.arguments.get("loras")
    if base_model == "flux-pro":
        assert (weights, post.arguments["finetune_id"]) == (None, "ft-anna")
        assert house.ledger.uploads == {}, "it has its model already"
        assert post.arguments["safety_tolerance"] == "2"
    else:
        assert weights
        assert list(house.ledger.uploads.values()) == [WEIGHTS]


def test_weights_are_sent_once_for_a_model_and_again_when_their_link_runs_out(
    house: PictureHouse,
) -> None:
    house.painted(count=1)
    house.painted(count=1)
    assert len(house.ledger.upload_headers) == 1
    paths = {str(post.arguments["loras"]) for post in house.posts}
    assert len(paths) == 1
    half_a_day = house.painter.upload_seconds
    house.clock.forward(half_a_day - 3600)  # an order and an hour would outlive it
    house.painted(count=1)
    assert len(house.ledger.upload_headers) == 2
    assert house.status == Status.COMPLETED


def test_a_webhook_brings_pictures_before_the_next_poll(house: PictureHouse) -> None:
    house.order()
    house.until(Status.QUEUED)
    house.step()
    house.clock.forward(2.0)
    asked = float(house.run.next_check_at)
    assert house.hear() == "woken"
    assert house.run.next_check_at < asked
    house.step()
    assert (house.status, house.run.finished_by) == (Status.COMPLETED, "webhook")
    assert house.hear() == "late", "it may come twice"
    assert len(house.theirs) == 2


def test_without_webhooks_they_are_polled_for(house: PictureHouse) -> None:
    house.painted()
    assert (house.status, house.run.finished_by) == (Status.COMPLETED, "poll")


def test_polls_are_frequent_in_the_first_minute_alone(house: PictureHouse) -> None:
    kind: Any = house.pictures.orders.kind
    run = house.order()
    assert kind.poll_seconds(run) <= house.settings.pictures.poll_seconds
    house.clock.forward(61)
    later = house.settings.pictures.poll_later_seconds
    assert 0.7 * later <= kind.poll_seconds(run) <= later


def test_a_second_worker_at_the_same_time_pays_nothing(house: PictureHouse) -> None:
    other = house.work()
    house.order()
    for _ in range(20):
        for orders in (house.pictures.orders, other.orders):
            orders.step(str(house.run.id))
            orders.step(str(house.run.id), transfer=True)
        house.wait()
    assert house.summary == ("completed", 2, cost(2), 2)
    assert len(house.posts) == 1


def test_pictures_stay_when_everything_is_started_anew(house: PictureHouse) -> None:
    house.painted()
    house.pictures = house.work()
    assert [house.store.exists(picture.key) for picture in house.theirs] == [True, True]


def test_a_process_without_the_key_orders_in_the_mode_of_the_workers(house: PictureHouse) -> None:
    keyless = makers.pictures(house.settings, house.clock)
    model = makers.fresh(house.model)
    assert not keyless.paints(model), "it knows of nobody who could"
    beat = "INSERT INTO heartbeats (part, process, at, started_at, version, trouble, mode)"
    values = ("worker", "w:1", house.clock(), house.clock(), "1", "", "production")
    run(f"{beat} VALUES (?, ?, ?, ?, ?, ?, ?)", *values)
    assert keyless.paints(model)
    with house.turn():
        keyless.start(Wanted(1, Shape.SQUARE, pack="cinema"), model, house.owner.id)
    assert (house.run.test_mode, house.run.price_usd) == (False, cost(1)), "not what none costs"
    house.until()
    assert house.summary == ("completed", 1, cost(1), 1)


@pytest.mark.parametrize("end", ["success", "blocked"])
def test_a_wish_stands_in_its_order_and_nowhere_else(house: PictureHouse, end: str) -> None:
    house.fal.plan.add("picture", end)
    with capture_logs() as logs:
        house.order(count=1, wish=f"with an {SENTINEL}")
        house.until(Status.QUEUED)
        addresses = (house.run.status_url, house.run.response_url, house.run.cancel_url)
        house.until()
    assert SENTINEL in str(house.posts[0].arguments["prompt"]), "the painter is told"
    rows = [row.__data__ for table in (Submission, FalEvent) for row in table.select()]
    order = {**house.run.__data__, "wish": ""}
    signals = makers.told(house.owner)
    known = json.dumps([rows, order, addresses, signals, logs], default=str)
    assert SENTINEL not in known
    assert PictureRun.get_by_id(house.run.id).wish == f"with an {SENTINEL}"
