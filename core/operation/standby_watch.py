"""Checks alerts while no worker is alive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from core.base.db import release
from core.base.processes.beside import beside
from core.operation.alerts import Watch

log = structlog.get_logger()


@contextmanager
def standing_in(watch: Watch, seconds: float) -> Iterator[None]:
    """Check alerts every `seconds` on a thread if no worker is alive, while the body runs."""

    def stand_in(stopping: threading.Event) -> None:
        while not stopping.wait(seconds):
            try:
                watch.stand_in()
            except Exception:
                log.exception("the rules could not be looked at")
            finally:
                release()

    with beside("watch", stand_in):
        yield
