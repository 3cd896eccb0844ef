"""A served dashboard and a real browser: fixtures that a test module takes by their names."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.channels.web import conftest as web
from tests.channels.web.conftest import PATIENCE, Served
from tests.dashboard.serve import PASSWORD

browser = web.browser


@pytest.fixture(autouse=True, scope="module")
def patient() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE * 1000)
    yield
    expect.set_options(timeout=5000)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("dashboard")
    served = Served(folder, port := web._free_port())
    command = [sys.executable, "-m", "tests.dashboard.serve", str(folder), str(port)]
    with (folder / "log").open("wb") as log, web._running(command, log.fileno()) as process:
        served.process = process
        web._wait_until_it_answers(served)
        yield served


@pytest.fixture
def context(browser: Browser, served: Served) -> Iterator[BrowserContext]:
    context = browser.new_context(
        base_url=served.url,
        locale="en-GB",
        viewport={"width": 1280, "height": 900},
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE * 1000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab; afterwards no script may have failed in it."""
    mistakes: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.on("dialog", lambda dialog: mistakes.append(dialog.message))
    yield page
    assert mistakes == []


def log_in(page: Page, name: str = "anna", password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def drawn(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", name=title, exact=True, level=2)).to_be_visible()
    expect(page.get_by_text(re.compile("Data as of")).first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)
