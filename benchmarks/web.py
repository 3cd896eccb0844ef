"""`make bench-web`: how soon a newcomer sees the chat page and can answer, on a telephone's line.

    python -m benchmarks.web                 1.6 Mbit/s with 150 ms, seven rounds
    python -m benchmarks.web --rounds 3      fewer

The product's own flow behind its own server, and Chromium with nothing in its cache. *Paint*: the
browser's first contentful paint. *Usable*: the first screen is there and its first button can be
pressed. *Reply*: from that press to the next screen. The yardstick is the same without a slow line.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

import httpx
from playwright.sync_api import Browser, sync_playwright

from core.operation.serving.server import listen

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")
SLOW = {"latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
QUICK = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
PAINT, USABLE = 1.0, 2.0
"""Seconds within which a newcomer on the slow line should see the page, and be able to answer."""
FIRST, ALL = 20_000, 150_000
"""Bytes before the first paint, and before the first answer."""
PATIENCE = 60_000
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"


@dataclass(frozen=True, slots=True)
class Visit:
    """Seconds after the address was entered, and bytes on the wire; `reply` from the press on."""

    paint: float
    usable: float
    reply: float
    page: int
    whole: int


def main() -> None:
    """Measure, print, and end with 1 where a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.web")
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with TemporaryDirectory() as folder, served(folder) as url, _browser() as browser:
        _visit(browser, url, QUICK)  # the server warms up
        slow = [_visit(browser, url, SLOW) for _ in range(rounds)]
        quick = [_visit(browser, url, QUICK) for _ in range(rounds)]
    print(f"{'':<22}{'paint s':>9}{'usable s':>10}{'reply s':>9}{'page B':>9}{'all B':>9}")
    for name, visits in (("1.6 Mbit/s, 150 ms", slow), ("no slow line", quick)):
        paint, usable, reply, page, whole = (
            statistics.median(getattr(visit, field) for visit in visits)
            for field in Visit.__dataclass_fields__
        )
        print(f"{name:<22}{paint:>9.2f}{usable:>10.2f}{reply:>9.2f}{page:>9.0f}{whole:>9.0f}")
    missed = (
        statistics.median(visit.paint for visit in slow) > PAINT
        or statistics.median(visit.usable for visit in slow) > USABLE
        or max(visit.page for visit in slow) > FIRST
        or max(visit.whole for visit in slow) > ALL
    )
    print("MISSED" if missed else "within the limits")
    sys.exit(missed)


def _visit(browser: Browser, url: str, line: Mapping[str, float]) -> Visit:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    session = context.new_cdp_session(page)
    sizes: list[int] = []
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", {"offline": False, **line})
    session.on("Network.loadingFinished", lambda done: sizes.append(int(done["encodedDataLength"])))
    begun = time.perf_counter()
    page.goto(url, wait_until="commit")
    button = page.locator("#keyboard button").first
    button.click(trial=True)
    usable = time.perf_counter() - begun
    whole, paint = sum(sizes), float(page.evaluate(_PAINTED))
    pressed = time.perf_counter()
    button.click()
    page.locator(".entry .bubble.person").wait_for()
    reply = time.perf_counter() - pressed
    context.close()
    return Visit(paint, usable, reply, sizes[0], whole)


@contextmanager
def _browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def served(folder: str, command: str = "web", **settings: str) -> Iterator[str]:
    """The product as a process, its chat page on a port of its own; `settings` as variables."""
    with listen("The benchmark", "web", "127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    own = {"DATA_DIR": folder, "WEB__PORT": str(port), **settings}
    environ = {**os.environ, **{f"LIKENESS_{name}": value for name, value in own.items()}}
    product = [sys.executable, "-m", "likeness_bot"]
    subprocess.run([*product, "migrate"], env=environ, check=True, capture_output=True)
    quiet = subprocess.DEVNULL
    with subprocess.Popen([*product, command], env=environ, stdout=quiet, stderr=quiet) as process:
        url = f"http://127.0.0.1:{port}/"
        try:
            while process.poll() is None and not answers(f"{url}health"):
                time.sleep(0.1)
            yield url
        finally:
            process.terminate()


def answers(url: str) -> bool:
    """Whether somebody answers there."""
    try:
        return httpx.get(url, timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main()
