"""Each question of an admin is answered in three clicks; what they do stands in the audit."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.codes import ACTION
from tests.dashboard import browsing
from tests.dashboard.browsing import drawn, log_in
from tests.sizes import few

browser, served, patient = browsing.browser, browsing.served, browsing.patient
context, page = browsing.context, browsing.page

ENOUGH = 3


def drawn_table(page: Page, number: int = 0) -> Locator:
    """A table, once the link in its first row can be clicked: it draws itself by and by."""
    table = page.get_by_test_id("stDataFrame").nth(number)
    canvas = table.locator("canvas").first
    for _ in range(100):
        table.hover(position={"x": 35, "y": 52})
        if canvas.evaluate("drawn => getComputedStyle(drawn).cursor") == "pointer":
            break
        page.wait_for_timeout(100)
    return table


class Hand:
    """An admin who has just logged in; counts how often they click."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.click()

    def go(self, title: str) -> None:
        """To another page."""
        self.click(self.page.get_by_role("link", name=title, exact=True))
        drawn(self.page, title)

    def open_row(self, table: int = 0) -> None:
        """Click anywhere into the first row of a table."""
        self.clicks += 1
        drawn_table(self.page, table).click(position={"x": 120, "y": 52})

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_test_id("stMain").get_by_text(text).first).to_be_visible()

    def sees_chart(self, title: str) -> None:
        expect(self.page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
        self.sees(title)


def is_it_healthy(hand: Hand) -> None:
    for part in ("worker", "Unhandled events", "Unshown screens", "Overdue trainings", "fal"):
        hand.sees(part)
    hand.sees(re.compile(r"answered .* ago|the last call failed"))


def what_fails(hand: Hand) -> None:
    hand.go("fal errors")
    hand.sees("Problems")
    expect(hand.page.get_by_test_id("stDataFrame").first).to_be_visible()


def what_did_fal_say(hand: Hand) -> None:
    hand.go("fal errors")
    hand.open_row()
    hand.sees("A problem")
    expect(hand.page.get_by_test_id("stDataFrame").first).to_be_visible()
    hand.open_row()
    hand.sees("What was asked of fal")


def how_long_does_training_take_by_type(hand: Hand) -> None:
    hand.go("Training")
    hand.sees_chart("Training time")
    for label in ("portrait", "style", "p50", "p90", "p99"):
        hand.sees(label)


def what_runs_now(hand: Hand) -> None:
    hand.go("Running now")
    hand.sees(re.compile(r"Nothing runs\.|One by one"))


def where_do_people_stop(hand: Hand) -> None:
    hand.go("Funnel")
    hand.sees_chart("The way to an avatar")


def who_is_this_user(hand: Hand) -> None:
    hand.go("People and avatars")
    box = hand.page.get_by_role("textbox", name="Search")
    box.fill("100000007")
    box.press("Enter")
    expect(hand.page).to_have_url(re.compile("q=100000007"))
    expect(hand.page.get_by_text("There may be more")).to_have_count(0)
    hand.open_row()
    expect(hand.page).to_have_url(re.compile("user="))
    hand.sees("What happened")


def what_does_it_cost(hand: Hand) -> None:
    hand.go("Cost")
    for label in ("Spent", "A successful avatar", "Wasted", "Today’s budget"):
        hand.sees(label)


QUESTIONS = (
    is_it_healthy, what_fails, what_did_fal_say, how_long_does_training_take_by_type,
    what_runs_now, where_do_people_stop, who_is_this_user, what_does_it_cost,
)  # fmt: skip


@pytest.mark.parametrize("question", few(QUESTIONS, 2), ids=lambda question: question.__name__)
def test_a_question_is_answered_in_three_clicks(
    page: Page, question: Callable[[Hand], None]
) -> None:
    page.goto("/")
    log_in(page)
    drawn(page, "Overview")
    hand = Hand(page)
    question(hand)
    assert hand.clicks <= ENOUGH


def test_a_rows_link_opens_it_in_a_new_tab(page: Page) -> None:
    page.goto("/operations")
    log_in(page)
    drawn(page, "Operations")
    quarantine = drawn_table(page)
    with page.expect_popup() as opened:
        quarantine.click(position={"x": 35, "y": 52})
    tab = opened.value
    expect(tab).to_have_url(re.compile(r"/row\?.*of=event&id=\d+"))
    expect(tab.get_by_role("heading", name=re.compile("an event"))).to_be_visible()
    expect(tab.get_by_role("link", name="Owner")).to_be_visible()
    tab.close()


def asked_and_done(page: Page, label: str, opens: bool = True, why: str = "") -> None:
    """Press a button that asks first, and say yes; with a reason where it is owed."""
    if opens:
        page.get_by_test_id("stPopover").get_by_role("button", name=label).click()
    if why:
        page.get_by_label("Why?").fill(why)
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Yes").click()
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)


def test_what_is_done_by_hand_stands_in_the_audit(page: Page, tmp_path: Path) -> None:
    page.goto("/operations")
    log_in(page)
    drawn(page, "Operations")
    asked_and_done(page, "Pause new trainings")
    expect(page.get_by_text("Paused: nothing is submitted")).to_be_visible()
    asked_and_done(page, "Resume")
    expect(page.get_by_text("No switch is on")).to_be_visible()
    drawn_table(page).click(position={"x": 120, "y": 52})
    asked_and_done(page, "Try event")
    expect(page.get_by_role("button", name="Try event")).to_have_count(0)
    page.get_by_role("button", name="Silence").click()
    expect(page.get_by_text("Silent until")).to_be_visible()
    page.goto("/people?q=100000007")
    drawn(page, "People and avatars")
    drawn_table(page).click(position={"x": 120, "y": 52})
    asked_and_done(page, "Block", why="rude")
    expect(page.get_by_text("Blocked since")).to_be_visible()
    asked_and_done(page, "Grant a training", why="our fault")
    expect(page.get_by_text("Granted within a day: 1")).to_be_visible()
    asked_and_done(page, "Unblock", why="sorry")
    expect(page.get_by_text("Blocked since")).to_have_count(0)
    page.get_by_test_id("stPopover").get_by_role("button", name="Write").click()
    page.get_by_label("Message").fill("Hello")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Message")).to_have_count(0)
    page.goto("/audit")
    drawn(page, "Audit")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download CSV").first.click()
    taken.value.save_as(tmp_path / "audit.csv")
    with (tmp_path / "audit.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    done = [row["Did"] for row in reversed(rows) if row["Did"] != ACTION["log in"]]
    actions = ("pause", "resume", "replay", "silence", "block", "grant", "unblock", "write")
    assert done == [ACTION[action] for action in actions]
    assert {row["Who"] for row in rows} == {"anna"}
