"""Whoever guesses passwords slows down themselves, and keeps nobody else out; over real HTTP."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.base.errors import ConfigurationError
from core.base.settings import Settings
from core.base.settings.running.dashboard import Dashboard
from core.operation.auth import FLOOD, FORGOTTEN_AFTER, Sessions, TooMany
from core.operation.passwords import hashed
from tests.channels.web.conftest import _free_port
from tests.conversation.chat import Clock
from tests.hosts.test_shared_secrets import answers
from tests.patience import LONG
from tests.scenarios.house import House

PASSWORD = "correct horse battery staple"
USERS = f"admin:admin:{hashed(PASSWORD)} boris:viewer:{hashed(PASSWORD)}"
OWN = Dashboard.model_validate({"users": USERS}, strict=False)

Start = Callable[..., httpx.Client]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a dashboard; a browser that was never there."""
    houses: list[House] = []
    clients: list[httpx.Client] = []

    def start(**settings: object) -> httpx.Client:
        port = _free_port()
        houses.append(House(tmp_path, dashboard__port=port, dashboard__users=USERS, **settings))
        houses[-1].start("dashboard")
        houses[-1].wait_until(partial(answers, port))
        clients.append(httpx.Client(base_url=f"http://127.0.0.1:{port}"))
        return clients[-1]

    yield start
    for client in clients:
        client.close()
    for house in houses:
        house.stop()


def log_in(client: httpx.Client, password: str, come_from: str = "", name: str = "admin") -> int:
    headers = {"X-Forwarded-For": come_from} if come_from else {}
    typed = {"name": name, "password": password}
    return client.post("/login", data=typed, headers=headers).status_code


def has_guessed(folder: Path, source: str, device: str = "") -> None:
    """So many wrong passwords that the wait outlasts every test."""
    row = (time.time(), "admin", source, device, False)
    with closing(sqlite3.connect(folder / "likeness.db", timeout=LONG)) as rows, rows:
        rows.executemany(
            "INSERT INTO login_attempts (at, name, source, device, succeeded) "
            "VALUES (?, ?, ?, ?, ?)",
            [row] * 20,
        )


def device(folder: Path) -> str:
    """The browser that was the last to try."""
    with closing(sqlite3.connect(folder / "likeness.db", timeout=LONG)) as rows:
        query = "SELECT device FROM login_attempts ORDER BY id DESC LIMIT 1"
        return str(rows.execute(query).fetchone()[0])


def test_who_writes_another_address_into_each_request_is_slowed_down_all_the_same(
    start: Start, tmp_path: Path
) -> None:
    client = start()
    assert log_in(client, "wrong", "203.0.113.1") == 403
    has_guessed(tmp_path, "127.0.0.1")
    assert {log_in(client, PASSWORD, f"203.0.113.{n}") for n in range(2, 6)} == {429}
    assert "X-Forwarded-For is not believed" in (tmp_path / "dashboard.log").read_text()


def test_behind_a_named_proxy_each_address_counts_for_itself(start: Start, tmp_path: Path) -> None:
    client = start(dashboard__trusted_proxies="127.0.0.1,10.0.0.0/8")
    has_guessed(tmp_path, "203.0.113.1")
    assert log_in(client, PASSWORD, "203.0.113.1") == 429
    assert log_in(client, PASSWORD, "6.6.6.6, 203.0.113.1, 10.1.2.3") == 429, "6.6.6.6 is made up"
    assert log_in(client, PASSWORD, "198.51.100.7") == 303, "the admin's address"


def test_a_known_browser_comes_in_from_the_very_address_that_guesses(
    start: Start, tmp_path: Path
) -> None:
    client = start()
    assert log_in(client, PASSWORD) == 303
    has_guessed(tmp_path, "127.0.0.1")
    assert log_in(client, PASSWORD) == 303
    assert log_in(client, PASSWORD, name="boris") == 429, "it is known for one name alone"
    with httpx.Client(base_url=client.base_url) as stranger:
        assert log_in(stranger, PASSWORD) == 429
        stranger.cookies.set("likeness_known", f"{client.cookies['likeness_known']}x")
        assert log_in(stranger, PASSWORD) == 429, "one that was made up is worth nothing"
    assert log_in(client, "wrong") == 403
    has_guessed(tmp_path, "127.0.0.1", device(tmp_path))
    assert log_in(client, PASSWORD) == 429, "it can't guess for ever either"


def test_many_addresses_leave_a_new_one_a_single_guess(db: Any) -> None:
    clock = Clock()
    held = Sessions(OWN, clock)
    for n in range(FLOOD):
        held.attempt("admin", f"203.0.{n // 5}.1")
    assert held.log_in("admin", "wrong", "198.51.100.7") is None
    with pytest.raises(TooMany):
        held.log_in("admin", "wrong", "198.51.100.7")
    assert held.log_in("admin", PASSWORD, "198.51.100.8"), "who knows the password comes in"
    clock.forward(FORGOTTEN_AFTER + 1)
    for _ in range(5):
        assert held.log_in("admin", "wrong", "198.51.100.7") is None


def test_a_network_of_ipv6_counts_as_one_address(db: Any) -> None:
    held = Sessions(OWN, Clock())
    for n in range(5):
        assert held.log_in("admin", "wrong", f"2001:db8:1:2::{n:x}") is None
    with pytest.raises(TooMany):
        held.log_in("admin", "wrong", "2001:db8:1:2:ffff::1")
    assert held.log_in("admin", PASSWORD, "2001:db8:1:3::1")
    for _ in range(5):
        assert held.log_in("admin", "wrong", "::ffff:203.0.113.1") is None
    with pytest.raises(TooMany):
        held.log_in("admin", "wrong", "203.0.113.1")


@pytest.mark.parametrize("proxy", ["*", "proxy.example.org", "10.0.0.1/8", ""])
def test_a_proxy_that_is_no_address_is_refused_with_the_remedy(proxy: str) -> None:
    given = {"LIKENESS_WEB__TRUSTED_PROXIES": f'["{proxy}"]'}
    with pytest.raises(ConfigurationError, match=r'web\.trusted_proxies.*"10\.0\.0\.0/8"'):
        Settings.load(environ=given)
