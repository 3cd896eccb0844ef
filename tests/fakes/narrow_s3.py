"""An S3 server that lacks the deletion of many objects at once, as some do."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

NOT_IMPLEMENTED = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b"<Error><Code>NotImplemented</Code><Message>no</Message></Error>"
)
_HOP = {"connection", "transfer-encoding", "content-length"}


class NarrowS3(ThreadingHTTPServer):
    """Passes on to `behind` whatever it is asked while inside a `with` block, but that deletion."""

    daemon_threads = True

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = behind
        self.endpoint = f"127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: NarrowS3

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.command == "POST" and self.path.endswith("?delete="):
            self._send(501, {"Content-Type": "application/xml"}, NOT_IMPLEMENTED)
            return
        asked = http.client.HTTPConnection(self.server.behind, timeout=30)
        asked.request(self.command, self.path, body, dict(self.headers))  # Host is signed
        answer = asked.getresponse()
        told = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
        self._send(answer.status, told, answer.read())
        asked.close()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _answer  # noqa: N815  # the names of http.server

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""
