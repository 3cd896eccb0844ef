"""The log-in by OIDC in a real browser: to another site, back, into the pages, and out again."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dashboard.login.oidc_routes import FLOW
from dashboard.site import COOKIE
from tests.channels.web import conftest as web
from tests.channels.web.conftest import Served
from tests.dashboard import browsing
from tests.dashboard.browsing import drawn
from tests.fakes.oidc import FakeProvider

browser, patient = web.browser, browsing.patient
context, page = browsing.context, browsing.page


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    """A provider on another site than the dashboard's 127.0.0.1."""
    with FakeProvider("localhost") as provider:
        yield provider


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, provider: FakeProvider) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("oidc")
    served = Served(folder, port := web._free_port())
    command = [sys.executable, "-m", "tests.dashboard.serve", str(folder), str(port)]
    with (
        (folder / "log").open("wb") as log,
        web._running([*command, provider.issuer], log.fileno()) as process,
    ):
        served.process = process
        web._wait_until_it_answers(served)
        yield served


@pytest.fixture(autouse=True)
def _anna(provider: FakeProvider) -> None:
    provider.reset()
    provider.asks = True


def log_in(page: Page) -> None:
    page.get_by_role("link", name="Log in at localhost").click()
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    page.get_by_role("link", name="Go on as").click()


@pytest.mark.soak
@pytest.mark.sized
def test_the_whole_way_from_another_site_to_the_log_out(
    page: Page, context: BrowserContext
) -> None:
    page.goto("/errors?period=30d&mode=both")
    expect(page).to_have_url(re.compile("/login"))
    expect(page.get_by_label("Password")).to_have_count(0)
    log_in(page)
    drawn(page, "fal errors")
    expect(page).to_have_url(re.compile(r"/errors\?period=30d&mode=both"))
    cookies = {cookie.get("name"): cookie for cookie in context.cookies()}
    assert FLOW not in cookies
    assert cookies[COOKIE].get("httpOnly")
    page.get_by_role("link", name="Operations").click()
    drawn(page, "Operations")
    expect(page.get_by_role("button", name="Pause new trainings")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(re.compile("/login"))
    page.goto("/cost")
    expect(page).to_have_url(re.compile("/login"))


@pytest.mark.soak
def test_a_viewer_is_shown_no_way_to_act(page: Page, provider: FakeProvider) -> None:
    provider.person = {"sub": "2", "email": "boris@example.org", "email_verified": True}
    page.goto("/operations")
    log_in(page)
    drawn(page, "Operations")
    expect(page.get_by_role("button", name="Pause new trainings")).to_have_count(0)


@pytest.mark.soak
def test_a_stranger_stays_before_the_door_and_may_try_as_another(
    page: Page, provider: FakeProvider
) -> None:
    provider.person = {"sub": "9", "email": "eve@evil.example", "email_verified": True}
    page.goto("/training")
    log_in(page)
    expect(page.get_by_role("alert")).to_have_text(
        "eve@evil.example has no access. Ask an admin for it."
    )
    provider.person = {"sub": "1001", "email": "anna@example.org", "email_verified": True}
    log_in(page)
    drawn(page, "Training")


@pytest.mark.soak
def test_on_a_telephone_the_log_in_fits(page: Page, provider: FakeProvider) -> None:
    provider.person = {"sub": "9", "email": f"{'e' * 60}@evil.example", "email_verified": True}
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/")
    log_in(page)
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
