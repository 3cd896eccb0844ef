"""Somebody in a browser and on Telegram is one person on both, by a code from the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.telegram import FakeTelegram
from tests.scenarios.contract import Chat
from tests.scenarios.on_telegram import TOKEN, TelegramChat
from tests.scenarios.on_web import WebStage
from tests.scenarios.stage import BOTH, QUICK
from tests.scenarios.walks import complete, launch, pictures, portrait, upload
from tests.sizes import few


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    server = FakeTelegram(TOKEN)
    server.start()
    yield server
    server.stop()
    assert not server.crash


@pytest.fixture
def stage(tmp_path: Path, telegram: FakeTelegram) -> Iterator[WebStage]:
    there = {
        "telegram__token": TOKEN,
        "telegram__base_url": telegram.base_url,
        "telegram__base_file_url": telegram.base_file_url,
    }
    stage = WebStage(tmp_path, **{**QUICK, "training__simulated_seconds": 15, **there})
    stage.open()
    stage.house.start("telegram")
    stage.house.wait_until(lambda: bool(telegram.called("getUpdates")))
    yield stage
    stage.close()


def code_of(chat: Chat) -> str:
    chat.say("/link")
    sight = chat.see("Don’t give it to anybody else.")
    found = re.search(r"/link ([0-9A-Z]+-[0-9A-Z]+)", sight.text)
    assert found is not None, sight
    return found[1]


@pytest.mark.timeout(300)
@pytest.mark.soak
@pytest.mark.parametrize("language", few(BOTH))
def test_one_person_finds_everything_on_both(
    stage: WebStage, telegram: FakeTelegram, language: str
) -> None:
    browser, phone = stage.chat(language), TelegramChat(stage.house, telegram, language)
    portrait(phone, "Phone")
    upload(phone, pictures(10))
    launch(phone)
    complete(phone)
    portrait(browser, "Browser")
    upload(browser, pictures(10, start=20))
    launch(browser)
    browser.see("🤖 Training the avatar")
    phone.say(f"/link {code_of(browser)}")
    for chat in (phone, browser):
        chat.press("✅ Yes, link it")
    for chat in (phone, browser):
        chat.see("👥 Done: everything you have is now in both chats.")
        chat.press_first("⏳")
        chat.see("🤖 Training the avatar")
    for chat in (phone, browser):
        chat.see("“{name}” is trained.", name="Browser")
    for chat in (phone, browser):
        chat.say("/menu")
        chat.press_first("📁")
        for name in ("Phone", "Browser"):
            chat.wait_for(lambda seen, n=name: any(n in s for s in seen.labels), name)  # type: ignore[misc]
    phone.say("/privacy")
    phone.press("🔥 Delete everything")
    phone.press("Yes, delete everything")
    for chat in (browser, phone):
        chat.see("Everything is deleted. If you ever want to come back, you are welcome.")
    assert chat.settle().avatars == ()
