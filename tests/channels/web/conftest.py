"""The form behind a chat page in a process of its own, and Chromium to visit it with."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Cookie,
    Dialog,
    FilePayload,
    Locator,
    Page,
    sync_playwright,
)

from channels.web.site import COOKIE
from core.base.db import connect
from core.conversation.inbox import find
from core.conversation.messages import Address
from tests.channels.web.form import FormHouse
from tests.patience import LONG

ROOT = Path(__file__).parents[3]
PATIENCE = LONG
"""Seconds; a busy machine needs a few of them."""

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


class Served:
    """The page's process, and what happens behind its back."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen[bytes]
        self.restart: Callable[[], subprocess.Popen[bytes]]

    def start_anew(self) -> None:
        """End the process, and start another one on the same port and folder."""
        self.stop()
        self.process = self.restart()
        _wait_until_it_answers(self)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(LONG)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @contextmanager
    def busy(self) -> Iterator[None]:
        """For a while the server only listens, as one does that has too much to do."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def signal(self, visitor: str, trigger: str, argument: str) -> None:
        """Let a visitor's form hear of something, as a worker would: from another process."""
        opened = connect(f"sqlite:///{self.folder}/likeness.db", "normal")
        try:
            conversation_id = find(Address("web", "web", visitor))
            assert conversation_id is not None
            FormHouse(self.folder).signal(conversation_id, trigger, argument)
        finally:
            opened.close()


class Visitor:
    """A person with a browser that nobody else uses."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.dialogs: list[str] = []
        self.mistakes: list[str] = []
        self.page.on("dialog", self._dismiss)
        self.page.on("pageerror", lambda error: self.mistakes.append(str(error)))
        self.page.goto(url)

    @property
    def screen(self) -> Locator:
        """The bubble that is still alive."""
        return self.page.locator("#screen")

    @property
    def line(self) -> Locator:
        """What is typed into."""
        return self.page.locator("#text")

    @property
    def said(self) -> Locator:
        """The person's own bubbles."""
        return self.page.locator(".bubble.person")

    @property
    def cookie(self) -> Cookie:
        return next(c for c in self.context.cookies() if c.get("name") == COOKIE)

    @property
    def name(self) -> str:
        """Who the page takes this person for."""
        return self.cookie.get("value", "").split(".")[0]

    @property
    def overhang(self) -> int:
        """By how many pixels anything on the page is too wide for the window."""
        return int(
            self.page.evaluate(
                """() => Math.max(...["html", "body", "#talk", "#line"].map(name => {
                     const part = document.querySelector(name);
                     return part ? part.scrollWidth - part.clientWidth : 0;
                   }))"""
            )
        )

    def press(self, label: str) -> None:
        self.page.get_by_role("button", name=label, exact=True).click()

    def say(self, text: str) -> None:
        self.line.fill(text)
        self.line.press("Enter")

    def send(self, photos: Sequence[bytes]) -> None:
        files: list[FilePayload] = [
            {"name": f"photo{number}.jpg", "mimeType": "image/jpeg", "buffer": photo}
            for number, photo in enumerate(photos)
        ]
        self.page.locator("#files").set_input_files(files)
        self.page.locator("#send").click()

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for a whole module; each visitor is a person of their own."""
    folder = tmp_path_factory.mktemp("web")
    served = Served(folder, port := _free_port())
    changes = json.dumps({"upload_megabytes": 1})
    command = [sys.executable, "-m", "tests.channels.web.serve", str(folder), str(port), changes]
    with (folder / "log").open("wb") as log:
        served.restart = lambda: subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        served.process = served.restart()
        try:
            _wait_until_it_answers(served)
            yield served
        finally:
            served.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None and os.environ.get("CI") == "true":
        pytest.fail("no Chromium is installed, and CI does not do without")
    if path is None:
        pytest.skip("no Chromium is installed: `apt-get install chromium` brings it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, served: Served) -> Iterator[Visit]:
    """Opens the page as somebody new, on a telephone; afterwards no script may have failed."""
    visitors: list[Visitor] = []

    def visit(locale: str = "en-GB", cookie: str = "") -> Visitor:
        context = browser.new_context(
            base_url=served.url,
            locale=locale,
            viewport={"width": 390, "height": 844},
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE * 1000)
        if cookie:
            context.add_cookies([{"name": COOKIE, "value": cookie, "url": served.url}])
        visitors.append(Visitor(context, served.url))
        return visitors[-1]

    yield visit
    for visitor in visitors:
        visitor.context.close()
    assert not [mistake for visitor in visitors for mistake in visitor.mistakes]


@pytest.fixture
def anna(visit: Visit) -> Visitor:
    """Somebody who speaks English and is here for the first time."""
    return visit()


def photo(color: str) -> bytes:
    """A photo of nothing at all."""
    out = BytesIO()
    Image.new("RGB", (64, 48), color).save(out, "JPEG")
    return out.getvalue()


@contextmanager
def _running(command: Sequence[str], log: int) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(LONG)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_it_answers(served: Served) -> None:
    until = time.monotonic() + 2 * PATIENCE
    while served.process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{served.url}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the page does not answer:\n{(served.folder / 'log').read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
