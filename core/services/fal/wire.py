"""HTTP as fal is spoken to: bounded patience, bounded answers, the key only where it belongs."""

from __future__ import annotations

import json
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from core.avatars.ports import Failure, Observation, Observe, Phase, TrainerError, Unreachable
from core.base import proxies
from core.base.settings.product.fal import Fal
from core.services.fal import answers, errors

ANSWER_BYTES = 8 * 2**20
"""More than any answer has; a training's logs are the longest."""
_IDLE_SECONDS = 4.0
"""A connection unused for longer is not used again: the other side may have closed it."""
_NO_CONNECTION = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError,
    httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError,
)  # fmt: skip
"""UnicodeError is about addresses too: half a letter, or a name of a host that is none."""


class Broken(Exception):
    """No whole answer came; `sent` is False where certainly nothing had been sent either."""

    def __init__(self, failure: Failure, sent: bool) -> None:
        super().__init__(failure.error_type)
        self.failure = failure
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; `body` is its JSON, None where it is none."""

    status: int
    headers: Mapping[str, str]
    body: Any
    text: str

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    def failure(self, phase: Phase) -> Failure:
        return errors.classified(self.status, self.headers, self.body, phase, self.text)


@dataclass(slots=True)
class Note:
    """What came of one call, while it is going on."""

    status: int | None = None
    failure: Failure | None = None
    request_id: str = ""


class Wire:
    """Connections to fal; any number of threads may use them.

    They go through the proxy of the settings, if there is one and fal is not on this machine.
    `awake` is called before each request.
    """

    def __init__(
        self,
        settings: Fal,
        observe: Observe,
        test_mode: bool = False,
        awake: Callable[[], object] = lambda: None,
    ) -> None:
        self._settings = settings
        self._observe = observe
        self._test_mode = test_mode
        key = settings.key.get_secret_value()
        self._key = {"Authorization": f"Key {key}"} if key else {}
        kept_seconds = {"expiration_duration_seconds": settings.output_hours * 3600}
        self.lifecycle = {"X-Fal-Object-Lifecycle-Preference": json.dumps(kept_seconds)}
        kept = httpx.Limits(max_connections=100, keepalive_expiry=_IDLE_SECONDS)
        unkept = httpx.Limits(max_connections=100, max_keepalive_connections=0)
        patience = httpx.Timeout(settings.answer_seconds, connect=settings.connect_seconds)
        hooks = {"request": [lambda _: awake()]}
        way = {"timeout": patience, "event_hooks": hooks, **proxies.way(settings.proxy)}

        def client(limits: httpx.Limits, follow_redirects: bool = False) -> httpx.Client:
            return httpx.Client(limits=limits, follow_redirects=follow_redirects, **way)

        self.api = client(kept)
        self.orders = client(unkept)  # a fresh connection each: a stale one leaves doubts
        self.files = client(kept, follow_redirects=True)  # never sees the key
        clients = (self.api, self.orders, self.files)
        self.close = weakref.finalize(self, _close, clients)
        """Also called when nobody holds this any more."""

    def ask(
        self, method: str, url: str, more_headers: Mapping[str, str] | None = None, **arguments: Any
    ) -> Answer:
        """One request with the key, on a kept connection; raises Broken."""
        headers = {**(more_headers or {}), **self._key}
        return self.exchange(self.api, method, url, headers=headers, **arguments)

    def order(self, url: str, arguments: object, run_id: str, webhook_url: str) -> Answer:
        """The one POST that costs money, never repeated; raises Broken."""
        patience = httpx.Timeout(
            self._settings.submit_seconds, connect=self._settings.connect_seconds
        )
        return self.exchange(
            self.orders, "POST", url,
            headers={**self._key, **self.lifecycle, "X-Likeness-Run": run_id}, json=arguments,
            params={"fal_webhook": webhook_url} if webhook_url else {},
            timeout=patience, seconds=self._settings.submit_seconds,
        )  # fmt: skip

    def exchange(
        self, client: httpx.Client, method: str, url: str, seconds: float | None = None, **more: Any
    ) -> Answer:
        """One request and its whole answer, at most so many seconds after the sending."""
        patience = seconds or self._settings.answer_seconds
        try:
            with client.stream(method, url, **more) as response:
                content = bounded(response, time.monotonic() + patience)
        except _NO_CONNECTION as error:
            raise Broken(_failure(error), sent=False) from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise Broken(_failure(error), sent=True) from error
        text = content[: errors.LONGEST_MESSAGE * 4].decode("utf-8", "replace")
        shown = text if "html" not in response.headers.get("content-type", "") else ""
        return Answer(response.status_code, response.headers, answers.parsed(content), shown)

    @contextmanager
    def observed(
        self, run_id: str, endpoint: str, phase: Phase, request_id: str = ""
    ) -> Iterator[Note]:
        """Report what happens inside as one Observation; what isn't fal's doing is not reported."""
        start = time.monotonic()
        note = Note(request_id=request_id)
        try:
            yield note
        except TrainerError as error:
            note.failure = error.failure
            self._report(run_id, endpoint, phase, note, start)
            raise
        self._report(run_id, endpoint, phase, note, start)

    def _report(self, run_id: str, endpoint: str, phase: Phase, note: Note, start: float) -> None:
        failure = note.failure or Failure("", "", "")
        self._observe(
            Observation(
                run_id=run_id,
                endpoint=endpoint,
                phase=phase,
                ok=note.failure is None,
                http_status=failure.http_status or note.status,
                error_type=failure.error_type,
                error_class=failure.error_class,
                message=failure.message,
                seconds=time.monotonic() - start,
                request_id=note.request_id,
                test_mode=self._test_mode and bool(run_id),
            )
        )


@contextmanager
def reaching() -> Iterator[None]:
    """Tell a broken exchange as Unreachable."""
    try:
        yield
    except Broken as broken:
        raise Unreachable(broken.failure) from broken


def broken_by(error: Exception) -> Failure:
    """The failure of an exchange that httpx gave up."""
    return _failure(error)


def bad_answer(status: int | None, why: str) -> Failure:
    """An answer that can't be understood."""
    return Failure("bad_answer", "retry", why, status)


def same_origin(url: str, other: str) -> bool:
    """Whether both name the same scheme, host and port, so that the key may go there."""
    try:
        mine, yours = httpx.URL(url), httpx.URL(other)
        same = (mine.scheme, mine.host, mine.port) == (yours.scheme, yours.host, yours.port)
    except (httpx.InvalidURL, UnicodeError):
        return False
    return same and "@" not in urlsplit(url).netloc


def _close(clients: tuple[httpx.Client, ...]) -> None:
    for client in clients:
        client.close()


def bounded(response: httpx.Response, deadline: float) -> bytes:
    """The answer's bytes; of an error as many as came, for its code says enough."""
    content = bytearray()
    try:
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > ANSWER_BYTES:
                raise httpx.DecodingError("the answer is too long", request=response.request)
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout("the answer takes too long", request=response.request)
    except httpx.HTTPError:
        if response.is_success:
            raise
    return bytes(content)


def _failure(error: Exception) -> Failure:
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | UnicodeError):
        return Failure("bad_address", "operator", "the address can't be used")
    if isinstance(error, _NO_CONNECTION):
        return Failure("connection_failed", "retry", "no connection could be made")
    if isinstance(error, httpx.TimeoutException):
        return Failure("timeout", "retry", "no answer in time")
    if isinstance(error, httpx.TransportError):
        return Failure("connection_broken", "retry", "the connection broke")
    return Failure("bad_answer", "retry", "the answer can't be read")
