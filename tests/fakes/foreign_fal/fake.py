"""What a stranger's fal knows: orders, files, and how it reads what the protocol leaves open."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.fakes.foreign_fal.door import Server
from tests.fakes.foreign_fal.painting import PAINTERS, painted
from tests.fakes.foreign_fal.weather import ERRORS, Choice, error, fair


@dataclass(frozen=True)
class Liberties:
    """How a stranger reads what the protocol leaves open."""

    codes: tuple[int, int] = (202, 202)
    """Of the status while it waits, and while it trains."""
    logs: str = "bar"
    """"bar", "null", or "" for none at all."""
    position: int | None = 0
    """None is an answer without it."""
    tokens: bool = True
    """Whether the CDN takes uploads; else the storage alone does."""
    addresses: str = "{base}/{app}/requests/{id}"
    """Of an order's result; its status and its cancellation are below it."""
    extra: bool = False
    """Fields that nobody has heard of, and null where something is not known."""
    sizes: bool = True
    """Whether a download announces its size."""
    key: int = 0
    """Which of the two keys signs."""
    payload: bool = True
    """Else webhooks have a `payload_error` in its place."""
    http: str = "HTTP/1.1"

    def __str__(self) -> str:
        return f"{self.http} {self.logs or 'no logs'}"


@dataclass
class Order:
    """What was ordered, by whom, and how it stands."""

    id: str
    endpoint: str
    arguments: dict[str, Any]
    headers: dict[str, str]
    webhook: str
    run: str = ""
    """Who it is for, by the caller's own name, without hyphens."""
    outcome: str = ""
    """How it ends, where not well: see `weather`."""
    at: float = field(default_factory=time.monotonic)
    sent_at: float = field(default_factory=time.time)
    polls: int = 0
    cancelled: bool = False
    heard: list[int] = field(default_factory=list)
    """What its webhook was answered."""


class ForeignFal:
    """One server, or three: `queue`, `rest` and `cdn` are where they answer."""

    def __init__(
        self, liberties: Liberties, seconds: float = 2.0, apart: bool = False, key: str = "a:b"
    ) -> None:
        self.liberties, self.seconds, self.key = liberties, seconds, key
        self.new_id: Callable[[], str] = lambda: str(uuid.uuid4())
        self.orders: list[Order] = []
        self.files: dict[str, bytes] = {}
        self.file_headers: dict[str, dict[str, str]] = {}
        self.prices: dict[str, float] = {}
        """US dollars a step, by endpoint."""
        self.admin = True
        """Whether the key may list and delete requests."""
        self.page = 2
        """Requests of a page of its list: a stingy stranger's. fal's has 100."""
        self.deleted: list[str] = []
        """The request ids whose payloads and files were deleted."""
        self.instead: Callable[[Any], None] | None = None
        """Answers in the place of a trained file, where it is set; it is given the connection."""
        self.weather: Choice = fair
        """What goes wrong: see `weather`."""
        self.garbled: Counter[str] = Counter()
        """How many pictures of an order were answered with something else, by its id."""
        self.wrong: list[str] = []
        """What a caller did that the protocol does not allow."""
        self._lock = threading.Lock()
        self._signers = [Ed25519PrivateKey.generate() for _ in range(2)]
        self._servers = [Server(self) for _ in range(3 if apart else 1)]
        bases = [server.base for server in self._servers]
        self.queue, self.rest, self.cdn = bases if apart else bases * 3

    def take(
        self, endpoint: str, arguments: dict[str, Any], headers: dict[str, str], webhook: str
    ) -> Order:
        """A paid order; its webhook comes when it is done."""
        run = self.run_of(headers)
        outcome = self.weather("picture", run) if endpoint in PAINTERS else ""
        order = Order(self.new_id(), endpoint, arguments, headers, webhook, run, outcome)
        with self._lock:
            self.orders.append(order)
        if webhook:
            threading.Thread(target=self.call, args=(order,), daemon=True).start()
        return order

    def order(self, endpoint: str) -> Order:
        """The only order that an endpoint has had."""
        (found,) = [order for order in self.orders if order.endpoint == endpoint]
        return found

    def taken(self, request_id: str) -> Order:
        return next(order for order in self.orders if order.id == request_id)

    def run_of(self, headers: Mapping[str, str]) -> str:
        """The caller's own name of what it orders."""
        named = {name.lower(): value for name, value in headers.items()}
        return named.get("x-likeness-run", "").replace("-", "")

    def jwks(self) -> dict[str, Any]:
        public = [signer.public_key().public_bytes_raw() for signer in self._signers]
        return {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": _written(x)} for x in public]}

    def training_of(self, order: Order) -> str:
        """Its status at the moment."""
        passed = time.monotonic() - order.at
        if passed >= self.seconds or order.cancelled:
            return "COMPLETED"
        return "IN_PROGRESS" if passed >= self.seconds / 3 else "IN_QUEUE"

    def result(self, order: Order) -> dict[str, Any]:
        if order.endpoint in PAINTERS:
            return painted(self.cdn, order, self.liberties.extra)
        if order.endpoint == "fal-ai/flux-pro-trainer":
            return {"finetune_id": f"ft-{order.id}", **self._more(order)}
        found = {
            "diffusers_lora_file": {"url": f"{self.cdn}/out/{order.id}/lora.safetensors"},
            "config_file": {"url": f"{self.cdn}/out/{order.id}/config.json"},
        }
        if self.liberties.extra:
            for file in found.values():
                file |= {"content_type": None, "file_name": None, "file_size": None}  # type: ignore[dict-item]
        return {**found, **self._more(order)}

    def call(self, order: Order) -> None:
        """Tell of an order's end, as soon as it is there; or as the weather has it."""
        fault = self.weather("webhook", order.run)
        late = 2.0 if fault == "late" else 0.0
        if fault != "early":
            time.sleep(max(0.0, order.at + self.seconds + late - time.monotonic()))
        for _ in range({"never": 0, "twice": 2}.get(fault, 1)):
            self._tell(order)

    def _tell(self, order: Order) -> None:
        body = json.dumps(self._told(order)).encode()
        with suppress(OSError):
            asked = urllib.request.Request(order.webhook, body, self.signed(order.id, body))
            with urllib.request.build_opener(_NoProxy).open(asked, timeout=15) as answer:
                order.heard.append(answer.status)

    def _told(self, order: Order) -> dict[str, Any]:
        said = {"request_id": order.id, "gateway_request_id": order.id, "status": "OK"}
        if order.outcome in ERRORS:
            return {**said, "status": "ERROR", "error": order.outcome, "payload": error(order)[1]}
        if not self.liberties.payload:
            return {**said, "payload": None, "payload_error": "Payload is too large to be sent."}
        return {**said, "payload": self.result(order)}

    def signed(self, request_id: str, body: bytes) -> dict[str, str]:
        at = str(int(time.time()))
        text = f"{request_id}\nuser-1\n{at}\n{hashlib.sha256(body).hexdigest()}".encode()
        return {
            "Content-Type": "application/json",
            "X-Fal-Webhook-Request-Id": request_id,
            "X-Fal-Webhook-User-Id": "user-1",
            "X-Fal-Webhook-Timestamp": at,
            "X-Fal-Webhook-Signature": self._signers[self.liberties.key].sign(text).hex(),
        }

    def _more(self, order: Order) -> dict[str, Any]:
        return {"seed": 7, "debug_info": {"steps": None}} if self.liberties.extra else {}

    def start(self) -> None:
        for server in self._servers:
            server.start()

    def stop(self) -> None:
        for server in self._servers:
            server.stop()


@contextmanager
def foreign_fal(liberties: Liberties, **how: Any) -> Iterator[ForeignFal]:
    """One that runs; where a caller broke the protocol, it says so in the end."""
    fal = ForeignFal(liberties, **how)
    fal.start()
    try:
        yield fal
    finally:
        fal.stop()
    assert not fal.wrong, fal.wrong


class _NoProxy(urllib.request.ProxyHandler):
    def __init__(self) -> None:
        super().__init__({})


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
