"""The dashboard in a real browser: the log-in, every page, filters, a drill-down, the way out."""

from __future__ import annotations

import re
import sqlite3
import time
import urllib.error
import urllib.request
from contextlib import closing

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from dashboard.site import COOKIE
from tests.channels.web.conftest import Served
from tests.dashboard import browsing
from tests.dashboard.browsing import drawn, log_in

browser, served, patient = browsing.browser, browsing.served, browsing.patient
context, page = browsing.context, browsing.page

TITLES = {
    "Overview": "/", "Training": "/training", "What fails": "/failures", "Photos": "/photos",
    "Audit": "/audit",
    "Running now": "/running", "fal errors": "/errors",
    "Funnel": "/funnel", "People and avatars": "/people", "Operations": "/operations",
    "Cost": "/cost",
}  # fmt: skip


def test_the_whole_way_from_the_password_to_the_log_out(page: Page, served: Served) -> None:
    page.goto("/errors?period=30d&mode=both")
    expect(page).to_have_url(re.compile("/login"))
    log_in(page, password="wrong")
    expect(page.get_by_role("alert")).to_have_text("Wrong name or password.")
    log_in(page)
    drawn(page, "fal errors")
    expect(page).to_have_url(re.compile(r"/errors\?period=30d&mode=both"))
    for title, path in TITLES.items():
        page.get_by_role("link", name=title).click()
        drawn(page, title)
        expect(page).to_have_url(re.compile(re.escape(served.url + path) + r"\?.*period=30d"))
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(re.compile("/login"))
    page.goto("/cost")
    expect(page).to_have_url(re.compile("/login"))


def test_a_chosen_period_stands_in_the_address(page: Page) -> None:
    page.goto("/")
    log_in(page)
    drawn(page, "Overview")
    page.get_by_test_id("stSelectbox").filter(has_text="Period").get_by_role("combobox").click()
    page.get_by_role("option", name="Last 24 hours").click()
    expect(page).to_have_url(re.compile("period=24h"))
    page.reload()
    drawn(page, "Overview")
    expect(page.get_by_role("combobox", name=re.compile("Period"))).to_have_value("Last 24 hours")


def test_a_problem_opens_to_its_events_by_a_click(page: Page) -> None:
    page.goto("/errors?mode=both&period=30d")
    log_in(page)
    drawn(page, "fal errors")
    grid = page.get_by_test_id("stDataFrame").first
    grid.click(position={"x": 90, "y": 52})
    expect(page).to_have_url(re.compile("group="))
    expect(page.get_by_role("heading", name="A problem")).to_be_visible()


def test_an_alert_comes_and_goes_by_itself_and_leads_to_its_rows(
    page: Page, served: Served
) -> None:
    page.goto("/?period=30d")
    log_in(page)
    drawn(page, "Overview")
    expect(page.get_by_text("All well")).to_be_visible()
    with closing(sqlite3.connect(served.folder / "likeness.db")) as database, database:
        database.execute(
            "INSERT INTO alerts (rule, subject, value, threshold, fired_at) "
            "VALUES ('deadline', '', 2, 1, ?)",
            [time.time() - 60],
        )
    expect(page.get_by_text("1 alert", exact=True)).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Show").click()
    drawn(page, "What fails")
    expect(page).to_have_url(re.compile("period=30d.*reason=deadline"))
    expect(page.get_by_role("heading", name="did not end in time")).to_be_visible()
    with closing(sqlite3.connect(served.folder / "likeness.db")) as database, database:
        database.execute("DELETE FROM alerts")


def test_the_overview_is_found_by_its_name(page: Page, served: Served) -> None:
    page.goto("/overview?period=30d")
    log_in(page)
    drawn(page, "Overview")
    expect(page).to_have_url(f"{served.url}/?period=30d")


def test_a_click_into_a_row_opens_its_card_and_back_leads_to_the_list(page: Page) -> None:
    page.goto("/training?mode=both&period=30d")
    log_in(page)
    drawn(page, "Training")
    grid = page.get_by_test_id("stDataFrame").last
    grid.scroll_into_view_if_needed()
    grid.click(position={"x": 200, "y": 52})
    expect(page).to_have_url(re.compile("run="))
    title = page.get_by_role("heading", level=3).filter(has_text=re.compile("after|for"))
    expect(title).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="ordered")).to_be_visible()
    page.get_by_role("button", name="Back: Training").click()
    expect(page).not_to_have_url(re.compile("run="))
    expect(page.get_by_role("heading", name="Training time", exact=True)).to_be_visible()


def test_a_viewer_is_shown_no_way_to_act(page: Page) -> None:
    page.goto("/operations")
    log_in(page, "boris")
    drawn(page, "Operations")
    expect(page.get_by_role("button", name="Pause new trainings")).to_have_count(0)


def test_on_a_telephone_nothing_is_too_wide(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    log_in(page)
    for title, path in TITLES.items():
        page.goto(path)
        drawn(page, title)
        overhang = page.evaluate(
            """() => Math.max(...["html", "body", "[data-testid=stMain]"].map(name => {
                 const part = document.querySelector(name);
                 return part ? part.scrollWidth - part.clientWidth : 0;
               }))"""
        )
        assert overhang == 0, title


def test_an_ended_session_is_told_and_shows_no_more(page: Page, context: BrowserContext) -> None:
    page.goto("/training")
    log_in(page)
    drawn(page, "Training")
    context.clear_cookies(name=COOKIE)
    page.goto("/training")
    expect(page).to_have_url(re.compile("/login"))


@pytest.mark.parametrize(
    "path", ["/_stcore/host-config", "/_stcore/metrics", "/static/index.html", "/media/x.csv"]
)
def test_the_process_itself_serves_nothing_before_the_log_in(served: Served, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match=r"401|404") as refused:
        urllib.request.urlopen(served.url + path, timeout=10)
    refused.value.close()


def test_the_served_web_socket_is_refused_before_the_log_in(served: Served) -> None:
    address = served.url.replace("http", "ws") + "/_stcore/stream"
    with pytest.raises(InvalidStatus, match="403"):
        connect(address, origin=Origin(served.url), open_timeout=10)


def test_a_dark_telephone_gets_a_dark_page(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    log_in(page)
    drawn(page, "Overview")
    colour = page.evaluate(
        "() => getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    )
    assert colour == "rgb(14, 17, 23)"
