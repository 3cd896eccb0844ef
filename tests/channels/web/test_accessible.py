"""Nothing on the chat page stands in the way of screen readers and weak eyes, by axe-core."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.channels.web.conftest import PATIENCE, Served, photo

Theme = Literal["light", "dark"]
GRAVE = ("serious", "critical")


@pytest.fixture(params=["en-GB", "ru-RU"])
def locale(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["light", "dark"])
def page(
    request: pytest.FixtureRequest, browser: Browser, served: Served, locale: str
) -> Iterator[Page]:
    theme: Theme = request.param
    context = browser.new_context(
        base_url=served.url,
        locale=locale,
        color_scheme=theme,
        reduced_motion="reduce",
        viewport={"width": 390, "height": 844},
        bypass_csp=True,  # axe is a script that the page doesn't let in
    )
    context.set_default_timeout(PATIENCE * 1000)
    yield context.new_page()
    context.close()


def grave(page: Page) -> list[Any]:
    """What axe finds: the rule, how grave it is, and where."""
    found = Axe().run(page).response["violations"]
    return [(f["id"], f["impact"], f["nodes"][0]["html"]) for f in found if f["impact"] in GRAVE]


def test_no_rule_is_broken_on_the_way(page: Page, served: Served) -> None:
    page.goto("/")
    expect(page.locator("#keyboard button").first).to_be_visible(timeout=PATIENCE * 1000)
    assert grave(page) == []
    page.locator("#menu-button").click()
    assert grave(page) == []
    page.keyboard.press("Escape")
    page.locator("#keyboard button").first.click()
    page.locator(".entry .bubble.person").wait_for()
    page.locator("#text").fill("Anna")
    page.locator("#text").press("Enter")
    expect(page.locator("#screen")).to_contain_text("Anna")
    files = [{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo("red")}]
    page.locator("#files").set_input_files(files)  # type: ignore[arg-type]
    expect(page.locator("#tray .sending")).to_have_count(0)
    assert grave(page) == []
    page.locator("#send").click()
    expect(page.locator("#screen img")).to_have_count(1)
    assert grave(page) == []
    page.route("**/act", lambda route: route.abort())
    page.locator("#text").fill("still here")
    page.locator("#text").press("Enter")
    expect(page.locator("#unsent .trouble")).to_be_visible()
    assert grave(page) == []


def test_a_keyboard_alone_leads_all_the_way(page: Page) -> None:
    page.goto("/")
    expect(page.locator("#keyboard button").first).to_be_visible(timeout=PATIENCE * 1000)
    page.locator("#keyboard button").first.focus()
    page.keyboard.press("Enter")
    page.locator(".entry .bubble.person").wait_for()
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("Anna")
    page.keyboard.press("Enter")
    expect(page.locator("#screen")).to_contain_text("Anna")
