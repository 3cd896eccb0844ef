"""Sessions are listed, and ended by an admin or a new password; who came and failed is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.base.db import run
from core.base.settings.running.dashboard import Dashboard
from core.operation import auth
from core.operation.admin_actions import AdminActions
from core.operation.auth import Sessions, Visitor
from core.operation.passwords import hashed
from tests.conversation.chat import Clock
from tests.dashboard import drawn
from tests.dashboard.conftest import House, Look
from tests.dashboard.test_doors import PASSWORD, client_of, log_in, own


def sessions(users: str, clock: Clock) -> Sessions:
    return Sessions(Dashboard.model_validate({"users": users}, strict=False), clock)


def test_a_new_password_ends_the_sessions_of_the_old_one(sqlite_db: Any, tmp_path: Path) -> None:
    clock = Clock()
    boris = f"boris:viewer:{hashed('b')}"
    before = sessions(f"anna:admin:{hashed('a')} {boris}", clock)
    token = before.log_in("anna", "a", "1.1.1.1")
    assert before.log_in("boris", "b", "2.2.2.2")
    assert [found.name for found in before.lasting()] in (["anna", "boris"], ["boris", "anna"])
    after = sessions(f"anna:admin:{hashed('new')} {boris}", clock)
    assert token
    assert after.visitor(token) is None
    assert [found.name for found in after.lasting()] == ["boris"]


def test_an_admin_ends_a_session_once(sqlite_db: Any, tmp_path: Path) -> None:
    with client_of(own(), tmp_path) as client:
        assert log_in(client).status_code == 303
        assert client.get("/x").text == "secret"
        (open_one,) = Sessions(own()).lasting()
        actions = AdminActions(House(), Visitor("carl", "admin"))
        assert actions.end_session(open_one.id).changed
        assert not actions.end_session(open_one.id).changed
        assert client.get("/_stcore/host-config").status_code == 401
    assert run("SELECT who, action, subject FROM audit ORDER BY id DESC LIMIT 1").fetchone() == (
        "carl", "end session", "anna",
    )  # fmt: skip


def test_who_comes_goes_and_fails_is_written_down(sqlite_db: Any, tmp_path: Path) -> None:
    with client_of(own(), tmp_path) as client:
        log_in(client, "wrong")
        log_in(client, PASSWORD)
        client.post("/logout")
        client.post("/logout")
    actions = [row[0] for row in run("SELECT action FROM audit ORDER BY id")]
    assert actions == ["log in", "log out"]
    assert [(tried.name, tried.source) for tried in auth.failed(0)] == [("anna", "testclient")]


def test_the_page_shows_them(sqlite_db: Any, look: Look, tmp_path: Path) -> None:
    with client_of(own(), tmp_path) as client:
        log_in(client, "wrong", "<b>eve</b>")
    tab = look("audit")
    assert not tab.exception
    assert [row["name"] for row in drawn.table(tab, "source")] == ["<b>eve</b>"]
