"""Steps that are taken again and again, each loop on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from core.base.db import blameless, release
from core.base.errors import kind_of
from core.operation.worker_pool import IDLE_SECONDS

log = structlog.get_logger()

FAILED_SECONDS = 5.0
"""How long a loop rests, at least, when a step failed: a broken disk is not asked all the time."""

Step = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Chore:
    """Steps that are taken every so many seconds, first at once or only after the first rest."""

    name: str
    seconds: float
    steps: Sequence[Step]
    at_once: bool = True


class Loops:
    """Loops that go on until `stopping` is set."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._threads: list[threading.Thread] = []

    def begin(self, chore: Chore) -> None:
        """Take the steps of a chore again and again, on a thread of its own."""
        thread = threading.Thread(target=self._loop, args=(chore,), name=chore.name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def join(self) -> None:
        """Wait until all have ended."""
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _loop(self, chore: Chore) -> None:
        try:
            if not chore.at_once:
                self._stopping.wait(chore.seconds)
            while not self._stopping.is_set():
                rest = max(chore.seconds, FAILED_SECONDS if taken(chore.steps) else 0.0)
                if rest >= IDLE_SECONDS:
                    release()
                self._stopping.wait(rest)
        finally:
            release()


def taken(steps: Sequence[Step]) -> int:
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
