"""fal's platform API: lists, prices, deletions; asked at our own server and at a stranger's."""

from __future__ import annotations

import http.server
import json
import math
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from core.avatars.platform_port import KEY_REFUSED, UnitPrice
from core.avatars.ports import Observation, TrainingOrder, Unreachable
from core.base.db import storable
from core.base.settings import Settings
from core.base.settings.product.fal import Fal
from core.base.settings.product.training import Training
from core.services.fal import FalTrainer
from core.services.fal.profiles.trainers import priced_by_fal
from core.services.fal.simulation import FalServer, simulated_trainer
from tests.fakes.foreign_fal import ForeignFal, Liberties, foreign_fal

Order = Callable[..., TrainingOrder]
Connect = Callable[..., FalTrainer]
PORTRAIT, STYLE = "fal-ai/flux-lora-portrait-trainer", "fal-ai/flux-2-trainer"
DATA = "http://a.invalid/zip"


@pytest.fixture
def stranger() -> Iterator[ForeignFal]:
    with foreign_fal(Liberties(), seconds=0.0) as fal:
        yield fal


@pytest.fixture
def at_a_stranger(stranger: ForeignFal, connect: Connect, observed: Any) -> FalTrainer:
    place = Fal(key=SecretStr(stranger.key), queue_url=stranger.queue, answer_seconds=5)
    return connect(Settings(fal=place), observed.append)


@contextmanager
def answering(code: int, body: bytes) -> Iterator[str]:
    """A server that answers whatever it is asked with the same."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_DELETE(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def refusal(ask: Callable[[], object]) -> Any:
    with pytest.raises(Unreachable) as refused:
        ask()
    return refused.value.failure


@pytest.mark.parametrize("where", ["trainer", "at_a_stranger"])
def test_orders_are_listed_with_what_was_ordered(
    where: str, order: Order, request: pytest.FixtureRequest
) -> None:
    trainer: FalTrainer = request.getfixturevalue(where)
    since = time.time() - 60
    ids = [trainer.submit(order(), DATA, "").request_id for _ in range(5)]
    trainer.submit(order("flux-2-trainer"), DATA, "")
    listed = trainer.platform.requests(PORTRAIT, since, time.time() + 60)
    assert [one.request_id for one in listed] == ids
    assert all(one.says("lk7qz") and not one.says("lk7q") for one in listed)
    assert all(one.sent_at is not None and one.sent_at >= since - 1 for one in listed)
    found = trainer.platform.request(PORTRAIT, ids[3], since)
    assert found is not None
    assert (found.request_id, found.says("lk7qz")) == (ids[3], True)
    assert trainer.platform.request(STYLE, ids[3], since) is None
    assert trainer.platform.request(PORTRAIT, "nonsense", since) is None
    assert trainer.platform.requests(PORTRAIT, since - 9000, since - 8000) == []


def test_prices_are_those_in_force_and_none_where_nobody_says(
    fal: FalServer, trainer: FalTrainer
) -> None:
    fal.prices[PORTRAIT] = 0.0024
    assert trainer.platform.prices([PORTRAIT, STYLE]) == {PORTRAIT: UnitPrice(0.0024, "units")}


@pytest.mark.parametrize(
    "price",
    [
        {"unit_price": 5, "currency": "EUR"},
        {"unit_price": "5", "currency": "USD"},
        {"unit_price": -1, "currency": "USD"},
        {"unit_price": True, "currency": "USD"},
        {"unit_price": 0, "currency": "USD"},
        {"unit_price": 0.0, "currency": "USD"},
        {"unit_price": math.nan, "currency": "USD"},
        {"unit_price": math.inf, "currency": "USD"},
        {"unit_price": 1e300, "currency": "USD"},
        {"unit_price": 10**400, "currency": "USD"},
        {"unit_price": [5], "currency": "USD"},
        {"currency": "USD"},
    ],
)
def test_a_price_that_is_no_sum_of_dollars_is_none(connect: Connect, price: Any) -> None:
    body = json.dumps({"prices": [{"endpoint_id": PORTRAIT, "unit": "steps", **price}]})
    with answering(200, body.encode()) as base:
        trainer = connect(Settings(fal=Fal(key=SecretStr("k"), queue_url=base)))
        assert trainer.platform.prices([PORTRAIT]) == {}


@pytest.mark.parametrize("usd", [1e-13, 1e-9, 0.00001])
@pytest.mark.parametrize("unit", ["steps", "999999 steps", "request"])
def test_a_price_is_never_nothing_however_little_a_unit_costs(usd: float, unit: str) -> None:
    assert priced_by_fal(Fal(), "flux-2-trainer", usd, unit) == 0.01


def test_a_unit_that_can_not_be_stored_hinders_no_other_price(connect: Connect) -> None:
    prices = [
        {"endpoint_id": PORTRAIT, "unit": "\ud800\0", "unit_price": 1, "currency": "USD"},
        {"endpoint_id": STYLE, "unit": "steps", "unit_price": 1, "currency": "USD"},
    ]
    with answering(200, json.dumps({"prices": prices}).encode()) as base:
        trainer = connect(Settings(fal=Fal(key=SecretStr("k"), queue_url=base)))
        found = trainer.platform.prices([PORTRAIT, STYLE])
    assert found[STYLE] == UnitPrice(1.0, "steps")
    assert found[PORTRAIT].unit == storable(found[PORTRAIT].unit)


@pytest.mark.parametrize("where", ["trainer", "at_a_stranger"])
def test_what_is_deleted_is_gone_and_a_repetition_is_fine(
    where: str, order: Order, request: pytest.FixtureRequest
) -> None:
    trainer: FalTrainer = request.getfixturevalue(where)
    handle = trainer.submit(order(), DATA, "")
    url = str(trainer.check(handle).result["weights_url"])
    with trainer.download(handle, url) as coming:
        assert sum(map(len, coming.chunks)) > 1000
    for _ in range(2):
        trainer.platform.delete(handle.request_id)
    assert refusal(lambda: trainer.download(handle, url).__enter__()).http_status == 404
    trainer.platform.delete(str(uuid.uuid4()))  # nothing is kept of it


@pytest.mark.parametrize(
    ("code", "body", "kind"),
    [
        (404, b'{"detail": "Not Found"}', "http_404"),
        (404, b"<html>", "http_404"),
        (200, b"<html>signed out</html>", "bad_answer"),
        (200, b"", "bad_answer"),
        (202, b"[]", "bad_answer"),
        (200, b'{"cdn_delete_results": [{"link": "x", "exception": "busy"}]}', "files_kept"),
        (500, b"", "http_500"),
        (403, b'{"error": {"message": "Admin key required"}}', KEY_REFUSED),
    ],
)
def test_nothing_counts_as_deleted_before_the_platform_says_so(
    connect: Connect, code: int, body: bytes, kind: str
) -> None:
    with answering(code, body) as base:
        trainer = connect(Settings(fal=Fal(key=SecretStr("k"), queue_url=base)))
        assert refusal(lambda: trainer.platform.delete("r")).error_type == kind


def test_a_key_that_may_only_order_is_told_apart_from_one_that_is_refused(
    stranger: ForeignFal, at_a_stranger: FalTrainer, observed: list[Observation], order: Order
) -> None:
    stranger.admin = False
    stranger.prices[PORTRAIT] = 0.5
    platform = at_a_stranger.platform
    for ask in (lambda: platform.delete("r"), lambda: platform.requests(PORTRAIT, 0, 9e9)):
        failure = refusal(ask)
        assert (failure.error_type, failure.error_class) == (KEY_REFUSED, "operator")
        assert not failure.stop_submitting
    assert platform.prices([PORTRAIT])[PORTRAIT].usd == 0.5
    assert at_a_stranger.submit(order(), DATA, "").request_id
    told = [(seen.phase, seen.ok, seen.error_type) for seen in observed]
    assert told == [
        ("delete", False, KEY_REFUSED),
        ("requests", False, KEY_REFUSED),
        ("prices", True, ""),
        ("submit", True, ""),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"items": null}',
        b'{"items": [], "has_more": true, "next_cursor": null}',
        b'{"items": [], "has_more": true, "next_cursor": "again"}',
    ],
)
def test_a_list_that_is_not_whole_is_none(connect: Connect, body: bytes) -> None:
    with answering(200, body) as base:
        trainer = connect(Settings(fal=Fal(key=SecretStr("k"), queue_url=base)))
        failure = refusal(lambda: trainer.platform.requests(PORTRAIT, 0, 9e9))
        assert failure.error_type == "bad_answer"


def test_the_platform_is_asked_with_the_key_and_only_where_it_was_named(
    stranger: ForeignFal, at_a_stranger: FalTrainer
) -> None:
    assert at_a_stranger.platform.networks() == ("192.0.2.0/24", "2001:db8::/32")
    assert Fal().platform == "https://api.fal.ai/v1"
    assert Fal(queue_url="http://127.0.0.1:9/queue").platform == "http://127.0.0.1:9/v1"
    assert Fal(queue_url="http://a", api_url="http://b/p/").platform == "http://b/p"


def test_a_simulated_platform_starts_when_it_is_first_asked() -> None:
    made = simulated_trainer(Settings(training=Training(simulated_seconds=0)))
    assert made.platform.requests(PORTRAIT, time.time() - 60, time.time()) == []
    made.close()


def test_an_order_of_another_endpoint_is_not_what_was_asked_for(connect: Connect) -> None:
    items = [
        {"request_id": "other", "endpoint_id": STYLE},
        {"request_id": "mine", "endpoint_id": PORTRAIT},
        {"request_id": "unsaid"},
    ]
    with answering(200, json.dumps({"items": items, "has_more": False}).encode()) as base:
        trainer = connect(Settings(fal=Fal(key=SecretStr("k"), queue_url=base)))
        listed = trainer.platform.requests(PORTRAIT, 0, 9e9)
        assert [one.request_id for one in listed] == ["mine", "unsaid"]
        assert trainer.platform.request(PORTRAIT, "other", 0) is None
