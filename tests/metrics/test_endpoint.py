"""`/metrics` over real sockets: for this machine and whoever brings the token, for nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from core.base.db import database
from core.base.settings import Settings
from core.base.settings.running.processes import Http
from core.operation import http
from tests import makers
from tests.http_house import free_port, serving

TOKEN = "a token of sixteen letters"


@contextmanager
def site(public_url: str = "", token: str = "") -> Iterator[httpx.Client]:
    """The web server of a house that offers nothing else."""
    port = free_port()
    served = Http(port=port, metrics_token=SecretStr(token))
    settings = Settings().model_copy(update={"public_url": public_url, "http": served})
    house: Any = SimpleNamespace(settings=settings, routes=lambda bridge: [])
    with serving(house), httpx.Client(base_url=http.address(served), trust_env=False) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_this_machine_reads_the_numbers(db: Any) -> None:
    makers.avatar(makers.conversation())
    with site() as client:
        answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "likeness_avatars_created 1" in answer.text.splitlines()


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.7"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=203.0.113.7"},
        {"Via": "1.1 proxy"},
        {"X-Real-IP": "127.0.0.1"},
        {"Host": "bot.example"},
        {"Host": "[::"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer ÿ"},
    ],
)
def test_what_a_proxy_hands_on_finds_nothing(sqlite_db: Any, headers: dict[str, str]) -> None:
    spoken = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    public = "https://bot.example" if "Authorization" in headers else ""
    with site(public) as client:
        answer = client.get("/metrics", headers=spoken)
        nowhere = client.get("/nowhere")
    assert (answer.status_code, answer.text) == (404, nowhere.text)


def test_a_public_site_shows_them_to_the_token_alone(sqlite_db: Any) -> None:
    with site("https://bot.example", TOKEN) as client:
        outside = {"X-Forwarded-For": "203.0.113.7", "Host": "bot.example"}
        assert client.get("/metrics").status_code == 404
        for wrong in (bearer("no"), bearer(TOKEN[:-1]), {"Authorization": TOKEN}):
            assert client.get("/metrics", headers={**outside, **wrong}).status_code == 404
        answer = client.get("/metrics", headers={**outside, **bearer(TOKEN)})
    assert answer.status_code == 200
    assert "likeness_waiting" in answer.text


def test_another_machine_finds_nothing_without_the_token(sqlite_db: Any) -> None:
    served = Http(metrics_token=SecretStr(TOKEN))
    settings = Settings().model_copy(update={"http": served})
    house: Any = SimpleNamespace(settings=settings, routes=lambda bridge: [])

    async def asked(peer: str, headers: dict[str, str]) -> int:
        away = httpx.ASGITransport(http.application(house), client=(peer, 5000))
        async with httpx.AsyncClient(transport=away, base_url="http://localhost") as client:
            return (await client.get("/metrics", headers=headers)).status_code

    assert asyncio.run(asked("127.0.0.1", {})) == 200
    assert asyncio.run(asked("203.0.113.7", {})) == 404
    assert asyncio.run(asked("", {})) == 404
    assert asyncio.run(asked("203.0.113.7", bearer(TOKEN))) == 200


def test_where_the_database_fails_nothing_of_it_is_told(sqlite_db: Any) -> None:
    database.execute_sql("ALTER TABLE training_runs RENAME TO mislaid")
    with site() as client:
        answer = client.get("/metrics")
    assert (answer.status_code, answer.text) == (503, "The database can't be read.")


def test_a_token_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least 16 letters"):
        Http(metrics_token=SecretStr("short"))
