"""`make bench-dashboard`: how long the dashboard's pages take to draw on a large history.

    python -m benchmarks.pages                           made up anew, 200,000 people (minutes)
    python -m benchmarks.pages --people 20000            a smaller history
    python -m benchmarks.pages --data FOLDER             one that `likeness demo-data` filled before

A page is drawn by Streamlit's own test driver: the whole script with its queries, without the
browser. *Cold*: the database is out of the machine's memory, and nothing is kept. *Warm*: it is in
memory, but every kept answer is too old. *Second*: another viewer a moment later, and how many
queries that cost; the look-up of their session is not among them: it is never kept, and costs one
more at each drawing. The yardstick is one count over every logged transition in the same run.

Then each page over 90 days in Chromium, from the navigation to its last chart and last table:
*cold* in a browser that has seen nothing, the database out of memory, nothing kept; *warm* in one
that has Streamlit's scripts, the database in memory, every kept answer too old. The yardstick is a
page without a single chart, `row`.
"""

from __future__ import annotations

import argparse
import logging
import os
import queue
import signal
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from logging.handlers import QueueHandler
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st
from streamlit.logger import set_log_level
from streamlit.testing.v1 import AppTest

from benchmarks import gallery
from core.app.bootstrap import bootstrap
from core.base.db import connect, database, release, run
from core.base.migrations import runner
from core.base.settings import Settings
from core.operation.auth import Visitor
from core.operation.demo import Story, fill
from dashboard import app, site
from dashboard.site import Site
from dashboard.words import translator

SCRIPT = Path(app.__file__).parent / "start" / "app.py"
PERIODS = ("7d", "30d", "90d")
PATIENCE = 120
COLD, WARM = 4.0, 1.5
"""Seconds within which a page should be drawn."""


class Inside(Site):
    """A site whose visitor has logged in."""

    def visitor(self, cookies: Mapping[str, str], by_hand: bool = True) -> Visitor | None:
        return Visitor("anna", "admin")


def main() -> None:
    """Measure every page over every period, and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages")
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--data", type=Path, help="a data folder that is filled already")
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    with TemporaryDirectory() as made:
        folder = (wanted.data or Path(made)).absolute()
        settings = Settings().model_copy(update={"data_dir": folder})
        if wanted.data is None:
            _make(settings, wanted.people)
        site._open["site"] = Inside(bootstrap(settings), settings)
        set_log_level("error")  # outside a server Streamlit warns at every step
        _report(wanted.rounds)
        release()
        _in_browser(folder, wanted.rounds)


def _in_browser(folder: Path, rounds: int) -> None:
    """Seconds until the last chart, cold and warm; see above."""
    print(f"\n{'in Chromium':<18}{'cold':>8}{'warm':>8}")
    with gallery.served(folder) as (url, process), gallery.browser() as chromium:
        gallery.whole(gallery.logged_in(chromium, url).new_page(), f"{url}row")  # it warms up
        for page in _addresses():
            cold, warm = [], []
            for _ in range(rounds):
                process.send_signal(signal.SIGUSR1)
                _forget_file()
                context = gallery.logged_in(chromium, url)
                tab, address = context.new_page(), f"{url}{page}?period=90d&mode=both"
                cold.append(gallery.whole(tab, address))
                process.send_signal(signal.SIGUSR1)
                warm.append(gallery.whole(tab, address))
                context.close()
            slow, quick = statistics.median(cold), statistics.median(warm)
            missed = "" if slow <= COLD and quick <= WARM else "   MISSED"
            print(f"{page:<12}{'90d':<6}{slow:>8.2f}{quick:>8.2f}{missed}", flush=True)


def _make(settings: Settings, people: int) -> None:
    connect(settings.database_url, "normal")
    runner.prepare(database.obj)
    fill(people, Story(time.time() - 1))


def _report(rounds: int) -> None:
    for table in ("conversations", "transitions", "avatars", "training_runs", "fal_events"):
        print(f"{_count(table):>10,} {table}")
    yardstick = statistics.median(_seconds(lambda: _count("transitions")) for _ in range(rounds))
    print(f"\nseconds; to count the transitions takes {yardstick:.2f}")
    print(f"{'':<12}{'':<6}{'cold':>8}{'warm':>8}{'second':>8}{'queries':>9}{'warm/count':>12}")
    for page in _addresses():
        for period in PERIODS:
            draw = partial(_draw, page, period)
            cold = statistics.median(_anew(draw, on_disk=True) for _ in range(rounds))
            warm = statistics.median(_anew(draw) for _ in range(rounds))
            second, queries = min((_second(draw) for _ in range(2)), key=itemgetter(1))
            good = cold <= COLD and warm <= WARM and not queries
            print(
                f"{page:<12}{period:<6}{cold:>8.2f}{warm:>8.2f}{second:>8.2f}{queries:>9}"
                f"{warm / yardstick:>12.1f}{'' if good else '   MISSED'}",
                flush=True,
            )


def _count(table: str) -> int:
    return int(run(f"SELECT count(*) FROM {table}").fetchone()[0])


def _anew(draw: Callable[[], None], on_disk: bool = False) -> float:
    """Seconds to draw without any answer kept; `on_disk`, without the file in memory either."""
    st.cache_data.clear()
    if on_disk:
        _forget_file()
    return _seconds(draw)


def _forget_file() -> None:
    """Have the machine read the database from its disk anew."""
    release()
    with open(database.obj.database, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _second(draw: Callable[[], None]) -> tuple[float, int]:
    """Seconds and queries of another viewer; of two tries one may meet the turn of `rounded`."""
    with _counted() as statements:
        seconds = _seconds(draw)
    return seconds, len(statements)


def _addresses() -> list[str]:
    return [path for path, *_ in app.pages(translator("en"))]


def _draw(page: str, period: str) -> None:
    tab = AppTest.from_file(str(SCRIPT), default_timeout=PATIENCE)
    tab._page_hash = _hashes().get(page, "")  # its pages are functions, not files
    tab.query_params.update(period=period, mode="both")
    tab.run()
    if tab.exception or not tab.header:
        raise RuntimeError(f"{page} could not be drawn: {tab.exception}")


@cache
def _hashes() -> dict[str, str]:
    tab = AppTest.from_file(str(SCRIPT), default_timeout=PATIENCE).run()
    return {str(known["url_pathname"]): name for name, known in tab._registered_pages.items()}


@contextmanager
def _counted() -> Iterator[list[logging.LogRecord]]:
    """The statements that the database gets meanwhile."""
    statements: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    found: list[logging.LogRecord] = []
    logger, handler = logging.getLogger("peewee"), QueueHandler(statements)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield found
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
        logger.propagate = True
        while not statements.empty():
            found.append(statements.get())


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
