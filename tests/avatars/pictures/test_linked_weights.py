"""A painter that can reach our S3 store gets a link to the weights, and no copy of them."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import urllib3

from core.avatars.models import TrainedModel
from core.avatars.orders.order import Status
from core.services.minio_store import MinioStore
from tests import makers
from tests.avatars.pictures.conftest import Build
from tests.avatars.pictures.picture_house import WEIGHTS, PictureHouse
from tests.fakes.s3 import S3Server

HOUR = 3600


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3") / "server") as server:
        yield server


@pytest.fixture
def public(s3: S3Server) -> str:
    """The server by another name than we use: a signature holds for one host."""
    return f"http://localhost:{s3.ports['s3']}"


@pytest.fixture
def store(s3: S3Server, public: str) -> Iterator[MinioStore]:
    made = s3.store("weights", prefix=f"{uuid4().hex}/", region="us-east-1", public_endpoint=public)
    yield made
    made.close()


@pytest.fixture
def house(build: Build, store: MinioStore) -> PictureHouse:
    return build(store=store)


def sent(house: PictureHouse) -> str:
    """The address of the weights in the last order."""
    (lora,) = house.posts[-1].arguments["loras"]
    return str(lora["path"])


def test_the_painter_gets_a_link_for_the_public_host_and_nothing_is_uploaded(
    house: PictureHouse, public: str
) -> None:
    house.painted(count=1)
    assert house.status == Status.COMPLETED
    assert sent(house).startswith(f"{public}/weights/")
    assert urllib3.request("GET", sent(house)).data == WEIGHTS
    assert house.ledger.upload_headers == []
    model: TrainedModel = makers.fresh(house.model)
    assert (model.remote_url, model.remote_at) == ("", None)


def test_the_link_is_for_these_weights_and_for_reading_alone(house: PictureHouse) -> None:
    house.painted(count=1)
    link = sent(house)
    assert urllib3.request("PUT", link, body=b"other").status == 403
    assert urllib3.request("GET", link.partition("?")[0]).status == 403
    elsewhere = link.replace("localhost", "127.0.0.1")
    assert urllib3.request("GET", elsewhere).status == 403, "it is signed for the public host"


@pytest.mark.parametrize("minutes", [15.0, 1440.0])
def test_the_link_lives_to_the_orders_deadline_and_an_hour(
    build: Build, store: MinioStore, minutes: float
) -> None:
    house = build(store=store, pictures={"deadline_minutes": minutes})
    house.painted(count=1)
    (lasts,) = parse_qs(urlsplit(sent(house)).query)["X-Amz-Expires"]
    assert minutes * 60 + HOUR <= int(lasts) <= minutes * 60 + 2 * HOUR


def test_an_order_that_waited_gets_a_fresh_link(house: PictureHouse) -> None:
    house.fal.plan.add("submit", "429", times=1)
    run = house.order(count=1)
    house.step()
    house.step()
    assert makers.fresh(run).status == Status.READY, "fal takes none at the moment"
    before = makers.fresh(run).uploaded_at
    house.clock.forward(HOUR)
    house.until()
    assert house.status == Status.COMPLETED
    assert makers.fresh(run).uploaded_at == before + HOUR


def test_weights_that_are_gone_are_no_order(house: PictureHouse, store: MinioStore) -> None:
    store.delete(str(house.model.weights_key))
    house.painted(count=1)
    assert (house.status, house.run.error_type) == (Status.FAILED, "weights_missing")
    assert house.posts == []


def test_a_deleted_model_can_not_be_got_by_its_link_any_more(
    house: PictureHouse, store: MinioStore
) -> None:
    house.painted(count=1)
    store.delete(str(house.model.weights_key))
    assert urllib3.request("GET", sent(house)).status == 404


def test_without_a_public_endpoint_weights_are_sent(build: Build, s3: S3Server) -> None:
    plain = s3.store("weights", prefix=f"{uuid4().hex}/")
    house = build(store=plain)
    house.painted(count=1)
    assert list(house.ledger.uploads.values()) == [WEIGHTS]
    plain.close()
