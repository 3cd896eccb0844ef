"""Webhooks: believed only where fal signed them just now, and sent in every way that fal may."""

import base64
import hashlib
import http.server
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from core.avatars.ports import Forged, TrainingOrder, Unreachable
from core.base.settings import Settings
from core.services.fal import FalTrainer, Verifier, name_of, token_of, wire
from core.services.fal.simulation import FalServer
from core.services.fal.simulation.orders import Order
from core.services.fal.simulation.webhooks import FORGERIES, Signer
from tests.patience import LONG

NOW = 1_700_000_000.0
BODY = b'{"request_id": "r1", "gateway_request_id": "r1", "status": "OK", "payload": null}'
SECRET = b"of this house"


class Keys:
    """A server of key sets; `keys` may be changed, `status` too."""

    def __init__(self) -> None:
        self.keys: list[Ed25519PrivateKey] = [Ed25519PrivateKey.generate()]
        self.status = 200
        self.raw: bytes | None = None
        self.asked = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the library's name
                outer.asked += 1
                self.send_response(outer.status)
                self.end_headers()
                self.wfile.write(outer.raw if outer.raw is not None else outer.written())

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks.json"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def written(self) -> bytes:
        listed: list[Any] = [{"kty": "RSA", "n": "x"}, None, {"x": "not base64!"}, {"x": "AAAA"}]
        for key in self.keys:
            raw = key.public_key().public_bytes_raw()
            x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
            listed.append({"kty": "OKP", "crv": "Ed25519", "x": x})
        return json.dumps({"keys": listed}).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def keys() -> Iterator[Keys]:
    made = Keys()
    yield made
    made.close()


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as made:
        yield made


@pytest.fixture
def now() -> list[float]:
    return [NOW]


@pytest.fixture
def verifier(keys: Keys, client: httpx.Client, now: list[float]) -> Verifier:
    return Verifier(keys.url, client, lambda: now[0])


def signed(
    key: Ed25519PrivateKey, body: bytes = BODY, at: float = NOW, request_id: str = "r1"
) -> dict[str, str]:
    stamp = str(int(at))
    message = f"{request_id}\nu1\n{stamp}\n{hashlib.sha256(body).hexdigest()}".encode()
    return {
        "X-Fal-Webhook-Request-Id": request_id,
        "X-Fal-Webhook-User-Id": "u1",
        "X-Fal-Webhook-Timestamp": stamp,
        "X-Fal-Webhook-Signature": key.sign(message).hex(),
    }


def refusal(verifier: Verifier, headers: dict[str, str], body: bytes = BODY) -> str:
    with pytest.raises(Forged) as caught:
        verifier.verify(headers, body)
    return caught.value.reason


def test_a_signed_webhook_says_what_it_says(verifier: Verifier, keys: Keys) -> None:
    verified = verifier.verify(signed(keys.keys[0]), BODY)
    assert (verified.request_id, verified.user_id, verified.status) == ("r1", "u1", "OK")


def test_headers_may_be_written_in_any_case(verifier: Verifier, keys: Keys) -> None:
    lower = {name.lower(): value for name, value in signed(keys.keys[0]).items()}
    assert verifier.verify(lower, BODY).request_id == "r1"


def test_every_key_is_tried(verifier: Verifier, keys: Keys) -> None:
    keys.keys += [Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()]
    for key in keys.keys:
        assert verifier.verify(signed(key), BODY).status == "OK"
    assert keys.asked == 1


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_are_near_enough(verifier: Verifier, keys: Keys, seconds: int) -> None:
    assert verifier.verify(signed(keys.keys[0], at=NOW + seconds), BODY).status == "OK"


@pytest.mark.parametrize("seconds", [-301, 301, 1e9])
def test_a_webhook_of_another_time_is_stale(verifier: Verifier, keys: Keys, seconds: float) -> None:
    assert refusal(verifier, signed(keys.keys[0], at=NOW + seconds)) == "stale"
    assert keys.asked == 0


def test_a_replay_is_stale_when_five_minutes_have_passed(
    verifier: Verifier, keys: Keys, now: list[float]
) -> None:
    headers = signed(keys.keys[0])
    assert verifier.verify(headers, BODY).status == "OK"
    now[0] += 301
    assert refusal(verifier, headers) == "stale"


@pytest.mark.parametrize("stamp", ["soon", "-5", "1e9", "1700000000.5", "١٧٠٠٠٠٠٠٠٠", "9" * 400])
def test_a_time_that_is_none_is_stale(verifier: Verifier, keys: Keys, stamp: str) -> None:
    assert refusal(verifier, signed(keys.keys[0]) | {"X-Fal-Webhook-Timestamp": stamp}) == "stale"


@pytest.mark.parametrize("missing", ["Request-Id", "User-Id", "Timestamp", "Signature"])
def test_every_header_is_needed(verifier: Verifier, keys: Keys, missing: str) -> None:
    headers = signed(keys.keys[0])
    del headers[f"X-Fal-Webhook-{missing}"]
    assert refusal(verifier, headers) == "missing_header"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Request-Id", "r2"), ("User-Id", "u2"), ("Timestamp", str(int(NOW) + 1)),
        ("Signature", "00" * 64), ("Signature", "zz"), ("Signature", "00"), ("Signature", "é"),
    ],
)  # fmt: skip
def test_what_was_changed_on_the_way_is_refused(
    verifier: Verifier, keys: Keys, name: str, value: str
) -> None:
    headers = signed(keys.keys[0]) | {f"X-Fal-Webhook-{name}": value}
    assert refusal(verifier, headers) == "bad_signature"


def test_a_tampered_body_is_refused(verifier: Verifier, keys: Keys) -> None:
    assert refusal(verifier, signed(keys.keys[0]), BODY.replace(b"OK", b"KO")) == "bad_signature"


def test_an_unknown_key_is_refused(verifier: Verifier) -> None:
    assert refusal(verifier, signed(Ed25519PrivateKey.generate())) == "bad_signature"


def test_a_body_about_another_request_is_refused(verifier: Verifier, keys: Keys) -> None:
    body = BODY.replace(b"r1", b"r9")
    assert refusal(verifier, signed(keys.keys[0], body), body) == "other_request"


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b"\xff\xfe", b"[" * 99_999])
def test_a_body_that_is_none_is_refused(verifier: Verifier, keys: Keys, body: bytes) -> None:
    assert refusal(verifier, signed(keys.keys[0], body), body) == "bad_body"


def test_an_error_is_told_as_one(verifier: Verifier, keys: Keys) -> None:
    body = BODY.replace(b"OK", b"ERROR")
    assert verifier.verify(signed(keys.keys[0], body), body).status == "ERROR"


def test_a_new_key_is_learnt_at_most_once_a_minute(
    verifier: Verifier, keys: Keys, now: list[float]
) -> None:
    verifier.verify(signed(keys.keys[0]), BODY)
    keys.keys = [Ed25519PrivateKey.generate()]
    now[0] += 59
    for _ in range(5):
        assert refusal(verifier, signed(keys.keys[0])) == "bad_signature"
    assert keys.asked == 1
    now[0] += 1
    assert verifier.verify(signed(keys.keys[0]), BODY).status == "OK"
    assert keys.asked == 2


def test_forgeries_cause_one_question_a_minute(
    verifier: Verifier, keys: Keys, now: list[float]
) -> None:
    for _ in range(121):
        refusal(verifier, signed(Ed25519PrivateKey.generate(), at=now[0]))
        now[0] += 1
    assert keys.asked == 3


def test_a_key_is_believed_for_a_day(verifier: Verifier, keys: Keys, now: list[float]) -> None:
    gone = keys.keys[0]
    verifier.verify(signed(gone), BODY)
    keys.keys = [Ed25519PrivateKey.generate()]
    now[0] += 86_399
    assert verifier.verify(signed(gone, at=now[0]), BODY).status == "OK"
    now[0] += 1
    assert refusal(verifier, signed(gone, at=now[0])) == "bad_signature"


@pytest.mark.parametrize(
    "raw", [b"", b"<html>", b"{}", b'{"keys": 5}', b'{"keys": []}', b"[1]", b"[" * 99_999]
)
def test_without_keys_nothing_is_decided(
    verifier: Verifier, keys: Keys, now: list[float], raw: bytes
) -> None:
    keys.raw = raw
    for _ in range(3):
        with pytest.raises(Unreachable):
            verifier.verify(signed(keys.keys[0]), BODY)
    assert keys.asked == 1
    keys.raw = None
    now[0] += 60
    assert verifier.verify(signed(keys.keys[0]), BODY).status == "OK"


def test_keys_without_end_are_no_keys(
    verifier: Verifier, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "ANSWER_BYTES", 10)
    with pytest.raises(Unreachable):
        verifier.verify(signed(keys.keys[0]), BODY)


@pytest.mark.parametrize("status", [302, 404, 500])
def test_keys_that_are_refused_are_no_keys(verifier: Verifier, keys: Keys, status: int) -> None:
    keys.status = status
    with pytest.raises(Unreachable):
        verifier.verify(signed(keys.keys[0]), BODY)


def test_an_outage_of_the_keys_harms_no_known_one(
    verifier: Verifier, keys: Keys, now: list[float]
) -> None:
    verifier.verify(signed(keys.keys[0]), BODY)
    keys.status = 500
    now[0] += 100
    assert verifier.verify(signed(keys.keys[0]), BODY).status == "OK"


# The token in the address


def test_a_token_names_its_run() -> None:
    run = str(uuid.uuid4())
    token = token_of(SECRET, run)
    assert name_of(SECRET, token) == run
    assert name_of(b"another", token) is None
    assert len(token) < 64
    assert token.replace("-", "").replace("_", "").isalnum()


@given(st.text(max_size=80))
def test_no_token_can_be_made_up(token: str) -> None:
    assert name_of(SECRET, token) is None


def test_a_token_that_was_changed_anywhere_is_none() -> None:
    token = token_of(SECRET, str(uuid.uuid4()))
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        assert name_of(SECRET, token[:place] + other + token[place + 1 :]) is None
    assert name_of(SECRET, token + "=") is None


# As the simulated fal sends them


class Listener:
    """Takes webhooks and asks the verifier about each."""

    def __init__(self) -> None:
        self.verifier: Verifier | None = None
        self.seen: list[tuple[str, str, Any]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the library's name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert outer.verifier is not None
                try:
                    status = outer.verifier.verify(dict(self.headers), body).status
                except Forged as forged:
                    status = forged.reason
                outer.seen.append((self.path, status, json.loads(body)["payload"]))
                self.send_response(200 if status in ("OK", "ERROR") else 401)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def wait(self, count: int) -> list[str]:
        deadline = time.monotonic() + LONG
        while len(self.seen) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        return [status for _, status, _ in self.seen]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def listener(trainer: FalTrainer, client: httpx.Client) -> Iterator[Listener]:
    made = Listener()
    made.verifier = Verifier(trainer.jwks_url, client)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("", ["OK"]),
        ("twice", ["OK"] * 2),
        ("ten", ["OK"] * 10),
        ("late", ["OK"]),
        ("early", ["OK"]),
        ("null_payload", ["OK"]),
        ("forged", ["bad_signature", "OK"]),
        ("tampered", ["bad_signature", "OK"]),
        ("unknown_key", ["bad_signature", "OK"]),
        ("stale", ["stale", "OK"]),
    ],
)
def test_the_simulated_fal_signs_as_fal_does(
    fal: FalServer,
    trainer: FalTrainer,
    listener: Listener,
    order: Callable[..., TrainingOrder],
    fault: str,
    expected: list[str],
) -> None:
    fal.plan.add("webhook", fault)
    placed = order("flux-pro-trainer")
    trainer.submit(placed, "https://files.invalid/a.zip", listener.url)
    assert listener.wait(len(expected)) == expected
    run = placed.run_id.replace("-", "")
    payload = None if fault == "null_payload" else {"finetune_id": f"sim-{run}"}
    assert listener.seen[-1][2] == payload


def test_a_failed_training_is_told_as_an_error(
    fal: FalServer,
    trainer: FalTrainer,
    listener: Listener,
    order: Callable[..., TrainingOrder],
) -> None:
    fal.plan.add("training", "face_detection_error")
    trainer.submit(order(), "https://files.invalid/a.zip", listener.url)
    assert listener.wait(1) == ["ERROR"]


def test_a_webhook_that_never_comes_never_comes(
    fal: FalServer,
    trainer: FalTrainer,
    listener: Listener,
    order: Callable[..., TrainingOrder],
) -> None:
    fal.plan.add("webhook", "never")
    trainer.submit(order(), "https://files.invalid/a.zip", listener.url)
    trainer.submit(order(), "https://files.invalid/a.zip", f"{listener.url}/second")
    assert listener.wait(1) == ["OK"]
    assert [path for path, _, _ in listener.seen] == ["/hook/second"]


def test_processes_with_one_secret_sign_with_one_key(client: httpx.Client) -> None:
    signer = Signer(b"shared")
    request = Order("0" * 32, 0, 0, 0, 1, "success").request_id
    body = json.dumps({"request_id": request, "status": "OK"}).encode()
    headers = signer.headers(request, body, time.time())
    with FalServer(secret=b"shared") as fal:
        jwks_url = fal.settings(Settings()).fal.jwks_url
        assert Verifier(jwks_url, client).verify(headers, body).request_id == request
        for kind in FORGERIES:
            with pytest.raises(Forged):
                Verifier(jwks_url, client).verify(
                    signer.headers(request, body, time.time(), kind), body
                )
