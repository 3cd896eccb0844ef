"""No page of the dashboard gets in the way of screen readers and weak eyes, by axe-core.

Of our own markup nothing serious is let through. What Streamlit brings along stands in
`streamlit.json` (rule and element, for its version): a finding that isn't there fails, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import streamlit
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from dashboard.app import pages
from dashboard.words import translator
from tests.channels.web.conftest import PATIENCE, Served
from tests.dashboard import browsing
from tests.dashboard.serve import PASSWORD
from tests.sizes import few

browser, served, patient = browsing.browser, browsing.served, browsing.patient

Theme = Literal["light", "dark"]
GRAVE = ("serious", "critical")
KNOWN = Path(__file__).with_name("streamlit.json")
ELEMENT = """selector => {
    const found = document.querySelector(selector);
    const place = found && found.closest("[data-testid]");
    const ours = found && (found.closest("[data-testid=stHtml]") || !place);
    return [ours ? "ours" : place.dataset.testid, found ? found.tagName.toLowerCase() : "?"];
}"""
"""Whose an element is: ours, or the part of Streamlit that it stands in; and what it is."""
PATHS = [path for path, *_ in pages(translator("en")) if path != "row"]
LOOKS = [("en-GB", "light"), ("ru-RU", "dark")]


@pytest.fixture(params=LOOKS, ids=" ".join)
def page(request: pytest.FixtureRequest, browser: Browser, served: Served) -> Iterator[Page]:
    locale, theme = request.param
    context = browser.new_context(
        base_url=served.url, locale=locale, color_scheme=theme, reduced_motion="reduce",
        viewport={"width": 1440, "height": 900},
        bypass_csp=True,  # axe is a script that the page doesn't let in
    )  # fmt: skip
    context.set_default_timeout(PATIENCE * 1000)
    yield context.new_page()
    context.close()


def grave(page: Page) -> set[tuple[str, str, str]]:
    """What axe finds: the rule, whose element it is, and its kind."""
    found = set()
    for broken in Axe().run(page).response["violations"]:
        if broken["impact"] in GRAVE:
            for node in broken["nodes"]:
                whose, kind = page.evaluate(ELEMENT, _selector(node))
                found.add((broken["id"], whose, kind))
    return found


def _selector(node: dict[str, Any]) -> str:
    target = node["target"][-1]
    return str(target if isinstance(target, str) else target[-1])


def known() -> set[tuple[str, str, str]]:
    """What this version of Streamlit is known for."""
    kept = json.loads(KNOWN.read_text(encoding="utf-8"))
    assert kept["streamlit"] == streamlit.__version__, "look at every finding anew"
    return {tuple(finding) for finding in kept["known"]}


def test_the_log_in_breaks_no_rule(page: Page) -> None:
    page.goto("/login")
    assert grave(page) == set()


@pytest.mark.parametrize("path", few(PATHS, 3))
def test_no_page_breaks_a_rule_that_streamlit_does_not(page: Page, path: str) -> None:
    page.goto(f"/{path}?mode=both&period=30d")
    page.locator("[name=name]").fill("anna")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("button").click()
    page.get_by_text(re.compile("Data as of|Данные на")).first.wait_for()
    assert grave(page) - known() == set()
