"""Whether a webhook was really sent by fal, and to whose address it came."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
import uuid
from collections.abc import Callable, Mapping

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.avatars.ports import Failure, Forged, Unreachable, Verified
from core.services.fal import answers
from core.services.fal.wire import bounded

KEEP_SECONDS = 24 * 3600.0
REFETCH_SECONDS = 60.0
TOLERANCE_SECONDS = 300
_NAMES = ("Request-Id", "User-Id", "Timestamp", "Signature")
_FETCH_SECONDS = 5.0
_MARK_BYTES = 16


class Verifier:
    """Checks webhooks by the keys at `jwks_url`; `clock` gives seconds since 1970.

    Any number of threads may use it.
    """

    def __init__(
        self, jwks_url: str, client: httpx.Client, clock: Callable[[], float] = time.time
    ) -> None:
        self._url = jwks_url
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: tuple[Ed25519PublicKey, ...] = ()
        self._fetched = float("-inf")
        self._tried = float("-inf")

    def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:
        """What the webhook says; raises Forged, or Unreachable where the keys can't be had now.

        Reasons of Forged: missing_header, stale, bad_signature, bad_body, other_request.
        """
        lower = {name.lower(): value for name, value in headers.items()}
        given = [lower.get(f"x-fal-webhook-{name.lower()}", "") for name in _NAMES]
        if not all(given):
            raise Forged("missing_header")
        request_id, user_id, timestamp, signature = given
        self._check_time(timestamp)
        digest = hashlib.sha256(body).hexdigest()
        message = f"{request_id}\n{user_id}\n{timestamp}\n{digest}".encode()
        self._check_signature(message, signature)
        return Verified(request_id, user_id, _status(body, request_id))

    def _check_time(self, timestamp: str) -> None:
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
            raise Forged("stale")
        if abs(self._clock() - int(timestamp)) > TOLERANCE_SECONDS:
            raise Forged("stale")

    def _check_signature(self, message: bytes, signature: str) -> None:
        try:
            raw = bytes.fromhex(signature)
        except ValueError as error:
            raise Forged("bad_signature") from error
        known = self._current()
        if _signed(known, raw, message):
            return
        fresh = self._refetched(known)
        if fresh is known or not _signed(fresh, raw, message):
            raise Forged("bad_signature")

    def _current(self) -> tuple[Ed25519PublicKey, ...]:
        """The keys, fetched where there are none or they are a day old."""
        with self._lock:
            now = self._clock()
            if not 0 <= now - self._fetched < KEEP_SECONDS:
                if 0 <= now - self._tried < REFETCH_SECONDS:
                    raise Unreachable(_no_keys())
                self._fetch(now)
            return self._keys

    def _refetched(self, known: tuple[Ed25519PublicKey, ...]) -> tuple[Ed25519PublicKey, ...]:
        """The keys as they are now, at most once a minute: fal may have a new one."""
        with self._lock:
            now = self._clock()
            if self._keys is known and not 0 <= now - self._tried < REFETCH_SECONDS:
                self._fetch(now)
            return self._keys

    def _fetch(self, now: float) -> None:
        self._tried = now
        try:
            with self._client.stream(
                "GET", self._url, timeout=_FETCH_SECONDS, follow_redirects=False,
                headers={"Accept": "application/json"},
            ) as response:  # fmt: skip
                told = answers.parsed(bounded(response, time.monotonic() + _FETCH_SECONDS))
            keys = readable_keys(told) if response.status_code == 200 else ()
        except httpx.HTTPError as error:
            raise Unreachable(_no_keys()) from error
        if not keys:
            raise Unreachable(_no_keys())
        self._keys, self._fetched = keys, now


def token_of(secret: bytes, submission_id: str) -> str:
    """A submission's name for the address of its webhook, which nobody else can make up."""
    named = uuid.UUID(submission_id).bytes
    return _written(named + _mark(secret, named))


def name_of(secret: bytes, token: str) -> str | None:
    """The submission that a token names, or the run, as earlier addresses did.

    None where it is not one of ours.
    """
    try:
        raw = _read(token)
    except ValueError:
        return None
    named, mark = raw[:16], raw[16:]
    genuine = len(named) == 16 and hmac.compare_digest(mark, _mark(secret, named))
    return str(uuid.UUID(bytes=named)) if genuine and _written(raw) == token else None


def _signed(keys: tuple[Ed25519PublicKey, ...], signature: bytes, message: bytes) -> bool:
    for key in keys:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            continue
        return True
    return False


def _status(body: bytes, request_id: str) -> str:
    """ "OK" or "ERROR"; the body may speak of no other request than its headers."""
    said = answers.parsed(body)
    if not isinstance(said, dict):
        raise Forged("bad_body")
    named = [said[name] for name in ("request_id", "gateway_request_id") if said.get(name)]
    if named and request_id not in named:
        raise Forged("other_request")
    return "OK" if said.get("status") == "OK" else "ERROR"


def readable_keys(found: object) -> tuple[Ed25519PublicKey, ...]:
    """The Ed25519 keys of a key set; what is none is passed over."""
    listed = found.get("keys") if isinstance(found, Mapping) else None
    keys = [_key(item) for item in (listed if isinstance(listed, list) else [])]
    return tuple(key for key in keys if key is not None)


def _key(item: object) -> Ed25519PublicKey | None:
    x = item.get("x") if isinstance(item, Mapping) else None
    try:
        return Ed25519PublicKey.from_public_bytes(_read(x)) if isinstance(x, str) else None
    except ValueError:
        return None


def _mark(secret: bytes, named: bytes) -> bytes:
    return hmac.digest(secret, b"fal webhook\n" + named, "sha256")[:_MARK_BYTES]


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _read(text: str) -> bytes:
    """Bytes of base64url without padding; ValueError where it isn't that."""
    bare = text.rstrip("=").encode("ascii")
    return base64.b64decode(bare + b"=" * (-len(bare) % 4), altchars=b"-_", validate=True)


def _no_keys() -> Failure:
    return Failure("no_keys", "retry", "the keys of webhooks can't be had")
