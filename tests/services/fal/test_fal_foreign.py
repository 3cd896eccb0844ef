"""Our client at a stranger's fal: what a whole conversation does not reach."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from core.avatars.ports import TrainingOrder
from core.base.settings import Settings
from core.base.settings.product.fal import Fal
from core.services.fal import FalPainter, FalTrainer, Verifier
from tests.fakes.foreign_fal import ForeignFal, Liberties, foreign_fal
from tests.services.fal import picture_orders

TEN_MEGABYTES = 10 * 2**20
Order = Callable[..., TrainingOrder]
Connect = Callable[..., FalTrainer]


@contextmanager
def at(connect: Connect, **liberties: Any) -> Iterator[tuple[ForeignFal, FalTrainer]]:
    with foreign_fal(Liberties(**liberties), seconds=0.0) as fal:
        place = Fal(key=SecretStr(fal.key), queue_url=fal.queue)
        yield fal, connect(Settings(fal=place))


@pytest.mark.parametrize("tokens", [True, False], ids=["in parts", "by its storage"])
@pytest.mark.parametrize("http", ["HTTP/1.1", "HTTP/1.0"])
def test_more_than_100_megabytes_arrive_whole(connect: Connect, tokens: bool, http: str) -> None:
    photo = b"\xff\xd8" + bytes(TEN_MEGABYTES - 2)
    with at(connect, tokens=tokens, http=http) as (fal, trainer):
        url = trainer.upload(str(uuid.uuid4()), [("a.jpg", lambda: photo)] * 11)
        (data,) = fal.files.values()
        assert url.endswith(".zip")
        assert len(data) > 11 * TEN_MEGABYTES
        assert data.count(b"\xff\xd8" + bytes(100)) == 11


@pytest.mark.parametrize("request_id", ["job:17", "a/b", "_7", "x" * 128, "plain"])
def test_any_id_that_an_address_can_hold_is_one(
    connect: Connect, order: Order, request_id: str
) -> None:
    with at(connect, addresses="elsewhere") as (fal, trainer):
        fal.new_id = lambda: request_id
        handle = trainer.submit(order(), "http://a.invalid/zip", "")
        assert handle.request_id == request_id
        assert trainer.check(handle).status == "completed"


@pytest.mark.parametrize("seconds", [0.0, 60.0])
def test_a_cancellation_is_understood(connect: Connect, order: Order, seconds: float) -> None:
    with at(connect, position=None) as (fal, trainer):
        fal.seconds = seconds
        handle = trainer.submit(order(), "http://a.invalid/zip", "")
        assert trainer.cancel(handle) == ("requested" if seconds else "completed")
        assert fal.orders[0].cancelled is bool(seconds)


@pytest.mark.parametrize("key", [0, 1])
def test_either_of_two_keys_may_have_signed(connect: Connect, key: int) -> None:
    with at(connect, key=key) as (fal, trainer):
        body = b'{"request_id": "r", "status": "ERROR", "payload": null, "error": "no"}'
        told = Verifier(trainer.jwks_url, trainer._wire.files).verify(fal.signed("r", body), body)
        assert (told.request_id, told.user_id, told.status) == ("r", "user-1", "ERROR")


@pytest.mark.parametrize("extra", [False, True], ids=["bare", "with nulls"])
@pytest.mark.parametrize("profile", picture_orders.PROFILES)
def test_a_stranger_paints_what_our_weights_and_ids_name(profile: str, extra: bool) -> None:
    with foreign_fal(Liberties(extra=extra), seconds=0.0) as fal:
        place = Fal(key=SecretStr(fal.key), queue_url=fal.queue)
        painter = FalPainter(Settings(fal=place), lambda _: None)
        url = painter.upload_weights("run", lambda: iter([b"weights"]))
        assert list(fal.files.values()) == [b"weights"]
        handle = picture_orders.ordered(painter, url, profile=profile, seed=None, count=3)
        standing = painter.check(handle)
        assert standing.result["seed"] == 11
        images: Any = standing.result["images"]
        assert [image["flagged"] for image in images] == [False] * 3
        assert picture_orders.fetched(painter, handle, 2).startswith(b"\xff\xd8")
        painter.close()
