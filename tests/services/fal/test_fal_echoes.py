"""What a person typed is kept of no answer, whoever repeats it."""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from core.avatars.ports import (
    Handle,
    Observation,
    TrainerError,
)
from core.base.settings import Settings
from core.base.settings.product.fal import Fal
from core.services.fal import FalPainter
from core.services.fal.simulation import FalServer
from tests.services.fal.picture_orders import (
    SENTINEL,
    WEIGHTS,
    fetched,
    order,
    ordered,
)


class Echo(BaseHTTPRequestHandler):
    """A fal that repeats the prompt in each answer, however it is asked."""

    status = 422
    body: bytes = b""
    kind = "application/json"

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        self.rfile.read(length)
        done = self.path.partition("?")[0].endswith("/status")
        body = b'{"status": "COMPLETED"}' if done and self.status != 500 else self.body
        self.send_response(200 if done and self.status != 500 else self.status)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET = do_PUT = _answer  # noqa: N815  # names of http.server

    def log_message(self, *_: object) -> None:
        """Say nothing."""


ECHOES = {
    "a sentence": {"detail": f"'{SENTINEL}' is not allowed"},
    "an input without a sentence": {
        "detail": [{"type": "content_policy_violation", "input": {"prompt": SENTINEL}}]
    },
    "a sentence of the model": {
        "detail": [{"type": "content_policy_violation", "msg": f"Prompt {SENTINEL} is flagged"}]
    },
    "words alone": f"your prompt was {SENTINEL}",
    "an error": {"error": SENTINEL, "error_type": "bad_request", "prompt": SENTINEL},
}


@pytest.mark.parametrize("said", ECHOES.values(), ids=list(ECHOES))
@pytest.mark.parametrize("status", [400, 422, 500])
def test_no_echo_of_a_prompt_is_kept_told_or_logged(
    said: object, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    plain = isinstance(said, str)
    answer = type("Answer", (Echo,), {
        "status": status, "kind": "text/plain" if plain else "application/json",
        "body": (said if isinstance(said, str) else json.dumps(said)).encode(),
    })  # fmt: skip
    seen: list[object] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), answer) as server, caplog.at_level(logging.DEBUG):
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        place = Fal(queue_url=f"http://127.0.0.1:{server.server_port}")
        painter = FalPainter(Settings(fal=place), seen.append)
        handle = Handle(str(uuid.uuid4()), "flux-lora", "r-1")
        placed = order(prompt=f"{SENTINEL} of lk7qz woman")
        calls: tuple[Callable[[], object], ...] = (
            lambda: painter.submit(placed, WEIGHTS, ""),
            lambda: painter.check(handle),
            lambda: painter.cancel(handle),
        )
        for call in calls:
            try:
                seen.append(call())
            except TrainerError as error:
                seen += [error, error.failure]
        painter.close()
        server.shutdown()
    assert len(seen) > 4
    assert SENTINEL not in repr(seen)
    assert SENTINEL not in " ".join(map(str, seen))
    assert SENTINEL not in caplog.text


def test_nothing_typed_is_kept_on_the_whole_way(
    fal: FalServer, painter: FalPainter, observed: list[Observation], caplog: Any
) -> None:
    with caplog.at_level(logging.DEBUG):
        handle = ordered(painter, prompt=f"{SENTINEL} of lk7qz woman")
        fetched(painter, handle)
        standing = painter.check(handle)
    assert SENTINEL in str(fal.ledger.posts[0].arguments["prompt"])
    assert SENTINEL not in repr((observed, standing, handle)) + caplog.text
    assert {seen.endpoint for seen in observed} == {"fal-ai/flux-lora"}
