"""How much a newcomer loads before they can answer, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.channels.web.conftest import PATIENCE, Served

KILOBYTE = 1000
FIRST_PAINT, FIRST_ANSWER = 20 * KILOBYTE, 150 * KILOBYTE
REQUESTS = 9
"""The page, four modules, the first view, the icon in two places, a font where there is none."""


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    context = browser.new_context(base_url=served.url)
    context.set_default_timeout(PATIENCE * 1000)
    yield context.new_page()
    context.close()


def test_a_newcomer_loads_little_before_they_see_and_can_answer(page: Page) -> None:
    urls: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on(
        "Network.requestWillBeSent", lambda e: urls.update({e["requestId"]: e["request"]["url"]})
    )
    session.on(
        "Network.loadingFinished",
        lambda e: sizes.update({urls[e["requestId"]]: int(e["encodedDataLength"])}),
    )
    page.goto("/")
    expect(page.locator("#screen")).to_contain_text("Hello! 👋", timeout=PATIENCE * 1000)
    page.wait_for_timeout(300)
    assert sizes[page.url] < FIRST_PAINT, "the page and its style: all that is painted at first"
    assert sum(sizes.values()) < FIRST_ANSWER
    assert len(urls) <= REQUESTS + 1, sorted(urls.values())  # and the next question, which waits
