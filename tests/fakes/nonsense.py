"""An HTTP server that gives one answer, whatever it is asked."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Self


class NonsenseServer(HTTPServer):
    """Answers with `answer`, a status and a body, while inside a `with` block.

    Each answer says where else to ask, and to come back in an hour.
    """

    answer = (200, b"")

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        """The paths of all requests."""
        self.headers: dict[str, str] = {}
        """Of its answers, beside the usual ones."""
        self.endpoint = f"127.0.0.1:{self.server_port}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: NonsenseServer

    def _answer(self) -> None:
        status, body = self.server.answer
        self.server.asked.append(self.path)
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Retry-After", "3600")
        self.send_header("Location", f"http://{self.server.endpoint}/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _answer  # noqa: N815  # its names

    def log_message(self, format: str, *args: object) -> None:
        pass
