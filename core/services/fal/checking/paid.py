"""The facts that only an order can tell: the smallest training, of drawn pictures."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO

import httpx

from core.avatars.ports import Failure, TrainingOrder, Unreachable
from core.avatars.training import arrivals
from core.services.drawings.photo_tips import EXAMPLES, example
from core.services.fal import platform
from core.services.fal.archive import zipped
from core.services.fal.checking.free import Place
from core.services.fal.checking.transcript import Fact, found, said
from core.services.fal.profiles import UnexpectedResult, trainers
from core.services.fal.uploads import Uploads
from core.services.fal.wire import Answer, same_origin

STEPS = 100
POLL_SECONDS = 10.0
LONGEST_POLLS = 720
"""Two hours."""
GONE_POLLS = 6
_STATUSES = {"IN_QUEUE": 202, "IN_PROGRESS": 202, "COMPLETED": 200}


@dataclass(frozen=True, slots=True)
class Cheapest:
    """The trainer that costs least by the configured prices, and what STEPS of it cost."""

    profile: str
    endpoint: str
    usd: float


def cheapest(place: Place) -> Cheapest | None:
    """None where no price is configured. Models that stay at fal are not made."""
    known = []
    for name, profile in trainers.BY_NAME.items():
        usd = trainers.section(place.settings, name).usd_per_step
        if usd and profile.parse is trainers.weights:
            known.append(Cheapest(name, profile.endpoint, round(usd * STEPS, 2)))
    return min(known, key=lambda one: one.usd, default=None)


def paid_facts(place: Place, chosen: Cheapest, sleep: Callable[[float], object]) -> Iterator[Fact]:
    """Order one training by one request, follow it to its end, and have it deleted."""
    with zipped((f"{n}.jpg", _drawn(name)) for n, name in enumerate(EXAMPLES)) as file:
        try:
            url = Uploads(place.settings, place.wire).send(file, "photos.zip")
        except Unreachable as away:
            yield Fact("the upload of the photos", "an address", away.failure.error_type, False)
            return
    word = f"lk{uuid.uuid4().hex[:10]}"
    answer = _order(place, chosen, url, word)
    body = found(answer)
    names = ("request_id", "response_url", "status_url", "cancel_url")
    there = [name for name in names if isinstance(body.get(name), str) and body[name]]
    got = ", ".join(there) or said(answer)
    yield Fact("the answer to an order", ", ".join(names), got, len(there) == len(names))
    if "request_id" not in there:
        return
    own = all(same_origin(str(body[name]), place.settings.queue_url) for name in there[1:])
    yield Fact("its addresses", "at the queue's host", "so" if own else "elsewhere", own)
    yield from _Following(place, chosen, word, str(body["request_id"]), sleep).facts()


def _drawn(name: str) -> Callable[[], bytes]:
    return lambda: example(name)


def _order(place: Place, chosen: Cheapest, url: str, word: str) -> Answer | Failure:
    """The one POST; it is never repeated."""
    section = trainers.section(place.settings, chosen.profile).model_copy(update={"steps": STEPS})
    order = TrainingOrder(str(uuid.uuid4()), "portrait", "character", word, chosen.profile)
    arguments = trainers.BY_NAME[chosen.profile].build(order, url, section)
    return place.transcript.ask(
        f"{{queue}}/{chosen.endpoint}", "POST", f"{place.settings.queue_url}/{chosen.endpoint}",
        client=place.wire.orders, headers={**place.key, **place.wire.lifecycle}, json=arguments,
        seconds=place.settings.submit_seconds, timeout=place.settings.submit_seconds,
    )  # fmt: skip


@dataclass
class _Following:
    """One order on its way to the end."""

    place: Place
    chosen: Cheapest
    word: str
    request_id: str
    sleep: Callable[[float], object]
    seen: dict[str, int] = field(default_factory=dict)

    def facts(self) -> Iterator[Fact]:
        listed = self._listed()
        ended = self._wait()
        right = bool(self.seen) and all(_STATUSES.get(w) == c for w, c in self.seen.items())
        got = ", ".join(f"{word} {code}" for word, code in self.seen.items()) or "none"
        wanted = ", ".join(f"{word} {code}" for word, code in _STATUSES.items())
        yield Fact("its statuses", wanted, got, right)
        yield listed if listed.ok else self._listed()
        if not ended:
            yield Fact("its end", "COMPLETED", "none in two hours", False)
            return
        answer = self._ask("GET", "", "{the result}")
        url = _weights_url(answer)
        yield Fact(
            "its result", "diffusers_lora_file.url", "it" if url else said(answer), bool(url)
        )
        if url:
            yield self._arrived(url)
            yield from self._deleted(url)

    def _listed(self) -> Fact:
        expected = "listed with what was ordered"
        try:
            url = f"{self.place.settings.platform}/models/requests/by-endpoint"
            asked = {"endpoint_id": self.chosen.endpoint, "request_id": self.request_id,
                     "expand": "payloads", "limit": 5}  # fmt: skip
            answer = self.place.transcript.ask(
                "{api}/models/requests/by-endpoint of the order", "GET", url,
                headers=self.place.platform_key, params=asked,
            )  # fmt: skip
            items = found(answer).get("items")
            found_there = map(platform.listed, items or ())
            one = next(one for one in found_there if one.request_id == self.request_id)
        except (StopIteration, AttributeError, TypeError):
            return Fact("the order in the list of requests", expected, said(answer), False)
        ok = one.says(self.word)
        got = expected if ok else "listed without it"
        return Fact("the order in the list of requests", expected, got, ok)

    def _wait(self) -> bool:
        """Whether it ended; a status that can't be had now is asked for again."""
        for _ in range(LONGEST_POLLS):
            answer = self._ask("GET", "/status", "{the status}")
            word = str(found(answer).get("status", ""))
            if word and isinstance(answer, Answer):
                self.seen[word if word in _STATUSES else "another"] = answer.status
            if word == "COMPLETED":
                return True
            self.sleep(POLL_SECONDS)
        return False

    def _ask(self, method: str, end: str, what: str) -> Answer | Failure:
        owner, alias = self.chosen.endpoint.split("/")[:2]
        base = f"{self.place.settings.queue_url}/{owner}/{alias}/requests/{self.request_id}"
        params = {"logs": "1"} if end else {}
        return self.place.transcript.ask(
            what, method, f"{base}{end}", headers=self.place.key, params=params
        )

    def _arrived(self, url: str) -> Fact:
        """Whether the trained file can be fetched without a key, and is a model."""
        name, expected = "the trained file", "a safetensors file"
        with tempfile.TemporaryFile(prefix="likeness-") as file:
            try:
                size = _fetched(self.place, url, file)
                arrivals.check("weights", file, size)
            except (httpx.HTTPError, arrivals.NotWhatWasOrdered) as error:
                return Fact(name, expected, _why(error), False)
        return Fact(name, expected, expected, True)

    def _deleted(self, url: str) -> Iterator[Fact]:
        answer = self.place.transcript.ask(
            "{api}/models/requests/{the order}/payloads", "DELETE",
            f"{self.place.settings.platform}/models/requests/{self.request_id}/payloads",
            headers=self.place.platform_key,
        )  # fmt: skip
        ok = isinstance(answer, Answer) and answer.good
        yield Fact("the deletion of its data", "200", said(answer), ok)
        if not ok:
            return
        left: Answer | Failure
        for _ in range(GONE_POLLS):
            left = self.place.transcript.ask(
                "{the trained file}, its first byte", "GET", url, client=self.place.wire.files,
                headers={"Range": "bytes=0-0"},
            )  # fmt: skip
            gone = isinstance(left, Answer) and left.status in (403, 404, 410)
            if gone:
                break
            self.sleep(POLL_SECONDS)
        yield Fact("the trained file after that", "404", said(left), gone)


def _weights_url(answer: Answer | Failure) -> str:
    try:
        return str(trainers.weights(found(answer))["weights_url"])
    except UnexpectedResult:
        return ""


def _fetched(place: Place, url: str, file: IO[bytes]) -> int:
    """Download without a key; how many bytes."""
    size = 0
    with place.wire.files.stream("GET", url) as response:
        place.transcript.note(f"GET {{the trained file}} -> {response.status_code}")
        response.raise_for_status()
        for piece in response.iter_bytes():
            size += len(piece)
            file.write(piece)
            if size > place.settings.weights_bytes:
                raise arrivals.NotWhatWasOrdered("it is larger than allowed")
    file.flush()
    return size


def _why(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return str(error.response.status_code)
    return error.why if isinstance(error, arrivals.NotWhatWasOrdered) else type(error).__name__
