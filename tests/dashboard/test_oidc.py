"""Whoever a provider vouches for gets the session that a password gives, and no more than that."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect
from structlog.testing import capture_logs

from core.base.db import run
from core.base.errors import ConfigurationError
from core.base.settings import Settings, describe
from core.operation.admin_actions import AdminActions, Forbidden
from core.operation.auth import Sessions, TooMany
from core.operation.passwords import PASSWORD_FILE, first_password, hashed
from dashboard.login.oidc_routes import FLOW
from dashboard.site import COOKIE
from tests.conversation.chat import Clock
from tests.dashboard import voucher
from tests.dashboard.conftest import House
from tests.dashboard.test_doors import PATHS, STREAM, client_of, log_in
from tests.dashboard.voucher import ADDRESS, attempts, go, leave, sessions, there, vouched
from tests.fakes.oidc import CLIENT, SECRET, FakeProvider, new_key

serving, provider, client = voucher.serving, voucher.provider, voucher.client

WORD = "correct horse battery staple"
USERS = f"anna:admin:{hashed(WORD)}"


def stripped(header: str) -> set[str]:
    return set(header.split("; "))


def test_the_whole_way_ends_at_the_page_that_was_asked_for(client: TestClient) -> None:
    asked = client.get("/training?period=30d")
    assert asked.headers["location"] == "/login?next=%2Ftraining%3Fperiod%3D30d"
    page = client.get(asked.headers["location"])
    assert '<a href="/login/oidc?next=%2Ftraining%3Fperiod%3D30d">' in page.text
    assert "Log in at 127.0.0.1" in page.text
    entered = go(client, "/training?period=30d")
    assert (entered.status_code, entered.headers["location"]) == (303, "/training?period=30d")
    session, flow = entered.headers.get_list("set-cookie")
    assert session.startswith(COOKIE)
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"} < stripped(session)
    assert flow.startswith(f'{FLOW}=""')
    assert "Max-Age=0" in stripped(flow)
    assert client.get("/training").text == "secret"
    with client.websocket_connect(STREAM) as socket:
        assert socket.receive_text() == "secret"


def test_the_session_is_the_row_that_a_password_makes(
    sqlite_db: Any, tmp_path: Path, provider: FakeProvider
) -> None:
    with client_of(vouched(provider.issuer, users=USERS), tmp_path) as client:
        log_in(client, WORD)
        go(client)
    assert sessions() == [("anna", "admin"), ("anna@example.org", "admin")]
    password, oidc = run("SELECT * FROM dashboard_sessions ORDER BY created_at").fetchall()
    assert [type(value) for value in password] == [type(value) for value in oidc]
    assert len(password[0]) == len(oidc[0]) == 64
    assert attempts() == [True, True]
    audited = run("SELECT who, action FROM audit ORDER BY id").fetchall()
    assert audited == [("anna", "log in"), ("anna@example.org", "log in")]


def test_what_is_sent_to_the_provider_binds_the_answer_to_this_browser(
    client: TestClient, provider: FakeProvider
) -> None:
    address = leave(client)
    assert address.startswith(f"{provider.issuer}/authorize?")
    sent = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert sent["redirect_uri"] == f"{ADDRESS}/login/oidc/back"
    assert sent["code_challenge_method"] == "S256"
    assert {"openid", "email"} == set(sent["scope"].split())
    drawn_by_lot = [sent["state"], sent["nonce"], sent["code_challenge"]]
    assert [len(value) for value in drawn_by_lot] == [43, 43, 43]
    again = parse_qs(urlsplit(leave(client)).query)
    assert not set(drawn_by_lot) & {again[k][0] for k in ("state", "nonce", "code_challenge")}
    assert SECRET not in address


def test_the_flows_cookie_is_read_by_no_script_and_lasts_ten_minutes(client: TestClient) -> None:
    left = client.get("/login/oidc")
    cookie = left.headers["set-cookie"]
    wanted = {"HttpOnly", "SameSite=Lax", "Path=/login/oidc", "Max-Age=600"}
    assert wanted < stripped(cookie)
    assert left.headers["cache-control"] == "no-store"


def test_over_https_no_cookie_leaves_it_and_people_come_back_to_the_public_address(
    sqlite_db: Any, tmp_path: Path, provider: FakeProvider
) -> None:
    own = vouched(provider.issuer, public_url="https://localhost:8502")
    with client_of(own, tmp_path) as client:
        left = client.get("/login/oidc")
    assert "Secure" in stripped(left.headers["set-cookie"])
    query = parse_qs(urlsplit(left.headers["location"]).query)
    assert query["redirect_uri"] == ["https://localhost:8502/login/oidc/back"]


@pytest.mark.parametrize(
    ("person", "wanted"),
    [
        ({"sub": "1", "email": "anna@example.org"}, ("anna@example.org", "admin")),
        ({"sub": "2", "email": "Boris@Example.ORG"}, ("boris@example.org", "viewer")),
        (
            {"sub": "2", "email": "boris@example.org", "email_verified": "true"},
            ("boris@example.org", "viewer"),
        ),
        ({"sub": "auth0|77"}, ("auth0|77", "viewer")),
    ],
)
def test_the_role_is_the_lists(
    client: TestClient, provider: FakeProvider, person: dict[str, Any], wanted: tuple[str, str]
) -> None:
    provider.person = {"email_verified": True, "role": "admin", **person}
    assert go(client).headers["location"] == "/"
    assert sessions() == [wanted]


def test_a_viewer_who_came_by_oidc_can_not_act(
    client: TestClient, provider: FakeProvider, tmp_path: Path
) -> None:
    provider.person = {"sub": "2", "email": "boris@example.org", "email_verified": True}
    go(client)
    visitor = Sessions(vouched(provider.issuer)).visitor(client.cookies[COOKIE])
    assert visitor == ("boris@example.org", "viewer")
    assert visitor
    with pytest.raises(Forbidden):
        AdminActions(House(), visitor).pause()


def test_a_provider_that_tells_the_address_only_when_asked_is_asked(
    client: TestClient, provider: FakeProvider
) -> None:
    provider.thin = True
    assert go(client).status_code == 303
    assert provider.asked[-1] == "/me"
    assert sessions() == [("anna@example.org", "admin")]


def test_what_a_provider_tells_of_somebody_else_is_not_believed(
    client: TestClient, provider: FakeProvider
) -> None:
    provider.thin = True
    provider.told = {"sub": "somebody else"}
    assert go(client).status_code == 403
    assert sessions() == []


def test_a_provider_may_want_the_secret_in_the_form(
    client: TestClient, provider: FakeProvider
) -> None:
    provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert go(client).status_code == 303
    assert provider.sent["Authorization"] is None


def test_new_keys_of_the_provider_count_at_once(client: TestClient, provider: FakeProvider) -> None:
    assert go(client).status_code == 303
    key = new_key("second")
    provider.keys = [key]
    provider.sign = lambda claims: provider.signed(claims, key)
    assert go(client).status_code == 403, "its header names the old one"
    provider.keys = [provider.key, key]
    provider.sign = provider.signed
    assert go(client).status_code == 303


# Who may not come in


@pytest.mark.parametrize(
    ("person", "said"),
    [
        (
            {"sub": "9", "email": "eve@evil.example", "email_verified": True},
            "eve@evil.example has no access",
        ),
        ({"sub": "9", "email": "anna@example.org", "email_verified": False}, "has not verified"),
        ({"sub": "9", "email": "anna@example.org", "email_verified": "no"}, "has not verified"),
        ({"sub": "9", "email": "anna@example.org"}, "has not verified"),
        ({"sub": "9", "email": ["anna@example.org"], "email_verified": True}, "has no access"),
        ({"sub": "9", "email": "\u212a@example.org", "email_verified": True}, "has not verified"),
        ({"sub": "anna@example.org"}, "has not verified"),
        ({"sub": "AUTH0|77"}, "has not verified"),
        ({"sub": "9", "email": "<b>x</b>@e.org", "email_verified": True}, "&lt;b&gt;x&lt;/b&gt;"),
    ],
)
def test_whoever_is_not_on_the_list_is_told_so_kindly(
    sqlite_db: Any, tmp_path: Path, provider: FakeProvider, person: dict[str, Any], said: str
) -> None:
    provider.person = person
    listed = ("anna@example.org:admin", "k@example.org:admin", "auth0|77:admin")
    with client_of(vouched(provider.issuer, listed), tmp_path) as client, capture_logs() as logs:
        answer = go(client)
        assert answer.status_code == 403
        assert said in answer.text
        assert client.get("/training").status_code == 303
    assert (sessions(), attempts()) == ([], [False])
    (logged,) = logs
    assert (logged["log_level"], logged["subject"]) == ("warning", person["sub"])
    assert run("SELECT count(*) FROM audit").fetchone()[0] == 0
    sent = provider.sent
    secrets = (SECRET, sent["code"], sent["code_verifier"], sent["Authorization"])
    assert not [secret for secret in secrets if secret in f"{logs}{answer.text}"]


def test_in_russian_it_is_said_in_russian(client: TestClient, provider: FakeProvider) -> None:
    client.headers["Accept-Language"] = "ru-RU,ru;q=0.9"
    assert "Войти через 127.0.0.1" in client.get("/login").text
    provider.person = {"sub": "9", "email": "eve@evil.example", "email_verified": True}
    assert "У eve@evil.example нет доступа." in go(client).text


def test_those_who_are_not_on_the_list_are_slowed_down(
    client: TestClient, provider: FakeProvider
) -> None:
    provider.person = {"sub": "9", "email": "eve@evil.example", "email_verified": True}
    assert [go(client).status_code for _ in range(5)] == [403] * 5
    before = provider.asked.count("/token")
    answer = go(client)
    assert (answer.status_code, "Too many attempts." in answer.text) == (429, True)
    assert int(answer.headers["retry-after"]) >= 1
    assert provider.asked.count("/token") == before, "the provider is left alone"


def test_wrong_passwords_for_a_name_do_not_keep_its_owner_out(
    db: Any, tmp_path: Path, provider: FakeProvider
) -> None:
    held = Sessions(vouched(provider.issuer, users=USERS), clock=lambda: 1e9)
    for _ in range(5):
        held.log_in("anna@example.org", "wrong", "6.6.6.6")
        held.log_in("", "wrong", "7.7.7.7")
    with pytest.raises(TooMany):
        held.log_in("anna@example.org", "wrong", "6.6.6.6")
    token = held.open(held.attempt("", "1.2.3.4"), "anna@example.org", "admin")
    assert held.visitor(token) == ("anna@example.org", "admin")


@pytest.mark.parametrize("listed", [("boris@example.org:viewer",), ("anna@example.org:viewer",)])
def test_whoever_is_taken_off_the_list_is_out_at_the_next_request(
    client: TestClient, provider: FakeProvider, tmp_path: Path, listed: tuple[str, ...]
) -> None:
    go(client)
    assert client.get("/training").text == "secret"
    with client_of(vouched(provider.issuer, listed), tmp_path) as later:
        later.cookies.set(COOKIE, client.cookies[COOKIE])
        assert later.get("/training").status_code == 303
        with pytest.raises((WebSocketDenialResponse, WebSocketDisconnect)):  # noqa: SIM117
            with later.websocket_connect(STREAM):
                pass


@pytest.mark.parametrize(
    "changed", [{"issuer": "https://accounts.example.org"}, {"client_id": "another"}]
)
def test_a_session_ends_when_another_issuer_or_client_vouches(
    client: TestClient, provider: FakeProvider, tmp_path: Path, changed: dict[str, str]
) -> None:
    go(client)
    before = vouched(provider.issuer)
    assert Sessions(before).visitor(client.cookies[COOKIE])
    after = before.model_copy(update={"oidc": before.oidc.model_copy(update=changed)})
    assert Sessions(after).visitor(client.cookies[COOKIE]) is None


def test_the_session_ends_by_its_age_by_idleness_and_by_hand(
    db: Any, tmp_path: Path, provider: FakeProvider
) -> None:
    clock = Clock()
    own = vouched(provider.issuer, session_hours=2, idle_minutes=90)
    held = Sessions(own, clock)

    def come() -> str:
        return held.open(held.attempt("", "1.2.3.4"), "boris@example.org", "viewer")

    idle, old = come(), come()
    clock.now += 80 * 60
    assert held.visitor(old) == ("boris@example.org", "viewer")
    clock.now += 20 * 60
    assert held.visitor(idle) is None
    assert held.visitor(old)
    clock.now += 30 * 60
    assert held.visitor(old) is None
    left = come()
    held.log_out(left)
    assert held.visitor(left) is None


def test_after_the_log_out_the_cookie_is_worth_nothing(client: TestClient) -> None:
    go(client)
    token = client.cookies[COOKIE]
    assert client.post("/logout").headers["location"] == "/login"
    client.cookies.set(COOKIE, token)
    assert client.get("/training").status_code == 303


# What is reachable


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD"])
def test_nothing_is_served_before_the_log_in(client: TestClient, method: str) -> None:
    for path in (*PATHS, "/login/oidc/", "/login/oidc/back/x", "/oauth2callback", "/auth/login"):
        answer = client.request(method, path)
        assert "secret" not in answer.text
        assert answer.status_code in (303, 401, 403, 404, 405), path


def test_the_open_doors_open_only_the_way_they_are_meant(client: TestClient) -> None:
    for path in ("/login", "/health", "/login/oidc", "/login/oidc/back"):
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            assert "secret" not in client.request(method, path).text, (method, path)


def test_where_oidc_is_not_configured_its_doors_are_walls(sqlite_db: Any, tmp_path: Path) -> None:
    with client_of(Settings().dashboard, tmp_path) as client:
        for path in ("/login/oidc", "/login/oidc/back?code=x&state=y"):
            assert client.get(path).headers["location"].startswith("/login?next=")
        assert "/login/oidc" not in client.get("/login").text


def test_where_nobody_has_a_password_none_is_asked_for_or_taken(
    client: TestClient, tmp_path: Path
) -> None:
    (tmp_path / PASSWORD_FILE).write_text(hashed(WORD))
    assert "<form" not in client.get("/login").text
    assert log_in(client, WORD, "admin").status_code == 404
    assert (sessions(), attempts()) == ([], [])


def test_passwords_may_stay_beside_it(
    sqlite_db: Any, tmp_path: Path, provider: FakeProvider
) -> None:
    with client_of(vouched(provider.issuer, users=USERS), tmp_path) as client:
        page = client.get("/login").text
        assert "<form" in page
        assert 'href="/login/oidc?next=%2F"' in page
        assert log_in(client, WORD).status_code == 303


def test_an_open_dashboard_needs_no_password_where_oidc_is_configured(
    tmp_path: Path, provider: FakeProvider
) -> None:
    own = vouched(provider.issuer, host="0.0.0.0", public_url="https://admin.example.org")
    assert first_password(own, tmp_path) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "place", ["//evil.example", "https://evil.example", "/\\evil", "x", "/logout", "/" + "x" * 3000]
)
def test_nobody_is_sent_elsewhere_after_the_log_in(client: TestClient, place: str) -> None:
    assert go(client, place).headers["location"] == "/"


# The settings

WHOLE = {
    "LIKENESS_DASHBOARD__OIDC__ISSUER": "https://accounts.example.org",
    "LIKENESS_DASHBOARD__OIDC__CLIENT_ID": CLIENT,
    "LIKENESS_DASHBOARD__OIDC__CLIENT_SECRET": SECRET,
    "LIKENESS_DASHBOARD__OIDC__USERS": "Anna@example.org:admin,auth0|7:viewer",
}


def test_the_secret_is_never_shown_and_the_list_is() -> None:
    settings = Settings.load(environ=WHOLE)
    assert settings.dashboard.oidc.roles == {"anna@example.org": "admin", "auth0|7": "viewer"}
    shown = describe(settings)
    assert "client_secret: set, and hidden (LIKENESS_DASHBOARD__OIDC__CLIENT_SECRET)" in shown
    assert "Anna@example.org:admin" in shown
    assert SECRET not in f"{shown}{settings!r}"


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"ISSUER": "http://accounts.example.org"}, ("dashboard.oidc.issuer", "https://")),
        ({"ISSUER": "accounts.example.org"}, ("'accounts.example.org'", "https://")),
        ({"ISSUER": "https://a.example?x=1"}, ("'https://a.example?x=1'", "https://")),
        ({"ISSUER": ""}, ("dashboard.oidc.issuer is not", "Set it")),
        ({"CLIENT_ID": ""}, ("dashboard.oidc.client_id is not", "Set it")),
        ({"CLIENT_SECRET": ""}, ("LIKENESS_DASHBOARD__OIDC__CLIENT_SECRET is not", "Set it")),
        ({"CLIENT_SECRET": "k0rt"}, ("dashboard.oidc.client_secret", "16 letters")),
        ({"USERS": ""}, ("dashboard.oidc.users is not", "nobody could log in")),
        ({"USERS": "anna@example.org"}, ("'anna@example.org'", "anna@example.org:admin")),
        ({"USERS": "anna@example.org:boss"}, ("'anna@example.org:boss'", "viewer or admin")),
        ({"USERS": "a@b.c:admin,A@b.c:viewer"}, ("dashboard.oidc.users", "'a@b.c' is named twice")),
        ({"USERS": "\u212a@b.c:admin"}, ("dashboard.oidc.users", "viewer or admin")),
        ({"CLIENT_ID": "", "USERS": ""}, ("client_id, dashboard.oidc.users", "Set them")),
    ],
)
def test_what_is_half_configured_is_refused_with_its_remedy(
    changed: dict[str, str], named: tuple[str, ...]
) -> None:
    given = {f"LIKENESS_DASHBOARD__OIDC__{key}": value for key, value in changed.items()}
    with pytest.raises(ConfigurationError) as refused:
        Settings.load(environ={**WHOLE, **given})
    assert [words for words in named if words not in str(refused.value)] == []
    assert SECRET not in str(refused.value)
    assert "k0rt" not in str(refused.value)


def test_whoever_listens_to_others_says_where_people_come_back_to() -> None:
    with pytest.raises(ConfigurationError, match=r"dashboard\.public_url .*Set it to the address"):
        Settings.load(environ={**WHOLE, "LIKENESS_DASHBOARD__HOST": "0.0.0.0"})
    here = {**WHOLE, "LIKENESS_DASHBOARD__OIDC__ISSUER": "http://127.0.0.1:8080/realms/x"}
    assert Settings.load(environ=here).dashboard.oidc.issuer


def test_the_way_back_is_used_once(client: TestClient, provider: FakeProvider) -> None:
    back = there(leave(client))
    flow = client.cookies[FLOW]
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 403
    client.cookies.set(FLOW, flow, path="/login/oidc")
    assert client.get(back).status_code == 403, "the provider takes a code once"
    assert len(sessions()) == 1
