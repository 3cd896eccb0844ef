"""The messenger that pigeon speaks with, as far as its rules need one: an HTTP server in memory."""

from __future__ import annotations

import base64
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Message:
    """One message of the bot; `rows` hold label and payload of each button."""

    id: int
    chat: str
    text: str = ""
    rows: list[list[list[str]]] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)
    file: bytes | None = None
    changed: int = 0


class Loft:
    """Everybody's chats, what waits for the bot, and what goes wrong."""

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.clock = 0
        self.waiting: list[dict[str, Any]] = []
        self.messages: dict[int, Message] = {}
        self.files: dict[int, bytes] = {}
        self.away: set[str] = set()
        self.limited: dict[str, float] = {}
        self.unanswered: set[str] = set()
        self.polled = False
        self.cut = self.stalled = self.lost = False
        loft = self

        class Door(_Door):
            world = loft

        self._server = _Server(("127.0.0.1", 0), Door)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where the bot finds it."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop serving."""
        with self.lock:
            self.cut = True
            self.lock.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def tick(self) -> int:
        """The next moment; everything that happens has its own."""
        self.clock += 1
        return self.clock

    def bring(self, update: dict[str, Any]) -> None:
        """Let an update wait for the bot; its `id` is the same when it is brought again."""
        with self.lock:
            self.waiting.append({**update, "number": self.tick()})
            self.lock.notify_all()

    def updates(self, after: int, seconds: float) -> list[dict[str, Any]]:
        """What is after a number; what is before is confirmed and forgotten."""
        with self.lock:
            self.polled = True
            self.waiting = [update for update in self.waiting if update["number"] > after]
            self.lock.wait_for(lambda: self.waiting or self.cut, seconds)
            return list(self.waiting)

    def refusal(self, chat: str) -> tuple[int, dict[str, Any]] | None:
        """Why nothing can be written to a chat now."""
        if chat in self.away:
            return 403, {}
        if (until := self.limited.get(chat, 0)) > time.monotonic():
            return 429, {"retry_after": round(until - time.monotonic() + 0.1, 1)}
        return None

    def write(self, number: int | None, said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Send a message, or change one."""
        with self.lock:
            if self.cut:
                return 503, {}
            message = self.messages.get(number) if number else None
            if number and message is None:
                return 404, {}
            chat = message.chat if message else said["chat"]
            if refused := self.refusal(chat):
                return refused
            if message is None:
                message = Message(self.tick(), chat)
                self.messages[message.id] = message
            message.changed = self.tick()
            message.text = said.get("text", message.text)
            message.rows = said.get("rows", message.rows)
            if "pictures" in said:
                message.pictures = [base64.b64decode(data) for data in said["pictures"]]
            if "file" in said:
                message.file = base64.b64decode(said["file"]["data"])
            return 200, {"id": message.id}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """The asking process was killed in the middle of it."""


class _Door(BaseHTTPRequestHandler):
    world: Loft
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # its base's names
        parts = urlsplit(self.path)
        asked = parse_qs(parts.query)
        if parts.path == "/me":
            self._answer(200, {"bot": "loft"})
        elif parts.path == "/updates":
            after, seconds = int(asked["after"][0]), float(asked["wait"][0])
            self._answer(200, {"updates": self.world.updates(after, seconds)})
        else:
            self._file(int(parts.path.rpartition("/")[2]))

    def do_POST(self) -> None:
        said = self._said()
        if self.path == "/answers":
            with self.world.lock:
                self.world.unanswered.discard(said["press"])
            self._answer(200, {})
        else:
            self._answer(*self.world.write(None, said))

    def do_PUT(self) -> None:
        self._answer(*self.world.write(int(self.path.rpartition("/")[2]), self._said()))

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def _file(self, number: int) -> None:
        while self.world.stalled:
            time.sleep(0.02)
        data = None if self.world.lost else self.world.files.get(number)
        self._send(200 if data else 404, data or b"", "image/jpeg")

    def _said(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, code: int, said: object) -> None:
        self._send(code, json.dumps(said).encode(), "application/json")

    def _send(self, code: int, data: bytes, kind: str) -> None:
        if self.world.cut:  # nothing gets through: the line is dead
            self.close_connection = True
            return
        try:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except OSError:  # the client is gone
            self.close_connection = True
