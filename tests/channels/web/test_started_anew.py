"""The page's process is started anew while somebody has files attached, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import FilePayload, expect

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
    line = visitor.page.get_by_test_id("stChatInput")
    with visitor.page.expect_response(lambda r: "upload_file" in r.url and r.ok):
        line.locator('input[type="file"]').set_input_files(files)
    for color in colors:
        expect(line.get_by_text(f"{color}.jpg")).to_be_visible()


def collecting(visitor: Visitor, begin: str, name: str) -> None:
    visitor.press(begin)
    expect(visitor.page.locator(".st-key-keyboard-screen button")).to_have_count(1)
    visitor.say(name)
    expect(visitor.screen).to_contain_text(name)


def connected(visitor: Visitor) -> None:
    """Wait until the page has found the new process: before that nothing can be sent."""
    page = visitor.page.get_by_test_id("stApp")
    expect(page).to_have_attribute("data-test-connection-state", "CONNECTED")


@pytest.mark.parametrize(
    ("locale", "begin", "told", "untrue"),
    [("en-GB", "🚀 Begin", EN.files_lost, EN.too_many),
     ("ru-RU", "🚀 Начать", RU.files_lost, RU.too_many)],
)  # fmt: skip
def test_files_that_were_attached_before_are_told_to_be_lost_and_the_text_is_kept(
    locale: str, begin: str, told: str, untrue: str, visit: Visit, served: Served
) -> None:
    anna = visit(locale)
    collecting(anna, begin, "Anna")
    attach(anna, "red", "green")
    served.start_anew()
    connected(anna)
    entry = anna.page.get_by_test_id("stChatInputTextArea")
    expect(entry).to_be_enabled()
    entry.fill("two photos")
    entry.press("Enter")
    trouble = anna.page.locator(".st-key-unsent, #not-sent")
    expect(trouble).to_contain_text(told)
    expect(trouble).not_to_contain_text(untrue)
    if anna.page.locator("#not-sent").count():  # it went into the old connection, and came back
        expect(entry).to_have_value("two photos")
        entry.press("Enter")
    expect(anna.said.last).to_contain_text("two photos")
    anna.send([photo("blue")])
    expect(anna.screen.locator("img")).to_have_count(1)
    expect(anna.page.locator(".st-key-unsent")).to_have_count(0)


def test_what_is_attached_after_it_is_sent_though_what_was_before_is_lost(
    anna: Visitor, served: Served
) -> None:
    collecting(anna, "🚀 Begin", "Anna")
    attach(anna, "red")
    served.start_anew()
    connected(anna)
    expect(anna.page.get_by_test_id("stChatInputTextArea")).to_be_enabled()
    attach(anna, "blue")
    anna.page.get_by_test_id("stChatInputSubmitButton").click()
    expect(anna.page.locator(".st-key-unsent")).to_contain_text(EN.files_lost)
    expect(anna.screen.locator("img")).to_have_count(1)
