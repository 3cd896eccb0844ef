"""A dashboard that a provider vouches for people at, and somebody who goes the whole way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from core.base.db import run
from core.base.settings.running.dashboard import Dashboard
from tests.dashboard.test_doors import client_of
from tests.fakes.oidc import CLIENT, SECRET, FakeProvider

ADDRESS = "http://localhost:8502"
LISTED = ("anna@example.org:admin", "boris@example.org:viewer", "auth0|77:viewer")


@pytest.fixture(scope="module")
def serving() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        yield provider


@pytest.fixture
def provider(serving: FakeProvider) -> FakeProvider:
    """The provider, as it was at first."""
    serving.reset()
    return serving


@pytest.fixture
def client(sqlite_db: Any, tmp_path: Path, provider: FakeProvider) -> Iterator[TestClient]:
    """A browser in front of a dashboard that knows no password."""
    with client_of(vouched(provider.issuer), tmp_path) as made:
        yield made


def vouched(issuer: str, listed: tuple[str, ...] = LISTED, **more: Any) -> Dashboard:
    """The settings of a dashboard that believes this issuer."""
    oidc = {
        "issuer": issuer,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "users": listed,
    }
    return Dashboard.model_validate({"oidc": oidc, **more}, strict=False)


def leave(client: TestClient, place: str = "/") -> str:
    """Set off; the provider's address that one is sent to."""
    left = client.get("/login/oidc", params={"next": place})
    assert left.status_code == 303, left.text
    return str(left.headers["location"])


def there(address: str) -> str:
    """Be asked by the provider; the address that one is sent back to."""
    asked = httpx.get(address)
    assert asked.status_code == 302, asked.text
    return str(asked.headers["location"])


def go(client: TestClient, place: str = "/") -> httpx.Response:
    """The whole way; what the dashboard says at its end."""
    answer: httpx.Response = client.get(there(leave(client, place)))
    return answer


def sessions() -> list[tuple[Any, ...]]:
    """Who has logged in, and as what."""
    return list(run("SELECT name, role FROM dashboard_sessions").fetchall())


def attempts() -> list[bool]:
    """Each attempt: whether it was right."""
    return [bool(row[0]) for row in run("SELECT succeeded FROM login_attempts ORDER BY id")]
