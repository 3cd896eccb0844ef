"""The chat page in a real browser: one Chromium, a context for each person."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import socket
import threading
import time
import urllib.request
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    async_playwright,
)

from tests.scenarios.contract import PATIENCE, Chat, Sight
from tests.scenarios.house import House
from tests.scenarios.stage import Stage

T = TypeVar("T")

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

LOOK = """() => {
  const texts = [], labels = [];
  const screen = document.getElementById("screen");
  if (screen.ariaBusy === "true" || document.querySelector(".waiting")) return null;
  const bubbles = [...document.querySelectorAll(".entry .bubble")];
  const spoken = bubbles.filter(b => b.classList.contains("person")).pop();
  const isLater = b => !spoken || (spoken.compareDocumentPosition(b) & 4);
  texts.push(screen.innerText);
  for (const b of bubbles) if (b.classList.contains("bot") && isLater(b)) texts.push(b.innerText);
  for (const which of ["#keyboard", ".entry"])
    for (const b of document.querySelectorAll(`${which} button`)) labels.push(b.innerText);
  return {texts, labels};
}"""


PRESS = """label => {
  const all = [...document.querySelectorAll(".keyboard button")];
  const button = all.find(button => button.innerText.trim() === label);
  if (!button) return false;
  button.scrollIntoView({block: "center", behavior: "instant"});
  const {x, y, width, height} = button.getBoundingClientRect();
  if (!button.contains(document.elementFromPoint(x + width / 2, y + height / 2))) return false;
  button.click();
  return true;
}"""
"""In one piece: no other button can take the place of this one between look and press."""


RECEIVE = """async () => {
  const bubbles = [...document.querySelectorAll(".entry .bubble")];
  const spoken = bubbles.filter(b => b.classList.contains("person")).pop();
  const isLater = b => !spoken || (spoken.compareDocumentPosition(b) & 4);
  const links = [...document.querySelectorAll(".grid img, .file a, a.download")];
  const encoded = async link => {
    const data = new Uint8Array(await (await fetch(link.src ?? link.href)).arrayBuffer());
    return btoa(Array.from(data, byte => String.fromCharCode(byte)).join(""));
  };
  return Promise.all(links.filter(isLater).map(encoded));
}"""


class Browsers:
    """One Chromium on an event loop of its own, for people who each have a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="browser", daemon=True)
        self._thread.start()
        self._playwright: Playwright
        self._browser: Browser
        self.do(self._launch())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for a piece of work in the browser."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(4 * PATIENCE)

    async def visit(self, url: str, locale: str) -> tuple[BrowserContext, Page]:
        context = await self._browser.new_context(
            locale=locale, viewport={"width": 390, "height": 844}, reduced_motion="reduce"
        )
        page = await context.new_page()
        await page.goto(url)
        return context, page

    def close(self) -> None:
        self.do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _launch(self) -> None:
        self._playwright = await async_playwright().start()
        self._browser = await self._playwright.chromium.launch(
            executable_path=chromium(), headless=True, args=FLAGS
        )

    async def _end(self) -> None:
        await self._browser.close()
        await self._playwright.stop()


class WebChat(Chat):
    channel = "web"

    def __init__(self, house: House, browsers: Browsers, url: str, language: str) -> None:
        super().__init__(house, language)
        self._browsers = browsers
        self._context, self._page = browsers.do(browsers.visit(url, _LOCALES[language]))
        self._last = Sight("", ())
        self.address = self._visitor()

    def say(self, text: str) -> None:
        self._browsers.do(self._type(text))

    def send_photos(self, photos: Sequence[bytes]) -> None:
        files = [
            {"name": f"photo{n}.jpg", "mimeType": "image/jpeg", "buffer": photo}
            for n, photo in enumerate(photos)
        ]
        self._browsers.do(self._send(files))

    def send_file(self, name: str, data: bytes) -> None:
        self._browsers.do(
            self._send([{"name": name, "mimeType": "application/octet-stream", "buffer": data}])
        )

    def press_label(self, label: str) -> None:
        self._browsers.do(self._click(label))

    @property
    def sight(self) -> Sight:
        """The living screen, the notices since the person last spoke, and every button."""
        seen = self._browsers.do(self._page.evaluate(LOOK))
        if seen is not None:
            labels = tuple(map(str.strip, seen["labels"]))
            self._last = Sight("\n\n".join(seen["texts"]), labels)
        return self._last

    @property
    def received(self) -> list[bytes]:
        found: list[str] = self._browsers.do(self._page.evaluate(RECEIVE))
        return [base64.b64decode(data) for data in found]

    def pause(self) -> None:
        time.sleep(0.1)

    def close(self) -> None:
        self._browsers.do(self._context.close())

    async def _type(self, text: str) -> None:
        entry = self._page.locator("#text")
        await entry.fill(text)
        await entry.press("Enter")

    async def _send(self, files: list[dict[str, Any]]) -> None:
        await self._page.locator("#files").set_input_files(files)  # type: ignore[arg-type]
        await self._page.locator("#send").click()

    async def _click(self, label: str) -> None:
        """Press a button, once it is there to be pressed; by no accident another one."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if await self._page.evaluate(PRESS, label):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{label!r} can't be pressed")

    def _visitor(self) -> str:
        self.wait_for(lambda sight: bool(sight.labels), "the page")
        cookies = self._browsers.do(self._context.cookies())
        signed = next(c["value"] for c in cookies if c["name"] == "likeness_visitor")
        return signed.strip('"').split(".")[0]

    @property
    def kept(self) -> Any:
        return self.house.kept_of(self.channel, getattr(self, "address", ""))


class WebStage(Stage):
    at_once = 4

    def __init__(self, folder: Path, **settings: object) -> None:
        if chromium() is None:
            if os.environ.get("CI"):
                pytest.fail("no Chromium, and CI wants it")
            pytest.skip("no Chromium: install 'chromium' for the tests of the web page")
        port = _free_port()
        self._url = f"http://127.0.0.1:{port}/"
        super().__init__(House(folder, web__port=port, **settings))
        self._browsers = Browsers()

    def open(self) -> None:
        self.house.start("web")
        self.house.start("worker")
        self.house.wait_until(self._serves)

    def chat(self, language: str) -> WebChat:
        return WebChat(self.house, self._browsers, self._url, language)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._browsers.close()
        super().close()

    def _serves(self) -> bool:
        try:
            with urllib.request.urlopen(self._url, timeout=5):
                return True
        except OSError:
            return False


_LOCALES = {"en": "en-GB", "ru": "ru-RU"}


def chromium() -> str | None:
    """Where the browser is."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
