"""Looking at the alerts' rules while no worker is alive to do it."""

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
    """Stand in for a dead worker, every so many seconds, on a thread while the body runs."""
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
