"""The product's first screen in a browser: its examples cost little, and nothing moves for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from benchmarks.web import served
from core.base.texts import translator
from tests.channels.web.conftest import PATIENCE
from tests.channels.web.test_accessible import Theme, grave
from tests.channels.web.test_bytes import FIRST_ANSWER

EXAMPLES = "#screen .grid.lead img"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(str(tmp_path_factory.mktemp("product"))) as url:
        yield url


def opened(browser: Browser, language: str, theme: Theme, *, bypass_csp: bool = False) -> Page:
    """A telephone with nothing in its cache."""
    context = browser.new_context(
        locale=language,
        color_scheme=theme,
        viewport={"width": 390, "height": 844},
        reduced_motion="reduce",
        bypass_csp=bypass_csp,
    )
    context.set_default_timeout(PATIENCE * 1000)
    return context.new_page()


def test_the_examples_come_late_and_nothing_moves_when_they_do(browser: Browser, url: str) -> None:
    page = opened(browser, "en", "light")
    held: list[Route] = []
    sizes: list[int] = []
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda e: sizes.append(int(e["encodedDataLength"])))
    page.route("**/picture/*", lambda route: held.append(route))
    page.goto(url)
    button = page.locator("#keyboard button").first
    expect(button).to_be_in_viewport(ratio=1, timeout=PATIENCE * 1000)
    expect(page.locator(EXAMPLES)).to_have_count(3)
    before = button.bounding_box()
    page.wait_for_timeout(200)
    for route in held:
        route.continue_()
    page.wait_for_function(
        "css => [...document.querySelectorAll(css)].every(image => image.naturalWidth > 0)",
        arg=EXAMPLES,
    )
    assert button.bounding_box() == before
    assert len(held) == 3
    assert sum(sizes) < FIRST_ANSWER
    assert trouble == []
    page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_each_example_says_what_it_shows(
    browser: Browser, url: str, language: str, theme: Theme
) -> None:
    page, t = opened(browser, language, theme, bypass_csp=True), translator(language)
    page.goto(url)
    expect(page.locator(EXAMPLES)).to_have_count(3, timeout=PATIENCE * 1000)
    said = [image.get_attribute("alt") for image in page.locator(EXAMPLES).all()]
    assert said == [t("Studio portrait"), t("Evening in the city"), t("Watercolour")]
    assert grave(page) == []
    page.context.close()
