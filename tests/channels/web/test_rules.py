"""The chat page keeps the rules of the contract kit, spoken to as its script does, by HTTP."""

from __future__ import annotations

import html
import json
import mimetypes
import queue
import re
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from likeness_bot.kit import ChannelRules, Chat, Sight
from tests.patience import LONG

_BUTTON = re.compile(r'<button[^>]* data-token="([^"]*)"[^>]*>(.*?)</button>', re.DOTALL)
_IMAGE = re.compile(r'<img src="([^"]+)"')
_FILE = re.compile(r'<div class="file"><b>📦</b><a href="([^"]+)"')
_RESEND_SECONDS = 0.1


class _Upload(NamedTuple):
    name: str
    mime: str
    data: bytes


class WebChat(Chat):
    """A browser without a window: it keeps what it could not send, and sends it again."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=LONG, trust_env=False)
        self._ask("POST", f"/view?as={secrets.token_hex(16)}")
        self._seen = ""
        self._sent: list[dict[str, Any]] = []
        self._kept: dict[str, bytes] = {}
        self._outbox: queue.SimpleQueue[tuple[dict[str, Any], Sequence[_Upload]] | None]
        self._outbox = queue.SimpleQueue()
        self._closed = False
        self._sender = threading.Thread(target=self._send_all, daemon=True)
        self._sender.start()

    def say(self, text: str) -> None:
        self._do({"text": text})

    def send_photos(self, photos: Sequence[bytes], caption: str = "") -> None:
        files = [_Upload(f"{n}.jpg", "image/jpeg", data) for n, data in enumerate(photos)]
        self._do({"text": caption}, files)

    def send_file(self, name: str, data: bytes) -> None:
        mime = mimetypes.guess_type(name)[0] or ""
        self._do({}, [_Upload(name, mime, data)])

    @property
    def sight(self) -> Sight:
        """The living screen, and the bubbles since the person last spoke."""
        view = self._view()
        screen = view["screen"]
        bubbles = [view["entries"][key] for key in (*view["above"], *view["below"])]
        spoken = [n for n, bubble in enumerate(bubbles, 1) if "bubble person" in bubble]
        fresh = "".join(bubbles[max(spoken, default=0) :])
        alive = screen["lead"] + screen["words"] + screen["pictures"]
        labels = tuple(label for label, _ in self._buttons(view))
        pictures = tuple(map(self._fetched, _IMAGE.findall(alive + fresh)))
        files = tuple(map(self._fetched, _FILE.findall(fresh)))
        return Sight(f"{_text(alive)}\n\n{_text(fresh)}", labels, pictures, files)

    def press(self, label: str) -> None:
        self.press_payload(self.payload(label))

    def payload(self, label: str) -> str:
        return next(token for text, token in self._buttons(self._view()) if text == label)

    def press_payload(self, payload: str) -> None:
        self._do({"press": {"label": "a button", "token": payload}})

    def deliver_again(self, back: int = 1) -> None:
        self._outbox.put((self._sent[-back], ()))

    def close(self) -> None:
        self._closed = True
        self._outbox.put(None)
        self._sender.join(LONG)
        self._http.close()

    def _do(self, what: Mapping[str, Any], files: Sequence[_Upload] = ()) -> None:
        said = {**what, "key": secrets.token_hex(8), "seen": self._seen, "known": 0}
        self._outbox.put((said, files))

    def _send_all(self) -> None:
        while (one := self._outbox.get()) is not None:
            said, files = one
            if files:
                said = said | {"files": [self._uploaded(file) for file in files]}
            self._sent.append(said)
            self._ask("POST", "/act", content=json.dumps(said).encode())

    def _uploaded(self, file: _Upload) -> str:
        headers = {"Content-Type": file.mime} if file.mime else {}
        path = f"/upload?name={httpx.QueryParams({'n': file.name})['n']}"
        answer = self._ask("POST", path, content=file.data, headers=headers)
        return str(answer.json()["file"])

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Again and again, until it is answered: what can't be taken is refused."""
        while True:
            try:
                answer = self._http.request(method, path, **more)
            except httpx.TransportError:
                assert not self._closed, "it was left while it waited for an answer"
            else:
                if answer.status_code != 503:
                    return answer
            time.sleep(_RESEND_SECONDS)

    def _view(self) -> dict[str, Any]:
        view: dict[str, Any] = self._ask("GET", "/view").json()
        self._seen = view["seen"]
        return view

    def _buttons(self, view: Mapping[str, Any]) -> list[tuple[str, str]]:
        drawn = [view["screen"]["keyboard"], *view["entries"].values()]
        found = [one for part in drawn for one in _BUTTON.findall(part)]
        return [(html.unescape(label), html.unescape(token)) for token, label in found]

    def _fetched(self, path: str) -> bytes:
        if path not in self._kept:
            self._kept[path] = self._ask("GET", html.unescape(path)).content
        return self._kept[path]


class _Text(HTMLParser):
    """What of a page is text, each element on lines of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _text(page: str) -> str:
    reader = _Text()
    reader.feed(page)
    return "\n".join(reader.parts)


class TestWeb(ChannelRules):
    channel = "web"

    def open(self, folder: Path) -> Mapping[str, object]:
        self._url = f"http://127.0.0.1:{self.house.port}"
        return {"port": self.house.port}

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self._url}/health", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def chat(self, name: str) -> WebChat:
        return WebChat(self._url)
