"""Nobody gets in without a password, by any way; wrong ones slow down; sessions end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peewee
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.base.db import run
from core.base.errors import ConfigurationError
from core.base.settings import Settings
from core.base.settings.product.brand import Brand
from core.base.settings.running.dashboard import Dashboard
from core.operation.auth import (
    FORGOTTEN_AFTER,
    Sessions,
    TooMany,
    sweep,
)
from core.operation.passwords import PASSWORD_FILE, first_password, hashed, new_password, users
from dashboard.login.middleware import Doors
from dashboard.login.password import Login
from dashboard.site import COOKIE, Site
from tests.conversation.chat import Clock
from tests.dashboard.conftest import House

STREAM = "ws://localhost:8502/_stcore/stream"
PASSWORD = "correct horse battery staple"
USERS = f"anna:admin:{hashed(PASSWORD)} boris:viewer:{hashed('other')}"
PATHS = (
    "/", "/training", "/people?user=1", "/static/js/index.js", "/media/1.csv", "/_stcore/health",
    "/_stcore/host-config", "/_stcore/metrics", "/_stcore/upload_file/1/2", "/anything.html",
    "/login/../training", "/LOGIN", "/login/", "//login", "/health/x", "/logout/..",
)  # fmt: skip

OURS = Brand()


def own(**changes: Any) -> Dashboard:
    return Dashboard.model_validate({"users": USERS, **changes}, strict=False)


async def _secret(_: Request) -> Response:
    return PlainTextResponse("secret")


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("secret")
    await socket.close()


def client_of(settings: Dashboard, folder: Path, brand: Brand = OURS) -> TestClient:
    """A browser in front of the doors, with something secret behind them."""
    chosen = {"data_dir": folder, "dashboard": settings, "brand": brand}
    whole = Settings().model_copy(update=chosen)
    site = Site(House(), whole)
    behind = [
        *Login(site).all(),
        WebSocketRoute("/_stcore/stream", _socket),
        Route("/{path:path}", _secret, methods=["GET", "POST", "PUT", "HEAD"]),
    ]
    app = Starlette(routes=behind, middleware=[Middleware(Doors, site=site)])
    return TestClient(app, base_url="http://localhost:8502", follow_redirects=False)


@pytest.fixture
def client(sqlite_db: Any, tmp_path: Path) -> Iterator[TestClient]:
    with client_of(own(), tmp_path) as made:
        yield made


def log_in(client: TestClient, password: str = PASSWORD, name: str = "anna", **more: str) -> Any:
    return client.post("/login", data={"name": name, "password": password, **more})


def test_the_log_in_bears_the_brands_name(sqlite_db: Any, tmp_path: Path) -> None:
    with client_of(own(), tmp_path, Brand(name="Doubles & <co>")) as client:
        page = client.get("/login").text
    assert "<title>Doubles &amp; &lt;co&gt;</title>" in page
    assert "<h1>Doubles &amp; &lt;co&gt;</h1>" in page


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD"])
def test_nothing_is_served_before_the_log_in(client: TestClient, path: str, method: str) -> None:
    answer = client.request(method, path)
    assert "secret" not in answer.text
    assert answer.status_code in (303, 401, 403, 404, 405)


@pytest.mark.parametrize("cookie", ["", "x", "a" * 43, "é", "' OR 1=1 --"])
def test_a_made_up_cookie_opens_nothing(client: TestClient, cookie: str) -> None:
    sent = {"Cookie": f"{COOKIE}={cookie}".encode("latin-1", "replace")}
    assert client.get("/_stcore/host-config", headers=sent).status_code == 401


def test_the_web_socket_is_refused_before_the_log_in(client: TestClient) -> None:
    with pytest.raises((WebSocketDenialResponse, WebSocketDisconnect)):  # noqa: SIM117
        with client.websocket_connect(STREAM):
            pass


def test_the_right_password_opens_the_page_that_was_asked_for(client: TestClient) -> None:
    asked = client.get("/training?period=30d")
    assert asked.headers["location"] == "/login?next=%2Ftraining%3Fperiod%3D30d"
    form = client.get(asked.headers["location"])
    assert 'value="/training?period=30d"' in form.text
    entered = log_in(client, next="/training?period=30d")
    assert (entered.status_code, entered.headers["location"]) == (303, "/training?period=30d")
    cookie = entered.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} < set(cookie.split("; "))
    assert client.get("/training").text == "secret"
    with client.websocket_connect(STREAM) as socket:
        assert socket.receive_text() == "secret"
    assert run("SELECT who, action FROM audit").fetchall() == [("anna", "log in")]


@pytest.mark.parametrize(
    "place", ["//evil.example", "https://evil.example", "/\\evil", "x", "/logout", "/\nx"]
)
def test_nobody_is_sent_elsewhere_after_the_log_in(client: TestClient, place: str) -> None:
    assert log_in(client, next=place).headers["location"] == "/"


@pytest.mark.parametrize(
    ("name", "password"),
    [("anna", "wrong"), ("anna", ""), ("nobody", PASSWORD), ("boris", PASSWORD), ("", "")],
)
def test_a_wrong_password_opens_nothing(client: TestClient, name: str, password: str) -> None:
    answer = log_in(client, password, name)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert client.get("/training").status_code == 303


def test_what_was_typed_is_no_markup(client: TestClient) -> None:
    answer = log_in(client, "x", '"><script>alert(1)</script>')
    assert "<script>" not in answer.text
    assert "script" not in answer.headers["content-security-policy"]


def test_wrong_passwords_slow_down_even_the_right_one(client: TestClient) -> None:
    for _ in range(5):
        assert log_in(client, "wrong").status_code == 403
    answer = log_in(client)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert client.get("/training").status_code == 303


def test_another_site_can_not_log_anybody_in_or_out(client: TestClient) -> None:
    log_in(client)
    elsewhere = {"Origin": "https://evil.example"}
    data = {"name": "anna", "password": PASSWORD}
    assert client.post("/login", data=data, headers=elsewhere).status_code == 403
    assert client.post("/logout", headers=elsewhere).status_code == 403
    assert client.get("/training").text == "secret"
    with pytest.raises((WebSocketDenialResponse, WebSocketDisconnect)):  # noqa: SIM117
        with client.websocket_connect(STREAM, headers=elsewhere):
            pass


def test_another_host_is_refused(client: TestClient) -> None:
    assert client.get("/login", headers={"Host": "evil.example"}).status_code == 400


def test_after_the_log_out_the_cookie_is_worth_nothing(client: TestClient) -> None:
    log_in(client)
    token = client.cookies[COOKIE]
    assert client.post("/logout").status_code == 303
    client.cookies.set(COOKIE, token)
    assert client.get("/training").status_code == 303


def test_a_database_that_is_away_is_said_to_be(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(client)

    def away(*_: Any) -> Any:
        raise peewee.OperationalError("connection refused")

    with monkeypatch.context() as patch:
        patch.setattr("core.operation.auth.run", away)
        page = client.get("/people?user=1")
        assert (page.status_code, page.text.count("<form")) == (503, 1)
        assert "The database can’t be reached now." in page.text
        assert 'value="/people?user=1"' in page.text
        assert client.get("/static/js/index.js").status_code == 503
        assert client.post("/logout").status_code == 503
        with pytest.raises((WebSocketDenialResponse, WebSocketDisconnect)):  # noqa: SIM117
            with client.websocket_connect(STREAM):
                pass
    assert client.get("/people?user=1").text == "secret"


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/upload_file/1/2", "/auth/login"])
def test_streamlits_back_doors_are_shut_for_everybody(client: TestClient, path: str) -> None:
    log_in(client)
    assert client.get(path).status_code == 404


def test_over_https_the_cookie_never_leaves_it(sqlite_db: Any, tmp_path: Path) -> None:
    with client_of(own(public_url="https://localhost:8502"), tmp_path) as client:
        assert "Secure" in log_in(client).headers["set-cookie"].split("; ")


def test_a_form_that_is_far_too_long_is_refused(client: TestClient) -> None:
    assert log_in(client, "x" * 100_000).status_code == 413


# the log-ins themselves


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(db: Any, tmp_path: Path, clock: Clock) -> Sessions:
    return Sessions(own(session_hours=2, idle_minutes=30), clock)


def test_each_wrong_password_doubles_the_wait_and_time_heals(
    sessions: Sessions, clock: Clock
) -> None:
    waits: list[int] = []
    while len(waits) < 4:
        try:
            assert sessions.log_in("anna", "wrong", "1.2.3.4") is None
        except TooMany as error:
            waits.append(round(error.seconds))
            clock.now += error.seconds
    assert waits == [2, 4, 8, 16]
    clock.now += FORGOTTEN_AFTER
    assert sessions.log_in("anna", PASSWORD, "1.2.3.4")


@pytest.mark.parametrize("name", ["anna\0", "\0", "\ud800", "x" * 9999])
def test_a_name_that_no_database_takes_is_a_wrong_name(sessions: Sessions, name: str) -> None:
    assert sessions.log_in(name, "wrong", "::1") is None


def test_one_address_can_not_try_many_names(sessions: Sessions) -> None:
    for n in range(5):
        sessions.log_in(f"name{n}", "wrong", "1.2.3.4")
    with pytest.raises(TooMany):
        sessions.log_in("anna", PASSWORD, "1.2.3.4")
    assert sessions.log_in("anna", PASSWORD, "5.6.7.8")


def test_a_session_ends_by_its_age_and_by_idleness(sessions: Sessions, clock: Clock) -> None:
    token = sessions.log_in("anna", PASSWORD, "")
    assert token
    for _ in range(5):
        clock.now += 20 * 60
        assert sessions.visitor(token) == ("anna", "admin")
    clock.now += 21 * 60
    assert sessions.visitor(token) is None, "two hours are over"
    idle = sessions.log_in("boris", "other", "")
    assert idle
    assert sessions.visitor(idle) == ("boris", "viewer")
    clock.now += 31 * 60
    assert sessions.visitor(idle) is None


def test_what_draws_itself_anew_keeps_no_session_alive(sessions: Sessions, clock: Clock) -> None:
    token = sessions.log_in("anna", PASSWORD, "")
    assert token
    for _ in range(2):
        clock.now += 20 * 60
        found = sessions.visitor(token, by_hand=False)
    assert found is None


def test_a_user_who_is_named_no_more_is_out(
    sessions: Sessions, tmp_path: Path, clock: Clock
) -> None:
    token = sessions.log_in("anna", PASSWORD, "")
    assert token
    without = Sessions(own(users=f"boris:viewer:{hashed('x')}"), clock)
    assert without.visitor(token) is None
    demoted = Sessions(own(users=f"anna:viewer:{hashed('x')}"), clock)
    assert demoted.visitor(token) is None


def test_a_session_ends_when_the_password_that_opened_it_is_changed(
    sessions: Sessions, tmp_path: Path, clock: Clock
) -> None:
    anna, boris = sessions.log_in("anna", PASSWORD, ""), sessions.log_in("boris", "other", "")
    assert anna
    assert boris
    kept = USERS.split()[1]
    changed = Sessions(own(users=f"anna:admin:{hashed('new')} {kept}"), clock)
    assert changed.visitor(anna) is None
    assert changed.visitor(boris) == ("boris", "viewer")
    new = changed.log_in("anna", "new", "")
    assert new
    assert changed.visitor(new) == ("anna", "admin")
    assert sessions.visitor(new) is None, "a process that was not restarted knows no such password"


@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_a_session_does_not_pass_to_another_user_of_the_same_name(
    sessions: Sessions, tmp_path: Path, clock: Clock, role: str
) -> None:
    token = sessions.log_in("anna", PASSWORD, "")
    assert token
    oidc = {
        "issuer": "https://accounts.example.org", "client_id": "likeness",
        "client_secret": "s" * 32, "users": [f"anna:{role}"],
    }  # fmt: skip
    assert Sessions(own(users="", oidc=oidc), clock).visitor(token) is None


def test_a_session_from_before_it_was_bound_to_a_password_has_ended(
    sessions: Sessions, clock: Clock
) -> None:
    token = sessions.log_in("anna", PASSWORD, "")
    assert token
    run("UPDATE dashboard_sessions SET credential = ''")
    assert sessions.visitor(token) is None


def test_with_a_new_first_password_the_old_sessions_end_at_once(
    sqlite_db: Any, tmp_path: Path
) -> None:
    first = first_password(Dashboard(), tmp_path)
    assert first
    with client_of(Dashboard(), tmp_path) as client:
        log_in(client, first, "admin")
        assert client.get("/training").text == "secret"
        assert new_password()
        assert client.get("/training").status_code == 303
        assert client.get("/media/1.csv").status_code == 401
        with pytest.raises((WebSocketDenialResponse, WebSocketDisconnect)):  # noqa: SIM117
            with client.websocket_connect(STREAM):
                pass


def test_only_hashes_are_kept(sessions: Sessions) -> None:
    token = sessions.log_in("anna", PASSWORD, "")
    rows = run("SELECT * FROM dashboard_sessions").fetchall()
    assert token
    assert token not in str(rows)


def test_old_attempts_and_sessions_are_swept(sessions: Sessions, clock: Clock) -> None:
    sessions.log_in("anna", PASSWORD, "")
    sweep(clock.now + 31 * 86_400)
    assert run("SELECT count(*) FROM login_attempts").fetchone()[0] == 0
    assert run("SELECT count(*) FROM dashboard_sessions").fetchone()[0] == 0


def test_the_first_start_makes_a_password_and_tells_it_once(sqlite_db: Any, tmp_path: Path) -> None:
    settings = Dashboard()
    made = first_password(settings, tmp_path)
    assert made
    assert first_password(settings, tmp_path) is None
    assert made not in str(run("SELECT * FROM shared_secrets").fetchall())
    assert [user.name for user in users(settings)] == ["admin"]
    assert Sessions(settings).log_in("admin", made, "")


def test_a_password_of_an_earlier_version_stays_valid(sqlite_db: Any, tmp_path: Path) -> None:
    (tmp_path / PASSWORD_FILE).write_text(hashed(PASSWORD))
    assert first_password(Dashboard(), tmp_path) is None
    (tmp_path / PASSWORD_FILE).unlink()
    assert Sessions(Dashboard()).log_in("admin", PASSWORD, "")


@pytest.mark.parametrize(
    "open_to_others",
    [{"host": "0.0.0.0"}, {"host": "192.168.1.2"}, {"public_url": "https://admin.example.org"}],
)
def test_it_refuses_to_be_open_to_others_without_a_password(
    tmp_path: Path, open_to_others: dict[str, str]
) -> None:
    settings = Dashboard(**open_to_others)  # type: ignore[arg-type]  # texts alone
    with pytest.raises(ConfigurationError, match="LIKENESS_DASHBOARD__USERS"):
        first_password(settings, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert first_password(own(**open_to_others), tmp_path) is None


@pytest.mark.parametrize(
    "users", ["anna", "anna:admin:secret", "anna:boss:$argon2id$x", ":admin:$argon2id$x"]
)
def test_a_user_without_a_hash_or_a_role_is_refused(users: str) -> None:
    with pytest.raises(ConfigurationError, match="name:role:hash") as refused:
        Settings.load(None, {"LIKENESS_DASHBOARD__USERS": users}, {})
    assert users not in str(refused.value)
