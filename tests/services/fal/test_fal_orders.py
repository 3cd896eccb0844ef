"""An order: sent once, and what each answer to it means for the money."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from core.avatars.ports import NotSubmitted, Observation, TrainingOrder, Uncertain
from core.base.settings import Settings
from core.base.settings.product.fal import Fal
from core.services.fal import FalTrainer
from core.services.fal.simulation import FalServer
from tests.patience import LONG

DATA = "https://files.invalid/photos.zip"
Order = Callable[..., TrainingOrder]
Connect = Callable[..., FalTrainer]

CERTAIN = {
    "400": "http_400",
    "402": "http_402",
    "405": "http_405",
    "413": "http_413",
    "415": "http_415",
    "451": "http_451",
    "401": "http_401",
    "403": "http_403",
    "404": "http_404",
    "410": "http_410",
    "429": "http_429",
    "balance": "balance_exhausted",
    "422:missing": "missing",
    "422:face_detection_error": "face_detection_error",
}
DOUBTFUL = {
    "hang": "timeout",
    "hang_untaken": "timeout",
    "reset": "connection_broken",
    "reset_untaken": "connection_broken",
    "500": "http_500",
    "503_html": "http_503",
    "malformed": "bad_answer",
    "no_id": "bad_answer",
    "408": "http_408",
    "409": "http_409",
}


def test_an_order_names_the_endpoint_the_arguments_and_the_webhook(
    fal: FalServer, trainer: FalTrainer, order: Order
) -> None:
    placed = order()
    handle = trainer.submit(placed, DATA, "https://bot.invalid/fal/webhook/a.b?c=d")
    (post,) = fal.ledger.posts
    assert post.endpoint == "fal-ai/flux-lora-portrait-trainer"
    assert post.arguments == trainer.arguments(placed, DATA)
    assert post.webhook_url == "https://bot.invalid/fal/webhook/a.b?c=d"
    assert fal.ledger.taken[post.run] == [handle.request_id]
    assert handle.status_url == f"{handle.response_url}/status"
    assert handle.cancel_url == f"{handle.response_url}/cancel"


def test_without_a_webhook_none_is_asked_for(
    fal: FalServer, trainer: FalTrainer, order: Order
) -> None:
    trainer.submit(order(), DATA, "")
    assert fal.ledger.posts[0].webhook_url == ""


@pytest.mark.parametrize(("fault", "error_type"), CERTAIN.items())
def test_a_refusal_is_certain(
    fal: FalServer, trainer: FalTrainer, order: Order, fault: str, error_type: str
) -> None:
    fal.plan.add("submit", fault)
    placed = order()
    with pytest.raises(NotSubmitted) as caught:
        trainer.submit(placed, DATA, "")
    assert caught.value.failure.error_type == error_type
    assert fal.ledger.posts_of(placed.run_id) == 1
    assert not fal.ledger.taken


@pytest.mark.parametrize(("fault", "error_type"), DOUBTFUL.items())
def test_everything_else_leaves_it_open_and_is_never_repeated(
    fal: FalServer, trainer: FalTrainer, order: Order, fault: str, error_type: str
) -> None:
    fal.plan.add("submit", fault)
    placed = order()
    with pytest.raises(Uncertain) as caught:
        trainer.submit(placed, DATA, "")
    assert caught.value.failure.error_type == error_type
    assert fal.ledger.posts_of(placed.run_id) == 1


@pytest.mark.parametrize("fault", ["401", "403", "balance"])
def test_a_refused_key_and_an_exhausted_balance_stop_all_orders(
    fal: FalServer, trainer: FalTrainer, order: Order, fault: str
) -> None:
    fal.plan.add("submit", fault)
    with pytest.raises(NotSubmitted) as caught:
        trainer.submit(order(), DATA, "")
    assert caught.value.failure.stop_submitting
    assert caught.value.failure.error_class == "operator"


@pytest.mark.parametrize("fault", ["404", "410"])
def test_an_endpoint_that_is_gone_says_so(
    fal: FalServer, trainer: FalTrainer, order: Order, fault: str
) -> None:
    fal.plan.add("submit", fault)
    with pytest.raises(NotSubmitted) as caught:
        trainer.submit(order(), DATA, "")
    assert caught.value.failure.endpoint_gone
    assert caught.value.failure.error_class == "operator"


def test_too_many_requests_say_how_long_to_wait(
    fal: FalServer, trainer: FalTrainer, order: Order
) -> None:
    fal.plan.add("submit", "429")
    with pytest.raises(NotSubmitted) as caught:
        trainer.submit(order(), DATA, "")
    assert caught.value.failure.retry_after == 7.0
    assert caught.value.failure.error_class == "retry"


def test_where_nobody_listens_nothing_was_ordered(connect: Connect, order: Order) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings = Settings(fal=Fal(queue_url=f"http://127.0.0.1:{port}"))
    seen: list[Observation] = []
    with pytest.raises(NotSubmitted) as caught:
        connect(settings, seen.append).submit(order(), DATA, "")
    assert caught.value.failure.error_type == "connection_failed"
    assert [(o.phase, o.ok, o.error_class) for o in seen] == [("submit", False, "retry")]


def test_a_host_that_has_no_address_was_ordered_nothing(connect: Connect, order: Order) -> None:
    settings = Settings(fal=Fal(queue_url="http://fal.invalid"))
    with pytest.raises(NotSubmitted):
        connect(settings).submit(order(), DATA, "")


@contextmanager
def raw_server(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Answers every connection with these bytes after its first piece, and hangs up."""
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    got.append(connection.recv(65536))
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1], got
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
def test_an_answer_that_is_none_leaves_it_open(order: Order, answer: bytes) -> None:
    with raw_server(answer) as (port, got):
        trainer = FalTrainer(
            Settings(fal=Fal(queue_url=f"http://127.0.0.1:{port}")), lambda _: None
        )
        with pytest.raises(Uncertain):
            trainer.submit(order(), DATA, "")
        assert len(got) == 1


def test_a_refusal_whose_body_breaks_off_is_still_a_refusal(order: Order) -> None:
    with raw_server(b"HTTP/1.1 429 Slow\r\nContent-Length: 500\r\n\r\n{") as (port, _):
        trainer = FalTrainer(
            Settings(fal=Fal(queue_url=f"http://127.0.0.1:{port}")), lambda _: None
        )
        with pytest.raises(NotSubmitted):
            trainer.submit(order(), DATA, "")


def test_the_key_never_goes_to_another_host_than_the_queue(
    fal: FalServer, trainer: FalTrainer, order: Order
) -> None:
    fal.plan.add("submit", "foreign_urls")
    handle = trainer.submit(order(), DATA, "")
    for url in (handle.status_url, handle.response_url, handle.cancel_url):
        assert url.startswith(f"{fal.base}/queue/fal-ai/flux-lora-portrait-trainer/requests/")
    assert trainer.check(handle).status == "completed"


def test_an_order_that_was_only_heard_of_can_be_asked_after(
    trainer: FalTrainer, order: Order
) -> None:
    handle = trainer.submit(order(), DATA, "")
    bare = type(handle)(handle.run_id, handle.profile, handle.request_id)
    assert trainer.check(bare) == trainer.check(handle)


def test_what_is_observed_has_no_address_and_no_key(
    fal: FalServer, trainer: FalTrainer, order: Order, observed: list[Observation]
) -> None:
    placed = order()
    handle = trainer.submit(placed, DATA, "https://bot.invalid/fal/webhook/token")
    (seen,) = observed
    assert (seen.run_id, seen.endpoint) == (placed.run_id, "fal-ai/flux-lora-portrait-trainer")
    assert (seen.phase, seen.ok, seen.http_status) == ("submit", True, 200)
    assert seen.request_id == handle.request_id
    assert seen.seconds is not None
    assert 0 < seen.seconds < LONG
    fal.plan.add("submit", "balance")
    with pytest.raises(NotSubmitted):
        trainer.submit(placed, DATA, "https://bot.invalid/fal/webhook/token")
    assert observed[1].error_type == "balance_exhausted"
    assert "://" not in repr(observed)
    assert "simulated" not in observed[1].message


def test_the_webhooks_address_is_one_parameter(fal: FalServer, order: Order) -> None:
    with raw_server(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n") as (port, got):
        trainer = FalTrainer(
            Settings(fal=Fal(queue_url=f"http://127.0.0.1:{port}")), lambda _: None
        )
        with pytest.raises(NotSubmitted):
            trainer.submit(order(), DATA, "https://bot.invalid/w/t?a=b&c=d")
    target = got[0].split(b" ")[1].decode()
    assert parse_qs(urlsplit(target).query) == {"fal_webhook": ["https://bot.invalid/w/t?a=b&c=d"]}
