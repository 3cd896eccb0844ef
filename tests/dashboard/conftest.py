"""The dashboard without a browser: a house of fakes that only notes what it is told to do."""

from __future__ import annotations

import functools
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from core.avatars.ports import Failure, Unreachable
from core.base.settings import Settings
from core.base.settings.running.dashboard import Role
from core.conversation.inbox import Inbox
from core.operation.auth import Visitor
from core.operation.demo import Story, fill
from dashboard import app, site
from dashboard.site import Site
from dashboard.view import HOME
from tests.filling import filled
from tests.patience import LONG

APP = Path(app.__file__).parent / "start" / "app.py"
PAGES = (
    "overview", "training", "pictures", "running", "errors", "funnel", "people", "operations",
    "cost", "audit", "photos", "failures",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _main_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest puts the page in the place of the main module, which spawned processes import."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(autouse=True)
def _scanned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest looks through every installed package for components, at each run."""
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", _scan)


class FakeTraining:
    """Notes what is started and stopped."""

    def __init__(self) -> None:
        self.stopped: list[uuid.UUID] = []
        self.started: list[uuid.UUID] = []
        self.settled: list[tuple[str, ...]] = []
        self.orders = self.resolver = self

    def start(self, avatar_id: uuid.UUID, user_id: uuid.UUID, conversation_id: int | None) -> Any:
        self.started.append(avatar_id)
        return uuid.uuid4()

    def cancel(self, run_id: uuid.UUID) -> bool:
        self.stopped.append(run_id)
        return True

    def sent(self, run_id: str, request_id: str, note: Callable[[], object]) -> bool:
        if request_id == "taken":
            raise ValueError("'taken' is not the id of a lost order")
        if request_id == "away":
            raise Unreachable(Failure("http_503", "retry", "away", 503))
        self.settled.append((run_id, request_id))
        note()
        return True

    def not_sent(self, run_id: str, note: Callable[[], object]) -> bool:
        self.settled.append((run_id,))
        if len(self.settled) > 1:
            return False
        note()
        return True


class House:
    """As much of a house as the dashboard asks for."""

    def __init__(self) -> None:
        self.settings = Settings()
        self.trainer: Any = SimpleNamespace(test_mode=True)
        self.training = FakeTraining()
        self.pictures: Any = self.training
        self.inbox = Inbox("main_menu", lambda wanted: "en")

    def thumbnail(self, key: str, side: int = 320) -> bytes | None:
        return None


class Inside(Site):
    """A site whose only visitor has logged in."""

    def __init__(self, house: House, settings: Settings, role: Role) -> None:
        super().__init__(house, settings)
        self.who: Visitor | None = Visitor("anna", role)

    def visitor(self, cookies: Any, by_hand: bool = True) -> Visitor | None:
        return self.who


Look = Callable[..., AppTest]
_ADDRESSES: dict[str, str] = {}
_scan = functools.cache(manifest_scanner.scan_component_manifests)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def inside(house: House, tmp_path: Path) -> Iterator[Callable[[Role], Inside]]:
    """Makes the process's site, for a visitor of a role."""

    def make(role: Role = "admin") -> Inside:
        settings = Settings().model_copy(update={"data_dir": tmp_path})
        made = Inside(house, settings, role)
        site._open["site"] = made
        return made

    st.cache_data.clear()
    yield make
    site._open.clear()
    st.cache_data.clear()


@pytest.fixture
def look(inside: Callable[[Role], Inside]) -> Look:
    """Looks at a page as somebody of a role, with what stands in the address."""

    def look(page: str, role: Role = "admin", **address: str) -> AppTest:
        inside(role)
        tab = AppTest.from_file(str(APP), default_timeout=LONG)
        tab.query_params.update(address)
        if page != HOME:
            tab._page_hash = _address(tab, page)
            tab.query_params.update(address)
        return tab.run()

    return look


def _address(tab: AppTest, page: str) -> str:
    """What Streamlit calls a page, which is a function and no file; it is asked once."""
    if not _ADDRESSES:
        tab.run()
        known = tab._registered_pages.items()
        _ADDRESSES.update({str(about.get("url_pathname")): name for name, about in known})
    return _ADDRESSES[page]


def fill_lately(conversations: int) -> None:
    """People of the last week, until a moment ago: of a minute at most."""
    now = time.time() - 1
    key = ("lately", conversations, now // 60)
    filled(key, lambda: fill(conversations, Story(now, days=8, seed=5, error_share=0.05)))
