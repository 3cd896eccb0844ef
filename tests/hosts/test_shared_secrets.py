"""Two hosts, each with a data folder of its own, on one PostgreSQL: their secrets are one."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from channels.web import Settings as Page
from channels.web.site import COOKIE, Site
from core.base import shared_secrets
from core.base.settings.running.dashboard import Dashboard
from core.operation.passwords import first_password, users
from tests.channels.web.conftest import _free_port
from tests.channels.web.form import FormHouse
from tests.conversation.racing import at_once
from tests.patience import until
from tests.scenarios.house import House

HOSTS = ("one", "other")
SHOWN = re.compile(r"password (\S+) \(shown this once\)")


def test_a_visitor_of_one_chat_page_is_the_same_person_at_the_other(
    postgresql_db: Any, tmp_path: Path
) -> None:
    one, other = (Site(FormHouse(tmp_path / host), Page()) for host in HOSTS)
    visitor = one.new_visitor()
    assert other.visitor_of({COOKIE: one.cookie_of(visitor)}) == visitor
    picture = one.picture_path(visitor, "sent", "name").removeprefix("/picture/")
    assert other.picture_of(visitor, picture) == ("sent", "name", "")


def test_whoever_asks_at_the_same_moment_gets_the_same(db: Any) -> None:
    assert len(set(at_once(*[partial(shared_secrets.agreed, "web")] * 8))) == 1


def test_of_dashboards_that_start_at_once_one_makes_a_password(db: Any, tmp_path: Path) -> None:
    made = at_once(*[partial(first_password, Dashboard(), tmp_path)] * 4)
    assert sorted(map(bool, made)) == [False, False, False, True]
    assert len(users(Dashboard())) == 1


@pytest.mark.timeout(60)
def test_two_dashboards_have_one_password_and_one_log_has_it(
    postgresql_url: str, postgresql_db: Any, tmp_path: Path
) -> None:
    houses, ports = [], []
    for host in HOSTS:
        (tmp_path / host).mkdir()
        ports.append(_free_port())
        house = House(tmp_path / host, database__url=postgresql_url, dashboard__port=ports[-1])
        house.start("dashboard")
        houses.append(house)
    try:
        for house, port in zip(houses, ports, strict=True):
            house.wait_until(partial(answers, port))
        shown = [SHOWN.findall(house.said("dashboard")) for house in houses]
        [password] = shown[0] + shown[1]
        for port in ports:
            assert log_in(port, password).status_code == 303
        token = log_in(ports[0], password).cookies["likeness_dashboard"]
        there = httpx.get(
            f"http://127.0.0.1:{ports[1]}/_stcore/host-config",
            headers={"Cookie": f"likeness_dashboard={token}"},
        )
        assert there.status_code == 200
        [renewed] = SHOWN.findall(houses[1].ask("password", "--renew"))
        assert log_in(ports[0], renewed).status_code == 303
        assert log_in(ports[0], password).status_code == 403
    finally:
        for house in houses:
            house.stop()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").is_success
    except httpx.HTTPError:
        return False


def log_in(port: int, password: str) -> httpx.Response:
    until(partial(answers, port))
    typed = {"name": "admin", "password": password}
    return httpx.post(f"http://127.0.0.1:{port}/login", data=typed)
