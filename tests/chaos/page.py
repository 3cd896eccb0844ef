"""The chat page without a browser: what its scripts ask and send, over HTTP, to any of its servers.

It does as `channels/web/looks/*.js`: a question for what is new waits at the server, what was sent
goes out in order until it was taken, and a press that nobody heard does not act later.
"""

from __future__ import annotations

import json
import random
import re
import secrets
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import urlencode

import urllib3

from tests.scenarios.contract import Chat, Sight
from tests.scenarios.house import House

AGAIN = (0, 502, 503, 504)
"""Answers after which the same is sent again; 0 where there was none."""
PAUSE = 3.0
"""Seconds before it is."""
UPLOADS = 2
"""So many files go up at once."""
QUESTION_SECONDS = 40.0
"""The server holds a question for 25 of them."""

_BUTTON = re.compile(r'<button [^>]*data-token="([^"]*)"[^>]*>(.*?)</button>', re.DOTALL)
_PICTURE = re.compile(r'<img src="([^"]*)"')
_TAG = re.compile(r"<[^>]*>")


class Answer(NamedTuple):
    status: int
    told: Any = None


@dataclass
class Letter:
    """What a person did: a text, a press, or files; `tries` before it was taken."""

    key: str
    shown: str
    files: int = 0
    pressed: bool = False
    tries: int = 0


class Page:
    """An open page of somebody whom the servers don't know yet."""

    def __init__(self, sites: Sequence[str], language: str) -> None:
        self.letters: list[Letter] = []
        """What was taken, in order."""
        self.broken: list[str] = []
        """What was refused for good, though nothing was wrong with it."""
        self.cookie = ""
        self._sites, self._language = sites, language
        self._newcomer = secrets.token_hex(16)
        self._http = urllib3.PoolManager(maxsize=4, retries=False)
        self._entries: dict[str, str] = {}
        self._view: Mapping[str, Any] | None = None
        self._lost = self._closed = False
        self._lock = threading.Lock()
        threading.Thread(target=self._follow, name="page", daemon=True).start()

    @property
    def visitor(self) -> str:
        """Who the servers take this browser for."""
        return self.cookie.partition("=")[2].strip('"').partition(".")[0]

    @property
    def sight(self) -> Sight:
        """The screen, what the bot has said since the person last spoke, and every button."""
        with self._lock:
            view, entries = self._view, dict(self._entries)
        if view is None:
            return Sight("", ())
        keys = [key for key in (*view["above"], *view["below"]) if key in entries]
        bubbles = [entries[key] for key in keys]
        spoken = max((n for n, html in enumerate(bubbles) if "bubble person" in html), default=-1)
        screen = view["screen"]
        texts = [_text(screen["words"]), *map(_text, bubbles[spoken + 1 :])]
        labels = [label for html in (screen["keyboard"], *bubbles) for label in _buttons(html)]
        return Sight("\n\n".join(texts), tuple(labels))

    def say(self, text: str, until: float) -> None:
        """Send it until it is taken."""
        self._send(Letter(uuid.uuid4().hex, text), until, text=text)

    def send_files(self, files: Sequence[tuple[str, str, bytes]], until: float) -> None:
        """Each with its name and its kind: they go up, and are sent then as one message."""
        with ThreadPoolExecutor(UPLOADS) as pool:
            sealed = list(pool.map(lambda file: self._upload(file, until), files))
        self._send(Letter(uuid.uuid4().hex, "", len(files)), until, files=sealed)

    def press(self, label: str, until: float) -> None:
        """Press what stands there; again, where nobody heard it and it still stands there."""
        letter = Letter("", label, pressed=True)
        while token := self._token(label):
            press = {"label": label, "token": token}
            if self._send(letter, until, press=press):
                return
            self._look_anew(until)
        if letter.tries == 0:
            raise AssertionError(f"{label!r} can't be pressed")
        self.letters.append(letter)  # it has acted, though its answer was lost

    def pictures(self, until: float) -> list[bytes]:
        """Every picture in sight, from whichever server."""
        with self._lock:
            drawn = [*self._entries.values(), (self._view or {})["screen"]["pictures"]]
        return [self._picture(path, until) for html in drawn for path in _PICTURE.findall(html)]

    def close(self) -> None:
        self._closed = True

    def _picture(self, path: str, until: float) -> bytes:
        while True:
            status, data = self._ask("GET", unescape(path))
            if status == 200:
                return bytes(data)
            if status not in AGAIN:
                raise AssertionError(f"a picture: {status}")
            _wait(PAUSE, until, "a picture")

    def _send(self, letter: Letter, until: float, **what: object) -> bool:
        """Whether it was taken. A press is not sent again by itself."""
        with self._lock:
            seen = self._view and self._view["seen"]
        body = json.dumps({"key": letter.key, "seen": seen, "known": self._known(), **what})
        while True:
            letter.tries += 1
            status, told = self._ask("POST", "/act", body.encode(), "application/json")
            if status == 200:
                self.letters.append(letter)
                if told["refused"]:
                    self.broken.append(f"{letter.shown!r} was too much")
                self._take(told)
                return True
            if status not in AGAIN:
                self.broken.append(f"{letter.shown!r}: {status}")
                return True
            if letter.pressed:
                return False
            _wait(PAUSE, until, f"{letter.shown!r} to be taken")

    def _upload(self, file: tuple[str, str, bytes], until: float) -> str:
        name, kind, data = file
        called = urlencode({"name": name, "key": uuid.uuid4().hex})
        while True:
            status, told = self._ask("POST", f"/upload?{called}", data, kind)
            if status == 200:
                return str(told["file"])
            if 0 < status < 500:
                raise AssertionError(f"{name} was refused: {status}")
            _wait(1.0, until, f"{name} to go up")

    def _follow(self) -> None:
        """Ask again and again what is to be seen."""
        while not self._closed:
            status, told = self._ask("GET" if self.cookie else "POST", f"/view?{self._question()}")
            if status == 200:
                self._lost = False
                self._take(told)
            elif status != 204:
                self._lost = True
                if status not in AGAIN:
                    self.broken.append(f"a look: {status}")
                time.sleep(PAUSE)

    def _question(self) -> str:
        with self._lock:
            view = self._view
        asked: dict[str, object] = {"known": 0 if self._lost else self._known()}
        if not self.cookie:
            asked["as"] = self._newcomer
        if view:
            asked |= {"motion": view["motion"], "wait": ""}
            asked |= {} if self._lost else {"after": view["stamp"]}
        return urlencode(asked)

    def _look_anew(self, until: float) -> None:
        """See what has come of a press that nobody answered."""
        while True:
            status, told = self._ask("GET", "/view?known=0")
            if status == 200:
                self._take(told)
                return
            _wait(PAUSE, until, "the page")

    def _take(self, told: Mapping[str, Any]) -> None:
        """See it, unless it is older than what is seen."""
        with self._lock:
            before = self._view
            if before and _is_older(told, before):
                return
            if before and told["of"] != before["of"]:
                self._entries.clear()
            keys = [*told["above"], *told["below"]]
            if not all(key in told["entries"] or key in self._entries for key in keys):
                self._lost = True
                return
            known = {**told["entries"], **self._entries}
            self._entries = {key: known[key] for key in keys}
            self._view = told

    def _known(self) -> int:
        with self._lock:
            return max((int(key.partition("-")[0]) for key in self._entries), default=0)

    def _token(self, label: str) -> str:
        """What a button means; the screen's before those of what came beside it."""
        with self._lock:
            view, bubbles = self._view, list(self._entries.values())
        found = [
            _buttons(html)
            for html in ((view or {}).get("screen", {}).get("keyboard", ""), *bubbles)
        ]
        return next((buttons[label] for buttons in found if label in buttons), "")

    def _ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Answer:
        """From one server or the other, as a balancer chooses that knows nothing of anybody."""
        headers = {"Accept-Language": self._language}
        headers |= {"Cookie": self.cookie} if self.cookie else {}
        headers |= {"Content-Type": kind} if kind else {}
        try:
            answer = self._http.request(
                method, random.choice(self._sites) + path, body=body or None, headers=headers,
                timeout=urllib3.Timeout(connect=5.0, read=QUESTION_SECONDS),
            )  # fmt: skip
            is_told = answer.headers.get("Content-Type") == "application/json"
            told = json.loads(answer.data) if is_told else answer.data
        except (urllib3.exceptions.HTTPError, OSError):
            return Answer(0)
        if greeted := answer.headers.get("Set-Cookie", ""):
            self.cookie = greeted.partition(";")[0]
        return Answer(answer.status, told)


class PageChat(Chat):
    """Somebody whose page is served by either host, a request after the other."""

    channel = "web"

    def __init__(
        self, house: House, sites: Sequence[str], language: str, patience: float = Chat.patience
    ) -> None:
        super().__init__(house, language)
        self.patience = patience
        self.page = Page(sites, language)
        self.wait_for(lambda sight: bool(sight.labels), "the page")
        self.address = self.page.visitor

    @property
    def sight(self) -> Sight:
        return self.page.sight

    @property
    def received(self) -> list[bytes]:
        return self.page.pictures(self._until)

    def say(self, text: str) -> None:
        self.page.say(text, self._until)

    def send_photos(self, photos: Sequence[bytes]) -> None:
        files = [(f"{n}.jpg", "image/jpeg", data) for n, data in enumerate(photos)]
        self.page.send_files(files, self._until)

    def send_file(self, name: str, data: bytes) -> None:
        self.page.send_files([(name, "application/octet-stream", data)], self._until)

    def press_label(self, label: str) -> None:
        self.page.press(label, self._until)

    def pause(self) -> None:
        time.sleep(0.1)

    def close(self) -> None:
        self.page.close()

    @property
    def _until(self) -> float:
        return time.monotonic() + self.patience


def _is_older(told: Mapping[str, Any], seen: Mapping[str, Any]) -> bool:
    if told["of"] == seen["of"] and told["revision"] != seen["revision"]:
        return bool(told["revision"] < seen["revision"])
    return bool(told["at"] < seen["at"])


def _buttons(html: str) -> dict[str, str]:
    """Tokens by the label that they stand under."""
    return {_text(label): unescape(token) for token, label in _BUTTON.findall(html)}


def _text(html: str) -> str:
    """What is read."""
    return unescape(_TAG.sub("\n", _BUTTON.sub("", html))).strip("\n")


def _wait(seconds: float, until: float, what: str) -> None:
    if time.monotonic() > until:
        raise AssertionError(f"waited for {what} in vain")
    time.sleep(seconds)
