"""Webhooks as fal sends them: signed, and sometimes twice, late, early, forged or never."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
from collections.abc import Callable

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.services.fal.simulation.faults import Ledger, Sent
from core.services.fal.simulation.orders import CODES, REQUEST_CODES, Order

USER = "simulated"
_PATIENCE = 15.0
_PAUSES = (0.0, 1.0, 3.0, 9.0)
_LATE_SECONDS = 2.0
_STALE_SECONDS = 400.0
FORGERIES = ("forged", "stale", "tampered", "unknown_key")
"""These come first, and the true one after them."""


class Signer:
    """Signs webhooks; the same secret gives the same key in every process."""

    def __init__(self, secret: bytes = b"") -> None:
        seed = hashlib.sha256(b"simulated fal\n" + secret).digest() if secret else os.urandom(32)
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._other = Ed25519PrivateKey.generate()

    def key_set(self) -> dict[str, object]:
        """The JWKS: a key of former days beside the one in use."""
        return {"keys": [_as_jwk(Ed25519PrivateKey.generate(), "old"), _as_jwk(self._key, "now")]}

    def headers(self, request_id: str, body: bytes, now: float, kind: str = "") -> dict[str, str]:
        """The headers of a webhook; of one that must be refused, if `kind` is of FORGERIES."""
        stamp = str(int(now - (_STALE_SECONDS if kind == "stale" else 0)))
        signed = body + b" " if kind == "tampered" else body
        lines = (request_id, USER, stamp, hashlib.sha256(signed).hexdigest())
        key = self._other if kind == "unknown_key" else self._key
        signature = key.sign("\n".join(lines).encode()).hex()
        return {
            "Content-Type": "application/json",
            "X-Fal-Webhook-Request-Id": request_id,
            "X-Fal-Webhook-User-Id": USER,
            "X-Fal-Webhook-Timestamp": stamp,
            "X-Fal-Webhook-Signature": "00" * 64 if kind == "forged" else signature,
        }


class Webhooks:
    """Sends them when their time has come; lives in the server's event loop."""

    def __init__(self, signer: Signer, clock: Callable[[], float], ledger: Ledger | None) -> None:
        self._signer = signer
        self._clock = clock
        self.ledger = ledger
        self._client = httpx.AsyncClient(timeout=_PATIENCE, trust_env=False)
        self._tasks: set[asyncio.Task[None]] = set()

    def plan(self, order: Order, url: str, payload: object, fault: str) -> None:
        """Have an order's end told, in the way that a fault says."""
        if fault != "never":
            task = asyncio.create_task(self._tell(order, url, payload, fault))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await self._client.aclose()

    async def _tell(self, order: Order, url: str, payload: object, fault: str) -> None:
        wait = 0.0 if fault in ("early", "reordered") else order.ends - self._clock()
        await asyncio.sleep(max(0.0, wait) + (_LATE_SECONDS if fault == "late" else 0.0))
        body = _body(order, None if fault == "null_payload" else payload)
        if fault in FORGERIES:
            await self._send(order, url, body, fault)
        times = {"twice": 2, "ten": 10}.get(fault, 1)
        for _ in range(times):
            await self._send(order, url, body, "")

    async def _send(self, order: Order, url: str, body: bytes, kind: str) -> None:
        """One webhook, sent again where it meets with no answer or an error of the server."""
        for pause in _PAUSES:
            await asyncio.sleep(pause)
            headers = self._signer.headers(order.request_id, body, self._clock(), kind)
            try:
                answer = await self._client.post(url, content=body, headers=headers)
                status = answer.status_code
            except (httpx.HTTPError, httpx.InvalidURL):
                status = 0
            if self.ledger is not None:
                self.ledger.webhooks.append(Sent(order.run, kind, status))
            if 0 < status < 500 or kind:
                return


def _body(order: Order, payload: object) -> bytes:
    failed = order.outcome in CODES or order.outcome in REQUEST_CODES
    said = {
        "request_id": order.request_id,
        "gateway_request_id": order.request_id,
        "status": "ERROR" if failed else "OK",
        "payload": payload,
    }
    if failed:
        said["error"] = f"the request failed: {order.outcome}"
    return json.dumps(said).encode()


def _as_jwk(key: Ed25519PrivateKey, name: str) -> dict[str, str]:
    raw = key.public_key().public_bytes_raw()
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": name, "x": x}
