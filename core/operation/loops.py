"""Steps that are taken again and again, each loop on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from core.base.db import blameless, release
from core.base.errors import kind_of

log = structlog.get_logger()

FAILED_SECONDS = 5.0
"""How long a loop rests, at least, when a step failed: a broken disk is not asked all the time."""

Step = Callable[[], object]


class Loops:
    """Loops that go on until `stopping` is set."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._threads: list[threading.Thread] = []

    def begin(
        self, name: str, seconds: float, steps: tuple[Step, ...], at_once: bool = True
    ) -> None:
        """Take the steps every so many seconds."""

        def loop() -> None:
            try:
                if not at_once:
                    self._stopping.wait(seconds)
                while not self._stopping.is_set():
                    failed = taken(steps)
                    self._stopping.wait(max(seconds, FAILED_SECONDS) if failed else seconds)
            finally:
                release()

        self._threads.append(threading.Thread(target=loop, name=name, daemon=True))
        self._threads[-1].start()

    def join(self) -> None:
        """Wait until all have ended."""
        for thread in self._threads:
            thread.join()
        self._threads = []


def taken(steps: tuple[Step, ...]) -> int:
    """Take each step; how many failed. A database that is away is one line for all of them."""
    failed, away = 0, ""
    for step in steps:
        try:
            step()
        except Exception as error:
            failed += 1
            if blameless(error):
                away = kind_of(error)
            else:
                log.exception("a step of the worker failed")
            release()  # a broken connection must not be kept
    if away:
        log.error("the worker can't use the database", error=away, steps=failed)
    return failed
