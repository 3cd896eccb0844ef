"""What a provider did not say, did not say to us or did not say now lets nobody in."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from itsdangerous import URLSafeTimedSerializer
from joserfc import jwt
from joserfc.jwk import OctKey
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from core.operation.passwords import hashed
from dashboard.login import providers
from dashboard.login.oidc_routes import FLOW
from dashboard.login.providers import Flow, InvalidToken, Provider, ProviderUnavailable
from tests.channels.web.conftest import _free_port
from tests.dashboard import voucher
from tests.dashboard.test_doors import client_of, log_in
from tests.dashboard.voucher import attempts, go, leave, sessions, there, vouched
from tests.fakes.nonsense import NonsenseServer
from tests.fakes.oidc import SECRET, Claims, FakeProvider, new_key

serving, provider, client = voucher.serving, voucher.provider, voucher.client

WORD = "correct horse battery staple"
STRANGER = new_key()


def unsigned(claims: Claims) -> str:
    parts = ({"alg": "none", "kid": "first"}, claims)
    written = [urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    return ".".join(part.rstrip("=") for part in (*written, ""))


def by_secret(claims: Claims) -> str:
    return jwt.encode({"alg": "HS256", "kid": "first"}, claims, OctKey.import_key(SECRET))


Bend = Callable[[Claims], Claims]

LIES: dict[str, Bend] = {
    "another audience": lambda claims: {**claims, "aud": "another-client"},
    "another audience, for us to use": lambda claims: {
        **claims, "aud": ["another-client"], "azp": claims["aud"]
    },
    "for another to use": lambda claims: {**claims, "azp": "another-client"},
    "no audience": lambda claims: {**claims, "aud": []},
    "another issuer": lambda claims: {**claims, "iss": "https://evil.example"},
    "expired": lambda claims: {**claims, "exp": time.time() - 61},
    "not yet": lambda claims: {**claims, "iat": time.time() + 120},
    "never ends": lambda claims: {k: v for k, v in claims.items() if k != "exp"},
    "ends at no number": lambda claims: {**claims, "exp": "tomorrow"},
    "another nonce": lambda claims: {**claims, "nonce": "x" * 43},
    "no nonce": lambda claims: {k: v for k, v in claims.items() if k != "nonce"},
    "an empty nonce": lambda claims: {**claims, "nonce": ""},
    "nobody": lambda claims: {k: v for k, v in claims.items() if k != "sub"},
    "somebody without a name": lambda claims: {**claims, "sub": ""},
    "a number": lambda claims: {**claims, "sub": 1001},
}  # fmt: skip


def is_kept_out(client: TestClient, answer: httpx.Response) -> None:
    assert answer.status_code == 403
    assert "You could not be logged in. Try again." in answer.text
    assert sessions() == []
    assert client.get("/training").status_code == 303


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_claims_something_else_is_not_believed(
    client: TestClient, provider: FakeProvider, lie: str
) -> None:
    provider.bend = LIES[lie]
    is_kept_out(client, go(client))
    assert attempts() == [False]


@pytest.mark.parametrize("how", ["stranger", "unsigned", "secret", "cut", "nonsense", "nothing"])
def test_a_token_that_the_provider_did_not_sign_is_not_believed(
    client: TestClient, provider: FakeProvider, how: str
) -> None:
    forged: dict[str, Callable[[Claims], str]] = {
        "stranger": lambda claims: provider.signed(claims, STRANGER),
        "unsigned": unsigned,
        "secret": by_secret,
        "cut": lambda claims: provider.signed(claims).rpartition(".")[0] + ".",
        "nonsense": lambda _: "é.ü.ß",
        "nothing": lambda _: "",
    }
    provider.sign = forged[how]
    with capture_logs() as logs:
        is_kept_out(client, go(client))
    assert attempts() == [False]
    (logged,) = logs
    assert logged["reason"].startswith("its identity token: ")


def test_a_token_of_an_earlier_log_in_is_not_believed_again(
    client: TestClient, provider: FakeProvider
) -> None:
    kept: list[str] = []

    def first(claims: Claims) -> str:
        kept.append(provider.signed(claims))
        return kept[0]

    provider.sign = first
    assert go(client).status_code == 303
    client.post("/logout")
    is_kept_out(client, go(client))
    assert len(kept) == 2


def changed(address: str, **values: str | None) -> str:
    parts = urlsplit(address)
    given = {name: found[0] for name, found in parse_qs(parts.query).items()} | values
    query = urlencode({name: value for name, value in given.items() if value is not None})
    return parts._replace(query=query).geturl()


@pytest.mark.parametrize("state", [None, "", "x" * 43, "é"])
def test_an_answer_without_the_state_of_this_browser_is_not_taken(
    client: TestClient, provider: FakeProvider, state: str | None
) -> None:
    back = changed(there(leave(client)), state=state)
    is_kept_out(client, client.get(back))
    assert "/token" not in provider.asked


def test_an_answer_that_belongs_to_another_browser_is_not_taken(
    client: TestClient, provider: FakeProvider, tmp_path: Path
) -> None:
    back = there(leave(client))
    with client_of(vouched(provider.issuer), tmp_path) as other:
        is_kept_out(other, other.get(back))
        leave(other)
        is_kept_out(other, other.get(back))
    assert "/token" not in provider.asked
    assert client.get(back).status_code == 303, "whose it is comes in"


def test_a_code_of_another_browser_is_worth_nothing_with_ones_own_state(
    client: TestClient, provider: FakeProvider, tmp_path: Path
) -> None:
    (stolen,) = parse_qs(urlsplit(there(leave(client))).query)["code"]
    with client_of(vouched(provider.issuer), tmp_path) as other, capture_logs() as logs:
        is_kept_out(other, other.get(changed(there(leave(other)), code=stolen)))
    assert [line["reason"] for line in logs] == ["it says no: invalid_grant"]
    assert stolen not in str(logs)


@pytest.mark.parametrize("secret", ["another secret of 16", SECRET])
def test_a_flow_that_is_made_up_or_too_old_is_not_taken(
    client: TestClient, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    signer = URLSafeTimedSerializer(secret, "dashboard")
    with monkeypatch.context() as past:
        past.setattr(time, "time", lambda: 1_000_000_000)
        made = str(signer.dumps(Flow.to("/")))
    client.cookies.set(FLOW, made, path="/login/oidc")
    state = signer.loads(made)[0]
    is_kept_out(client, client.get("/login/oidc/back", params={"code": "x", "state": state}))
    assert provider.asked == []


def test_whoever_thinks_better_of_it_there_is_told_kindly(
    client: TestClient, provider: FakeProvider
) -> None:
    provider.refuses = "access_denied"
    with capture_logs() as logs:
        is_kept_out(client, go(client))
    assert [line["reason"] for line in logs] == ["access_denied"]
    assert "/token" not in provider.asked


def test_what_an_answer_says_stays_out_of_page_and_log(
    client: TestClient, provider: FakeProvider
) -> None:
    back = changed(there(leave(client)), error="<b>\n", error_description="<script>")
    with capture_logs() as logs:
        answer = client.get(back)
    is_kept_out(client, answer)
    assert "<script>" not in answer.text
    assert [line["reason"] for line in logs] == ["without a reason"]


def test_a_wrong_secret_is_named_in_the_log_and_kept_out_of_it(
    sqlite_db: Any, tmp_path: Path, provider: FakeProvider
) -> None:
    own = vouched(provider.issuer)
    wrong = own.oidc.model_copy(update={"client_secret": type(own.oidc.client_secret)("w" * 20)})
    own = own.model_copy(update={"oidc": wrong})
    with client_of(own, tmp_path) as client, capture_logs() as logs:
        is_kept_out(client, go(client))
    assert [line["reason"] for line in logs] == ["it says no: invalid_client"]
    assert "w" * 20 not in str(logs)


# A provider that is away


@pytest.fixture
def nonsense() -> Iterator[NonsenseServer]:
    with NonsenseServer() as server:
        yield server


def away(client: TestClient) -> httpx.Response:
    answer: httpx.Response = client.get("/login/oidc")
    assert answer.status_code == 503
    assert "127.0.0.1 can’t be reached now. Try again in a moment." in answer.text
    return answer


def test_while_the_provider_is_away_passwords_still_open_the_door(
    sqlite_db: Any, tmp_path: Path
) -> None:
    gone = f"http://127.0.0.1:{_free_port()}"
    own = vouched(gone, users=f"anna:admin:{hashed(WORD)}")
    with client_of(own, tmp_path) as client:
        assert "<form" in away(client).text
        assert log_in(client, WORD).status_code == 303
        assert client.get("/training").text == "secret"


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"<html>"), (200, b"[]"), (200, b"{}"), (302, b"{}"), (404, b'{"error": "x"}'),
        (500, b"{}"), (200, b"\xff"), (200, b"[" * 100_000),
    ],
)  # fmt: skip
def test_what_is_no_provider_is_taken_for_none(
    sqlite_db: Any,
    tmp_path: Path,
    nonsense: NonsenseServer,
    answer: tuple[int, bytes],
) -> None:
    nonsense.answer = answer
    with client_of(vouched(f"http://{nonsense.endpoint}"), tmp_path) as client:
        away(client)
        away(client)
    assert nonsense.asked == ["/.well-known/openid-configuration"], "it is not asked at once again"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://accounts.example.org"},
        {"issuer": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"token_endpoint": "http://accounts.example.org/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": 7},
        {"userinfo_endpoint": "http://accounts.example.org/me"},
    ],
)
def test_metadata_that_lead_elsewhere_are_not_followed(
    client: TestClient, provider: FakeProvider, metadata: Claims
) -> None:
    provider.metadata = metadata
    away(client)


@pytest.mark.parametrize("gone", ["token_endpoint", "jwks_uri"])
def test_a_provider_that_leaves_half_way_is_told_kindly(
    client: TestClient, provider: FakeProvider, gone: str
) -> None:
    provider.metadata = {gone: f"http://127.0.0.1:{_free_port()}/"}
    answer = go(client)
    assert answer.status_code == 503
    assert "127.0.0.1 can’t be reached now." in answer.text
    assert (sessions(), attempts()) == ([], [False])


@pytest.mark.parametrize("keys", [b"{}", b'{"keys": []}', b'{"keys": 7}', b'{"keys": [{"kty": 1}]}',
                                  b'{"keys": [{"kty": "RSA", "n": "", "e": ""}]}'])  # fmt: skip
def test_keys_that_are_none_verify_nothing(
    client: TestClient, provider: FakeProvider, nonsense: NonsenseServer, keys: bytes
) -> None:
    nonsense.answer = (200, keys)
    provider.metadata = {"jwks_uri": f"http://{nonsense.endpoint}/keys"}
    is_kept_out(client, go(client))


def test_a_provider_is_found_again_when_it_is_back(provider: FakeProvider) -> None:
    now = [0.0]
    asked = Provider(vouched(provider.issuer).oidc, lambda: now[0])
    provider.metadata = {"issuer": "https://evil.example"}
    with pytest.raises(ProviderUnavailable, match="another issuer"):
        asked.address(Flow.to("/"), "")
    provider.metadata = {}
    with pytest.raises(ProviderUnavailable, match="another issuer"):
        asked.address(Flow.to("/"), "")
    now[0] += providers.AWAY_SECONDS
    assert asked.address(Flow.to("/"), "").startswith(f"{provider.issuer}/authorize?")
    provider.metadata = {"authorization_endpoint": f"{provider.issuer}/authorize?tenant=7"}
    now[0] += providers.KEPT_SECONDS
    assert asked.address(Flow.to("/"), "").startswith(f"{provider.issuer}/authorize?tenant=7&")
    with pytest.raises(InvalidToken, match="invalid_grant"):
        asked.person("made-up", Flow.to("/"), "")
