"""What was asked and answered, without a key, a name, an id or an address that opens anything."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from core.avatars.ports import Failure
from core.services.fal.errors import normalise
from core.services.fal.wire import Answer, Broken, Wire

SHOWN = ("status", "type", "error_type", "unit", "currency", "token_type", "msg",
         "detail", "message", "error", "kty", "crv", "exception")  # fmt: skip
"""The texts that are shown, made harmless; of all others only that they are texts."""
NUMBERS = ("unit_price", "queue_position", "inference_time", "status_code", "file_size")
_PLAIN = re.compile(r"[A-Za-z][\w-]{0,40}", re.ASCII)
_ENDPOINT = re.compile(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9.-]*){1,4}")
_DEEPEST, _LONGEST = 6, 3


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that the code stands on; `ok` is None where it can't be known here."""

    name: str
    expected: str
    got: str
    ok: bool | None

    def line(self) -> str:
        word = {True: "ok", False: "DIFFERS", None: "unknown"}[self.ok]
        return f"{word:<8} {self.name}: expected {self.expected}, got {self.got}"


class Transcript:
    """Asks fal, and keeps what came of it in lines fit to be sent to anybody."""

    def __init__(self, wire: Wire, secrets: tuple[str, ...]) -> None:
        self._wire = wire
        self._secrets = tuple(secret for secret in secrets if secret)
        self.lines: list[str] = []

    def ask(
        self, what: str, method: str, url: str, client: httpx.Client | None = None, **more: Any
    ) -> Answer | Failure:
        """One request and its answer, or why there is none; `what` names it in the transcript."""
        try:
            answer = self._wire.exchange(client or self._wire.api, method, url, **more)
        except Broken as broken:
            self.note(f"{method} {what} -> {broken.failure.error_type}")
            return broken.failure
        kind = answer.headers.get("content-type", "").partition(";")[0]
        self.note(f"{method} {what} -> {answer.status} {kind or '-'} {shape(answer.body)}")
        return answer

    def note(self, line: str) -> None:
        for secret in self._secrets:
            line = line.replace(secret, "(key)")
        self.lines.append(line)


def shape(body: object, name: str = "", depth: int = 0) -> str:
    """What an answer looks like: names, kinds, and the few words that tell nothing of anybody."""
    if depth > _DEEPEST:
        return "…"
    if isinstance(body, Mapping):
        inner = (f"{_key(key)}: {shape(value, str(key), depth + 1)}" for key, value in body.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(body, list):
        inner = (shape(value, name, depth + 1) for value in body[:_LONGEST])
        more = f", … {len(body)} in all" if len(body) > _LONGEST else ""
        return "[" + ", ".join(inner) + more + "]"
    if isinstance(body, str):
        return _text(body, name)
    if isinstance(body, bool) or body is None:
        return json.dumps(body)
    return str(body) if name in NUMBERS else "number"


def _key(name: object) -> str:
    return str(name) if _PLAIN.fullmatch(str(name)) else "(name)"


def _text(said: str, name: str) -> str:
    if name == "endpoint_id" and _ENDPOINT.fullmatch(said):
        return said
    return repr(normalise(said)[:80]) if name in SHOWN else "text"


def said(answer: Answer | Failure) -> str:
    """An answer in a word, for the "got" of a fact."""
    if isinstance(answer, Failure):
        return answer.error_type
    own = "" if answer.good else answer.failure("status").error_type
    if own in ("", f"http_{answer.status}"):
        return str(answer.status)
    return f"{answer.status} ({own})"


def found(answer: Answer | Failure) -> Mapping[str, Any]:
    """The JSON object of a good answer; empty where it is none."""
    good = isinstance(answer, Answer) and answer.good and isinstance(answer.body, Mapping)
    return answer.body if isinstance(answer, Answer) and good else {}
