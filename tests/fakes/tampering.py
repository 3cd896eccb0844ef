"""A door before another server: what comes out of it can be altered on its way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import httpx


class Passing(NamedTuple):
    """An answer on its way: to what, and what it says."""

    method: str
    path: str
    status: int
    body: bytes
    authorization: str


Alter = Callable[[Passing], Passing]


def untouched(passing: Passing) -> Passing:
    return passing


class Tampering:
    """Answers at `base` as the server behind it does, but for what `alter` changes."""

    def __init__(self, behind: str) -> None:
        self.alter: Alter = untouched
        self.asked: list[tuple[str, str]] = []
        self.client = httpx.Client(trust_env=False, timeout=20)
        kind = type("Bound", (_Door,), {"owner": self, "behind": behind})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), kind)
        self._http.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._http.server_address[1]}"

    @contextmanager
    def open(self) -> Iterator[Tampering]:
        thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()
            thread.join()
            self.client.close()


class _Door(BaseHTTPRequestHandler):
    owner: Tampering
    behind: str
    protocol_version = "HTTP/1.1"

    def _pass(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
        answer = self.owner.client.request(
            self.command, self.behind + self.path, content=sent, headers=headers
        )
        body = answer.content.replace(self.behind.encode(), self.owner.base.encode())
        path = self.path.partition("?")[0]
        self.owner.asked.append((self.command, path))
        known = self.headers.get("Authorization", "")
        told = self.owner.alter(Passing(self.command, path, answer.status_code, body, known))
        self.send_response(told.status)
        self.send_header("Content-Type", answer.headers.get("content-type", "text/plain"))
        self.send_header("Content-Length", str(len(told.body)))
        self.end_headers()
        self.wfile.write(told.body)

    do_GET = do_POST = do_PUT = do_DELETE = _pass  # noqa: N815  # as the library calls them

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
