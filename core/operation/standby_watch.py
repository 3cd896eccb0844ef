"""Checks alerts while no worker is alive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from core.base.db import release
from core.operation.alerts import Watch

log = structlog.get_logger()


@contextmanager
def standing_in(watch: Watch, seconds: float) -> Iterator[None]:
    """Check alerts every `seconds` on a thread if no worker is alive, while the body runs."""
    stopping = threading.Event()

    def stand_in() -> None:
        while not stopping.wait(seconds):
            try:
                watch.stand_in()
            except Exception:
                log.exception("the rules could not be looked at")
            finally:
                release()

    thread = threading.Thread(target=stand_in, name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(5)
