"""A bad line to a real server: it forwards bytes, slowly, or only so many of them.

with BadLine(server.endpoint) as line:
    line.cut_after = 100_000
    ...  # answers of servers asked at line.endpoint end there
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Self

_PIECE = 65_536


class BadLine:
    """Forwards connections to `endpoint` (host:port) while inside a `with` block."""

    def __init__(self, endpoint: str) -> None:
        host, _, port = endpoint.partition(":")
        self._target = (host, int(port))
        self.cut_after: int | None = None
        """Bytes of answers on one connection, after which it breaks."""
        self.bytes_per_second: float | None = None
        """How fast requests get through."""

    def __enter__(self) -> Self:
        self._door = socket.socket()
        self._door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PIECE)
        self._door.bind(("127.0.0.1", 0))
        self._door.listen()
        self.endpoint = f"127.0.0.1:{self._door.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        for opened in (self._door, *self._open):
            _end(opened)
        for thread in self._threads:
            thread.join(5)
        for opened in (self._door, *self._open):
            opened.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                far = socket.create_connection(self._target)
                self._open += [near, far]
                for ways in ((near, far, False), (far, near, True)):
                    thread = threading.Thread(target=self._forward, args=ways, daemon=True)
                    self._threads.append(thread)
                    thread.start()

    def _forward(self, source: socket.socket, sink: socket.socket, answering: bool) -> None:
        done = 0
        with suppress(OSError):
            while piece := source.recv(_PIECE):
                done += len(piece)
                if answering and self.cut_after is not None and done > self.cut_after:
                    break
                sink.sendall(piece)
                if not answering and self.bytes_per_second:
                    time.sleep(len(piece) / self.bytes_per_second)
        _end(source)
        _end(sink)


def _end(opened: socket.socket) -> None:
    with suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)
