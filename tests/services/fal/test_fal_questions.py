"""Asking after a training, cancelling it and fetching what it made, whatever goes wrong."""

import gzip
import http.server
import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from core.avatars.orders.decisions.ending import may_be_charged
from core.avatars.ports import Handle, Observation, TrainingOrder, Unreachable
from core.base.settings import Settings
from core.base.settings.product.fal import Fal
from core.services.fal import FalTrainer, errors, wire
from core.services.fal.simulation import FalServer
from core.services.fal.simulation.model import WEIGHTS_BYTES
from core.services.fal.simulation.orders import CODES, REQUEST_CODES
from tests.fakes.nonsense import NonsenseServer

DATA = "https://files.invalid/photos.zip"
Order = Callable[..., TrainingOrder]
Connect = Callable[..., FalTrainer]
START = 1_700_000_000.0


@pytest.fixture
def handle(trainer: FalTrainer, order: Order) -> Handle:
    """A training that is completed."""
    return trainer.submit(order(), DATA, "")


def test_it_queues_trains_and_is_completed_by_the_clock_alone(
    connect: Connect, order: Order
) -> None:
    now = [START]
    with FalServer(3, 10, clock=lambda: now[0]) as fal:
        trainer = connect(fal.settings(Settings()))
        handle = trainer.submit(order(), DATA, "")
        seen = []
        for second in (0, 1.2, 2.4, 3, 8, 12.9, 13, 1e6):
            now[0] = START + second
            standing = trainer.check(handle)
            seen.append((standing.status, standing.position, standing.percent))
    assert seen == [
        ("queued", 3, None),
        ("queued", 2, None),
        ("queued", 1, None),
        ("training", None, 0),
        ("training", None, 50),
        ("training", None, 99),
        ("completed", None, None),
        ("completed", None, None),
    ]


def test_a_server_that_was_killed_has_forgotten_no_training(connect: Connect, order: Order) -> None:
    with FalServer(0, 0) as first:
        handle = connect(first.settings(Settings())).submit(order(), DATA, "")
    with FalServer(5, 5) as second:
        trainer = connect(second.settings(Settings()))
        assert trainer.check(handle).status == "completed"


def test_weights_are_what_a_portrait_gives(
    trainer: FalTrainer, handle: Handle, observed: list[Observation]
) -> None:
    standing = trainer.check(handle)
    assert standing.training_seconds == 0.0
    assert sorted(standing.result) == ["config_url", "weights_url"]
    assert [o.phase for o in observed] == ["submit", "status", "result"]
    assert all(o.ok and o.request_id == handle.request_id for o in observed)


def test_a_finetune_id_is_what_the_pro_trainer_gives(trainer: FalTrainer, order: Order) -> None:
    result = trainer.check(trainer.submit(order("flux-pro-trainer"), DATA, "")).result
    assert list(result) == ["finetune_id"]


@pytest.mark.parametrize("kind", [*CODES, *REQUEST_CODES])
def test_each_failure_is_of_its_class(
    fal: FalServer,
    trainer: FalTrainer,
    order: Order,
    observed: list[Observation],
    kind: str,
) -> None:
    fal.plan.add("training", kind)
    standing = trainer.check(trainer.submit(order(), DATA, ""))
    assert standing.status == "failed"
    assert standing.failure is not None
    assert (standing.failure.error_type, standing.failure.error_class) == (kind, errors.TYPES[kind])
    expected = (True, "") if kind == "client_cancelled" else (False, kind)
    assert (observed[-1].ok, observed[-1].error_type) == expected, "what we asked for is no error"


SILENT = ("hang", "reset", "503_html", "malformed", "429", "401", "404")


@pytest.mark.parametrize(
    ("phase", "fault"),
    [("status", "500"), *[(phase, fault) for phase in ("status", "result") for fault in SILENT]],
)
def test_a_question_without_an_answer_is_asked_again(
    fal: FalServer, trainer: FalTrainer, handle: Handle, phase: str, fault: str
) -> None:
    fal.plan.add(phase, fault)
    with pytest.raises(Unreachable):
        trainer.check(handle)
    assert trainer.check(handle).status == "completed"


def test_a_servers_error_without_a_word_of_fals_says_nothing_of_the_training(
    fal: FalServer, trainer: FalTrainer, handle: Handle
) -> None:
    fal.plan.add("result", "500")
    with pytest.raises(Unreachable) as away:
        trainer.check(handle)
    assert away.value.failure.ended
    fal.plan.add("status", "503_html")
    with pytest.raises(Unreachable) as away:
        trainer.check(handle)
    assert not away.value.failure.ended
    assert trainer.check(handle).status == "completed"


@pytest.mark.parametrize(
    ("fault", "status"), [("410", 410), ("400", 400), ("422:model_deprecated", 422)]
)
def test_a_result_that_is_refused_for_no_fault_of_ours_is_one_that_was_not_delivered(
    fal: FalServer, trainer: FalTrainer, handle: Handle, fault: str, status: int
) -> None:
    fal.plan.add("result", fault)
    failure = trainer.check(handle).failure
    assert failure is not None
    assert (failure.http_status, failure.undelivered) == (status, True)
    fal.plan.add("result", "422:face_detection_error")
    failure = trainer.check(handle).failure
    assert failure is not None
    assert not failure.undelivered, "the photos are the person's"


def test_a_result_that_is_said_not_to_be_there_is_asked_for_again_and_counts_as_not_delivered(
    fal: FalServer, trainer: FalTrainer, handle: Handle
) -> None:
    fal.plan.add("result", "404")
    with pytest.raises(Unreachable) as away:
        trainer.check(handle)
    assert away.value.failure.undelivered
    fal.plan.add("status", "404")
    with pytest.raises(Unreachable) as away:
        trainer.check(handle)
    assert not away.value.failure.undelivered, "it says nothing of the result"


def test_what_the_model_says_goes_before_what_the_status_says(
    fal: FalServer, trainer: FalTrainer, order: Order
) -> None:
    fal.plan.add("training", "runner_server_error")
    fal.plan.add("result", "422:image_too_small")
    standing = trainer.check(trainer.submit(order(), DATA, ""))
    assert standing.failure is not None
    assert (standing.failure.error_type, standing.failure.error_class) == (
        "image_too_small",
        "person",
    )


@pytest.mark.parametrize("fault", ["404", "503_html", "malformed"])
def test_a_failure_that_the_status_tells_needs_no_result(
    fal: FalServer, trainer: FalTrainer, order: Order, fault: str
) -> None:
    fal.plan.add("training", "runner_disconnected")
    fal.plan.add("result", fault)
    standing = trainer.check(trainer.submit(order(), DATA, ""))
    assert standing.failure is not None
    assert standing.failure.error_type == "runner_disconnected"
    assert not may_be_charged(standing.failure), "an error of fal's own machines is not charged"


def test_logs_without_end_hide_no_result(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    class Talkative(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's name
            logs = [{"message": "x" * 1000}] if "logs=" in self.path else []
            told = {"status": "COMPLETED", "logs": logs, "finetune_id": "ft-1"}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    monkeypatch.setattr(wire, "ANSWER_BYTES", 500)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Talkative) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        queue_url = f"http://127.0.0.1:{server.server_port}"
        standing = connect(Settings(fal=Fal(queue_url=queue_url))).check(LOST)
        server.shutdown()
    assert standing.result == {"finetune_id": "ft-1"}


def test_weights_that_were_packed_on_the_way_are_unpacked(
    trainer: FalTrainer, handle: Handle
) -> None:
    with NonsenseServer() as server:
        server.answer = (200, gzip.compress(b"trained weights" * 99))
        server.headers = {"Content-Encoding": "gzip"}
        with trainer.download(handle, f"http://{server.endpoint}/weights") as download:
            assert (download.size, b"".join(download.chunks)) == (None, b"trained weights" * 99)


def test_a_failure_in_words_that_nobody_knows_is_paid_for_once(
    connect: Connect,
) -> None:
    with NonsenseServer() as server:
        trainer = connect(Settings(fal=Fal(queue_url=f"http://{server.endpoint}")))
        told = {"status": "COMPLETED", "error": "it broke", "detail": "The photos won't do."}
        server.answer = (200, json.dumps(told).encode())
        failure = trainer.check(LOST).failure
    assert failure is not None
    assert (failure.error_type, failure.error_class) == ("unknown_error", "operator")


def test_missing_logs_and_positions_do_no_harm(connect: Connect, order: Order) -> None:
    now = [START]
    with FalServer(10, 10, clock=lambda: now[0]) as fal:
        trainer = connect(fal.settings(Settings()))
        handle = trainer.submit(order(), DATA, "")
        fal.plan.add("status", "missing_position")
        fal.plan.add("status", "missing_logs")
        queued = trainer.check(handle)
        now[0] += 15
        training = trainer.check(handle)
    assert (queued.status, queued.position) == ("queued", None)
    assert (training.status, training.percent) == ("training", None)


def test_an_unknown_status_is_still_training_and_is_reported(
    fal: FalServer, trainer: FalTrainer, handle: Handle, observed: list[Observation]
) -> None:
    fal.plan.add("status", "unknown_status")
    assert trainer.check(handle).status == "training"
    assert (observed[-1].ok, observed[-1].error_type) == (False, "unknown_status")


def test_what_is_completed_cannot_be_cancelled(trainer: FalTrainer, handle: Handle) -> None:
    assert trainer.cancel(handle) == "completed"


def test_what_runs_can_be_cancelled_and_ends(connect: Connect, order: Order) -> None:
    with FalServer(60, 60) as fal:
        trainer = connect(fal.settings(Settings()))
        handle = trainer.submit(order(), DATA, "")
        assert trainer.cancel(handle) == "requested"
        standing = trainer.check(handle)
    assert standing.failure is not None
    assert (standing.status, standing.failure.error_type) == ("failed", "client_cancelled")


def test_what_fal_does_not_know_is_unknown(trainer: FalTrainer, handle: Handle) -> None:
    stranger = Handle(handle.run_id, handle.profile, "0c3a")
    assert trainer.cancel(stranger) == "unknown"
    with pytest.raises(Unreachable):
        trainer.check(stranger)


@pytest.mark.parametrize("fault", ["hang", "reset", "503_html", "401"])
def test_a_cancellation_without_an_answer_is_asked_again(
    fal: FalServer, trainer: FalTrainer, handle: Handle, fault: str
) -> None:
    fal.plan.add("cancel", fault)
    with pytest.raises(Unreachable):
        trainer.cancel(handle)


def weights_url(trainer: FalTrainer, handle: Handle) -> str:
    return str(trainer.check(handle).result["weights_url"])


def test_weights_are_streamed_without_the_key(
    trainer: FalTrainer, handle: Handle, observed: list[Observation]
) -> None:
    with trainer.download(handle, weights_url(trainer, handle)) as download:
        assert download.size == WEIGHTS_BYTES
        assert sum(map(len, download.chunks)) == WEIGHTS_BYTES
    assert (observed[-1].phase, observed[-1].ok) == ("download", True)


@pytest.mark.parametrize("fault", ["truncated", "reset", "hang", "404", "503_html"])
def test_weights_that_do_not_come_whole_are_fetched_again(
    fal: FalServer,
    trainer: FalTrainer,
    handle: Handle,
    observed: list[Observation],
    fault: str,
) -> None:
    url = weights_url(trainer, handle)
    fal.plan.add("download", fault)
    with pytest.raises(Unreachable), trainer.download(handle, url) as download:
        b"".join(download.chunks)
    assert (observed[-1].phase, observed[-1].ok) == ("download", False)


def test_weights_that_only_trickle_are_fetched_again(trainer: FalTrainer, handle: Handle) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_trickle, args=(listening,))
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/weights"
        with (
            pytest.raises(Unreachable, match="timeout"),
            trainer.download(handle, url) as download,
        ):
            b"".join(download.chunks)
        thread.join()


def _trickle(listening: socket.socket) -> None:
    """Answer a byte every now and then, for three seconds."""
    near, _ = listening.accept()
    with near, suppress(OSError):
        near.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(30):
            time.sleep(0.1)
            near.sendall(b"w")


@pytest.mark.parametrize("url", ["http://a/\ud800", "http://xn--/", "http://a..b/", "http://[::1"])
def test_an_address_that_is_none_is_out_of_reach(
    trainer: FalTrainer, handle: Handle, url: str
) -> None:
    with pytest.raises(Unreachable, match="bad_address"), trainer.download(handle, url):
        pass
    assert trainer.check(replace(handle, status_url=url)).status == "completed"


def test_weights_larger_than_allowed_are_refused(
    connect: Connect, fal: FalServer, order: Order
) -> None:
    small = Settings(fal=Fal(weights_bytes=WEIGHTS_BYTES - 1))
    trainer = connect(fal.settings(small))
    handle = trainer.submit(order(), DATA, "")
    with (
        pytest.raises(Unreachable) as caught,
        trainer.download(handle, weights_url(trainer, handle)),
    ):
        pass
    assert caught.value.failure.error_type == "result_too_large"
    assert caught.value.failure.error_class == "operator"


def test_a_download_that_is_left_alone_is_no_failure_of_fals(
    trainer: FalTrainer, handle: Handle, observed: list[Observation]
) -> None:
    url = weights_url(trainer, handle)
    before = len(observed)
    with pytest.raises(KeyError), trainer.download(handle, url):
        raise KeyError
    assert len(observed) == before


# fal's own client would ask ten times, follow redirects and try another domain

NGINX = b"<html><center>nginx</center></html>"


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 408, 409, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("ask", ["check", "cancel"])
def test_whatever_is_answered_it_asks_once(connect: Connect, status: int, ask: str) -> None:
    with NonsenseServer() as server:
        server.answer = (status, NGINX)
        trainer = connect(Settings(fal=Fal(queue_url=f"http://{server.endpoint}")))
        known = {400: "completed", 404: "unknown"} if ask == "cancel" else {}
        if status in known:
            assert trainer.cancel(LOST) == known[status]
        else:
            with pytest.raises(Unreachable):
                getattr(trainer, ask)(LOST)
        assert len(server.asked) == 1


@pytest.mark.parametrize("ask", ["check", "cancel"])
@pytest.mark.parametrize("broken", ["reset", "silence"])
def test_however_it_breaks_off_it_asks_once(connect: Connect, ask: str, broken: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        came: list[socket.socket] = []
        thread = threading.Thread(target=_break_off, args=(listening, came, broken == "reset"))
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        trainer = connect(Settings(fal=Fal(queue_url=url, answer_seconds=0.3)))
        with pytest.raises(Unreachable) as away:
            getattr(trainer, ask)(LOST)
        kind = {"reset": "connection_broken", "silence": "timeout"}[broken]
        assert away.value.failure.error_type == kind
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        assert len(came) == 1
        came[0].close()


@pytest.mark.parametrize("body", [b"[]", b"null", b"{", b'"COMPLETED"', b""])
def test_a_status_that_is_none_is_asked_for_again_later(connect: Connect, body: bytes) -> None:
    with NonsenseServer() as server:
        server.answer = (200, body)
        trainer = connect(Settings(fal=Fal(queue_url=f"http://{server.endpoint}")))
        with pytest.raises(Unreachable, match="bad_answer"):
            trainer.check(LOST)


LOST = Handle("run", "flux-pro-trainer", "request")


def _break_off(listening: socket.socket, came: list[socket.socket], reset: bool) -> None:
    """Take connections until there are no more, and what is asked; answer nothing."""
    try:
        while True:
            taken, _ = listening.accept()
            came.append(taken)
            taken.recv(4096)
            if reset:
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                taken.close()
    except OSError:
        return
