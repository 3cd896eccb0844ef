"""What is sent into a connection that is gone comes back to the line, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from channels.web.words import EN, RU
from tests.channels.web.conftest import PATIENCE, Served, Visit, Visitor
from tests.channels.web.test_started_anew import attach, collecting


@pytest.fixture(autouse=True, scope="module")
def _patient() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE * 1000)
    yield
    expect.set_options(timeout=5000)


def line(visitor: Visitor) -> Locator:
    return visitor.page.get_by_test_id("stChatInputTextArea")


def told(visitor: Visitor) -> Locator:
    return visitor.page.locator("#not-sent")


def lose(served: Served, visitor: Visitor, text: str) -> None:
    """Say something that the page sends, and that nobody hears."""
    with served.busy():
        visitor.say(text)
        expect(line(visitor)).to_have_value("")
        served.process.kill()
    served.start_anew()


@pytest.mark.parametrize(
    ("locale", "begin", "words"),
    [("en-GB", "🚀 Begin", EN.not_sent), ("ru-RU", "🚀 Начать", RU.not_sent)],
)
def test_a_text_that_nobody_heard_is_back_in_the_line_and_goes_once(
    locale: str, begin: str, words: str, visit: Visit, served: Served
) -> None:
    anna = visit(locale)
    collecting(anna, begin, "Anna")
    lose(served, anna, "are you there?\nHello?")
    expect(line(anna)).to_have_value("are you there?\nHello?")
    expect(told(anna)).to_have_text(words)
    line(anna).press("Enter")
    expect(anna.said.last).to_contain_text("are you there?\nHello?")
    expect(told(anna)).to_have_count(0)
    expect(anna.said.filter(has_text="Hello?")).to_have_count(1)
    expect(line(anna)).to_have_value("")


def test_what_is_lost_twice_stands_there_once(anna: Visitor, served: Served) -> None:
    collecting(anna, "🚀 Begin", "Anna")
    lose(served, anna, "hello")
    expect(line(anna)).to_have_value("hello")
    lose(served, anna, "hello again")
    expect(line(anna)).to_have_value("hello again")
    expect(told(anna)).to_have_count(1)


def test_of_files_that_nobody_heard_of_it_is_said_too(anna: Visitor, served: Served) -> None:
    collecting(anna, "🚀 Begin", "Anna")
    attach(anna, "red")
    lose(served, anna, "")
    expect(told(anna)).to_have_text(EN.files_lost)
