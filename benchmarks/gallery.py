"""`python -m benchmarks.gallery`: take docs/images/dashboard/, a picture of each dashboard page.

    python -m benchmarks.gallery                   1440 × 900, English: those of the documentation
    python -m benchmarks.gallery --look FOLDER     whole pages, on a desktop and a phone, in each
                                                   language: to be looked at

The dashboard as it is, over people that are made up. `benchmarks.pages` measures the same pages.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks.web import FLAGS, PATIENCE, answers
from core import __version__
from core.app.bootstrap import bootstrap
from core.base.db import connect, database, run
from core.base.migrations import runner
from core.base.settings import Settings
from core.base.settings.running.dashboard import Dashboard
from core.operation.demo import Story, fill
from core.operation.passwords import hashed
from core.operation.serving.server import listen
from dashboard import app
from dashboard.serving import serve
from dashboard.words import translator

INTO = Path(__file__).parents[1] / "docs" / "images" / "dashboard"
PEOPLE = 4000
DESKTOP, PHONE = (1440, 900), (390, 844)
LARGEST = 60_000
"""Bytes of a picture in the documentation."""
PASSWORD = "correct horse battery"
DRAWN = """() => {
  const found = name => [...document.querySelectorAll(`[data-testid=${name}]`)];
  const [whole] = found("stApp");
  return whole && whole.dataset.testScriptState === "notRunning" && found("stHeading").length
    && !found("stSkeleton").length && found("stVegaLiteChart").every(one => {
      const marks = one.querySelector("canvas, svg");
      return marks && marks.getBoundingClientRect().width > 0;
    }) && found("stDataFrame").every(
      one => one.querySelector("canvas") || !one.checkVisibility({contentVisibilityAuto: true}));
}"""
"""Whether the script has ended and every chart and every table is there, but for folded ones."""


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gallery")
    parser.add_argument("--look", type=Path, help="a folder for whole pages")
    look = parser.parse_args().look
    with TemporaryDirectory() as name:
        folder = Path(name)
        _make(folder)
        with served(folder) as (url, _), browser() as chromium:
            if look is None:
                _document(chromium, url)
            else:
                _look(chromium, url, look)


def addresses() -> list[str]:
    """Every page that the navigation lists, by its path."""
    return [path for path, *_ in app.pages(translator("en")) if path not in app.UNLISTED]


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The dashboard over a data folder in a process of its own; SIGUSR1 makes it forget answers."""
    with listen("The gallery", "dashboard", "127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    code = f"from benchmarks.gallery import _serve; _serve({str(folder)!r}, {port})"
    quiet = subprocess.DEVNULL
    with subprocess.Popen([sys.executable, "-c", code], stdout=quiet, stderr=quiet) as process:
        url = f"http://127.0.0.1:{port}/"
        try:
            while process.poll() is None and not answers(f"{url}login"):
                time.sleep(0.1)
            yield url, process
        finally:
            process.terminate()


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


def logged_in(chromium: Browser, url: str, size: tuple[int, int] = DESKTOP) -> BrowserContext:
    """A browser with nothing in its cache, whose admin has logged in."""
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="en-GB", color_scheme="light",
        reduced_motion="reduce",
    )  # fmt: skip
    context.set_default_timeout(PATIENCE)
    context.request.post(f"{url}login", form={"name": "anna", "password": PASSWORD, "next": "/"})
    return context


def whole(page: Page, address: str) -> float:
    """Seconds from the navigation to the last chart and the last table."""
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_function(DRAWN, polling="raf")
    return time.perf_counter() - begun


def _document(chromium: Browser, url: str) -> None:
    INTO.mkdir(parents=True, exist_ok=True)
    context = logged_in(chromium, url)
    page = context.new_page()
    for path in addresses():
        whole(page, f"{url}{path}?period=30d")
        into = INTO / f"{path}.webp"
        _keep(page, into)
        print(f"{into.name}: {into.stat().st_size // 1000} kB")
    context.close()


def _look(chromium: Browser, url: str, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    for size in (DESKTOP, PHONE):
        context = logged_in(chromium, url, size)
        page = context.new_page()
        for language in ("en", "ru"):
            for path in addresses():
                page.set_viewport_size({"width": size[0], "height": size[1]})
                whole(page, f"{url}{path}?period=30d&lang={language}")
                _unroll(page, size)
                page.screenshot(path=into / f"{path}-{language}-{size[0]}.png")
        context.close()


def _unroll(page: Page, size: tuple[int, int]) -> None:
    """Make the window as high as the page."""
    inner = "document.querySelector('[data-testid=stMain]').scrollHeight"
    height = min(6000, max(size[1], int(page.evaluate(inner))))
    page.set_viewport_size({"width": size[0], "height": height})
    page.wait_for_timeout(700)


def _keep(page: Page, into: Path) -> None:
    page.wait_for_timeout(500)
    shown = Image.open(BytesIO(page.screenshot())).convert("RGB")
    for quality in (80, 70, 60, 50, 40):
        shown.save(into, "WEBP", quality=quality, method=6)
        if into.stat().st_size <= LARGEST:
            return


def _make(folder: Path) -> None:
    """People, a worker that seems to live for an hour, an alert that is over, and an open one."""
    connect(f"sqlite:///{folder}/likeness.db", "normal")
    runner.prepare(database.obj)
    now = time.time()
    fill(PEOPLE, Story(now - 1))
    alert = "INSERT INTO alerts (rule, subject, value, threshold, fired_at, resolved_at) VALUES "
    run(f"{alert} ('fal_errors', '', 14, 10, ?, ?)", now - 11 * 86_400, now - 11 * 86_400 + 5400)
    run(f"{alert} ('queue', '', 12.5, 10, ?, NULL)", now - 1500)
    run(
        "INSERT INTO heartbeats (part, process, at, started_at, version, trouble, mode) "
        "VALUES ('worker', 'likeness-1:7', ?, ?, ?, '', 'test')",
        *(now + 3600, now - 3 * 86_400, __version__),
    )
    database.close()


def _serve(folder: str, port: int) -> None:
    users = f"anna:admin:{hashed(PASSWORD)}"
    own = Dashboard.model_validate({"port": port, "users": users}, strict=False)
    settings = Settings().model_copy(update={"data_dir": Path(folder), "dashboard": own})
    signal.signal(signal.SIGUSR1, lambda *_: st.cache_data.clear())
    serve(bootstrap(settings), settings)


if __name__ == "__main__":
    main()
