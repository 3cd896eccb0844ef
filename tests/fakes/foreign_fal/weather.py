"""Bad weather at a stranger's fal: what goes wrong with a call, and how an order ends.

A fault is a word. `500`, `503_html`, `malformed`, `reset` and `hang` happen after what was asked
is done; with `_untaken` behind, before. `429` refuses, `no_id` and `truncated` are of an order and
of a file. Of an order of pictures: an error of ERRORS, or how its pictures come out: `flagged`,
`broken`, `html` and `expired` are all of them, with `one_` before the last one alone. Of a
webhook: `twice`, `late`, `early`, `never`.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fakes.foreign_fal.fake import ForeignFal, Order

ERRORS = {
    "content_policy_violation": 422,
    "downstream_service_unavailable": 500,
    "internal_server_error": 500,
    "generation_timeout": 504,
    "runner_disconnected": 503,
    "client_cancelled": 499,
}
CHARGED = ("content_policy_violation",)
"""Errors for which the work was done, and is paid."""
CALLS = ("reset", "500", "503_html", "malformed", "reset_untaken", "429")
PAGE = b"<html><body>Service Unavailable</body></html>"
_AT_ONCE = struct.pack("ii", 1, 0)
_HANG_SECONDS = 30.0

Choice = Callable[[str, str], str]
"""The fault of a phase of a run: upload, submit, status, result, download, webhook, picture."""


def fair(_phase: str, _run: str) -> str:
    return ""


def fault_of(order: Order, number: int) -> str:
    """What is wrong with one of an order's pictures, counted from 0; "" where nothing is."""
    word = order.outcome.removeprefix("one_")
    last = number == order.arguments["num_images"] - 1
    return word if word == order.outcome or last else ""


def error(order: Order) -> tuple[int, dict[str, Any], dict[str, str]]:
    """How the result of an order that has failed is answered: code, body and headers."""
    code = ERRORS[order.outcome]
    one = {"loc": ["body"], "msg": order.outcome, "type": order.outcome}
    said = {"detail": [{**one, "input": order.arguments}] if code == 422 else order.outcome}
    return code, said, {} if code == 422 else {"X-Fal-Error-Type": order.outcome}


class Quiet(ThreadingHTTPServer):
    """A server to which a connection that was cut is no news."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # as given


class WeatherDoor:
    """The part of a connection that suffers."""

    fal: ForeignFal
    connection: socket.socket
    close_connection: bool
    fault: str = ""

    def suffers(self, phase: str, run: str = "") -> bool:
        """Whether a call goes wrong before anything is done; another fault waits for the answer."""
        fault = self.fal.weather(phase, run)
        word, untaken, _ = fault.partition("_untaken")
        self.fault = "" if untaken else word
        if untaken:
            self._cut(word)
        elif fault == "429":
            self.fault = ""
            self._say(429, {"detail": "Too many requests"})
        return bool(untaken) or fault == "429"

    def spoilt(self, code: int, said: Any) -> tuple[int, bytes] | None:
        """What is answered in the end, code and body; None where the connection was cut."""
        fault, self.fault = self.fault, ""
        if fault in ("hang", "reset"):
            self._cut(fault)
            return None
        if fault == "no_id":
            said = {name: value for name, value in said.items() if name != "request_id"}
        body = b"" if said is None else json.dumps(said).encode()
        spoilt = {
            "500": (500, b'{"detail": "Internal Server Error"}'),
            "503_html": (503, PAGE),
            "malformed": (200, b'{"request_id": "'),
        }
        return spoilt.get(fault, (code, body))

    def _cut(self, fault: str) -> None:
        """End the connection as a crash would, once the client has given up where it `hang`s."""
        self.close_connection = True
        if fault == "hang":
            self.connection.settimeout(_HANG_SECONDS)
            try:
                self.connection.recv(1)
            except OSError:
                return
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.connection.close()

    def _say(self, code: int, said: Any, more: dict[str, str] | None = None) -> None:
        raise NotImplementedError
