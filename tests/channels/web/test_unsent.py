"""What is sent while nobody listens goes out by itself, once, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Route, expect

from channels.web.words import EN, RU
from tests.channels.web.conftest import PATIENCE, Served, Visit, Visitor, photo


@pytest.fixture(autouse=True, scope="module")
def _patient() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE * 1000)
    yield
    expect.set_options(timeout=5000)


def attach(visitor: Visitor, *colors: str) -> None:
    files: list[FilePayload] = [
        {"name": f"{color}.jpg", "mimeType": "image/jpeg", "buffer": photo(color)}
        for color in colors
    ]
    visitor.page.locator("#files").set_input_files(files)
    for color in colors:
        expect(visitor.page.locator("#tray").get_by_text(f"{color}.jpg")).to_be_visible()
    expect(visitor.page.locator("#tray .sending")).to_have_count(0)


def collecting(visitor: Visitor, begin: str, name: str) -> None:
    visitor.press(begin)
    expect(visitor.said).to_have_count(1)
    visitor.say(name)
    expect(visitor.screen).to_contain_text(name)


def unsent(visitor: Visitor) -> str:
    return visitor.page.locator("#unsent").inner_text()


@pytest.mark.parametrize(
    ("locale", "begin", "words"),
    [("en-GB", "🚀 Begin", EN), ("ru-RU", "🚀 Начать", RU)],
)  # fmt: skip
def test_a_text_that_nobody_hears_waits_in_sight_and_goes_once(
    locale: str, begin: str, words: Any, visit: Visit, served: Served
) -> None:
    anna = visit(locale)
    collecting(anna, begin, "Anna")
    served.process.kill()
    anna.say("are you there?\nHello?")
    waits = anna.page.locator("#unsent")
    expect(waits).to_contain_text("are you there?\nHello?")
    expect(waits).to_contain_text(words.offline)
    expect(waits).to_contain_text(words.waiting)
    served.start_anew()
    expect(waits).to_be_hidden()
    expect(anna.said.filter(has_text="Hello?")).to_have_count(1)
    expect(anna.line).to_have_value("")


def test_what_a_newcomer_writes_before_the_first_screen_is_there_arrives(
    browser: Browser, served: Served
) -> None:
    context = browser.new_context(base_url=served.url)
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    held: list[Route] = []
    let_go = False

    def hold(route: Route) -> None:
        if let_go:
            route.continue_()
        else:
            held.append(route)

    page.route("**/view?*", hold)
    page.goto("/")
    page.locator("#text").fill("Good evening")
    page.locator("#text").press("Enter")
    expect(page.locator(".bubble.person.waiting")).to_contain_text("Good evening")
    let_go = True
    for route in held:
        route.continue_()
    expect(page.locator("#screen")).to_contain_text("Please choose a button.")
    expect(page.locator("#above .bubble.person")).to_contain_text("Good evening")
    context.close()


def test_a_reload_keeps_what_waits(anna: Visitor, served: Served) -> None:
    collecting(anna, "🚀 Begin", "Anna")
    anna.page.route("**/act", lambda route: route.abort())
    anna.say("still here")
    expect(anna.page.locator("#unsent")).to_contain_text(EN.offline)
    anna.page.unroute("**/act")
    anna.page.reload()
    expect(anna.said.filter(has_text="still here")).to_have_count(1)
    expect(anna.page.locator("#unsent")).to_be_hidden()


def test_an_answer_that_is_lost_on_its_way_doubles_nothing(anna: Visitor, served: Served) -> None:
    collecting(anna, "🚀 Begin", "Anna")
    lost: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        route.fetch()
        lost.append(json.loads(route.request.post_data or "")["key"])
        route.abort() if len(lost) == 1 else route.fallback()

    anna.page.route("**/act", lose_the_first_answer)
    anna.say("only once")
    expect(anna.page.locator("#unsent")).to_be_hidden()
    expect(anna.said.filter(has_text="only once")).to_have_count(1)
    assert len(lost) == 2
    assert len({*lost}) == 1


def test_a_press_that_nobody_hears_is_told_and_does_not_act_later(
    anna: Visitor, served: Served
) -> None:
    expect(anna.screen).to_contain_text("Hello! 👋")
    anna.page.route("**/act", lambda route: route.abort())
    anna.press("🚀 Begin")
    expect(anna.page.locator("#unsent")).to_contain_text(EN.press_again)
    anna.page.unroute("**/act")
    anna.press("🚀 Begin")
    expect(anna.screen).to_contain_text("What is your name?")
    expect(anna.said).to_have_count(1)


def test_files_that_were_attached_before_a_restart_are_sent_after_it(
    anna: Visitor, served: Served
) -> None:
    collecting(anna, "🚀 Begin", "Anna")
    attach(anna, "red", "green")
    served.start_anew()
    attach(anna, "blue")
    anna.say("three photos")
    expect(anna.screen.locator("img")).to_have_count(3)
    expect(anna.said.last).to_contain_text("three photos")


def test_a_file_that_is_taken_out_is_not_sent(anna: Visitor) -> None:
    collecting(anna, "🚀 Begin", "Anna")
    attach(anna, "red", "green")
    anna.page.get_by_role("button", name=f"{EN.take_out} red.jpg").click()
    anna.page.locator("#send").click()
    expect(anna.screen.locator("img")).to_have_count(1)


def test_files_go_up_though_the_way_there_breaks_off_in_between(
    anna: Visitor, served: Served
) -> None:
    collecting(anna, "🚀 Begin", "Anna")
    failures: list[str] = []

    def break_off_once(route: Route) -> None:
        failures.append(route.request.url)
        route.abort() if len(failures) == 1 else route.fallback()

    anna.page.route("**/upload*", break_off_once)
    anna.send([photo("red"), photo("blue")])
    expect(anna.screen.locator("img")).to_have_count(2)
    assert len(failures) == 3


@pytest.mark.parametrize("site", ["https://elsewhere.example", "null"])
def test_no_other_site_can_act_in_their_name(anna: Visitor, site: str) -> None:
    expect(anna.screen).to_contain_text("Hello! 👋")
    said = json.dumps({"key": "k", "text": "hello"})
    answer = anna.page.request.post("/act", data=said, headers={"Origin": site})
    assert answer.status == 403
