"""Clock guard: after the clock was set back, scheduled work must not wait that much longer.

Due times are stored in rows by various processes. Each is capped at now plus the longest wait of
its kind. The operation is idempotent and shortens no claim below its intended duration.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import structlog

from core.base.db import run, transaction
from core.base.work import Wait

log = structlog.get_logger()

NOTICED_SECONDS = 10.0
"""Smaller jumps between two checks are clock drift."""


class ClockGuard:
    """Detects a clock that goes back, by comparison with the monotonic clock `steady`."""

    def __init__(
        self,
        waits: Sequence[Wait],
        clock: Callable[[], float],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waits = waits
        self._clock = clock
        self._steady = steady
        self._ahead: float | None = None

    def look(self) -> None:
        """Bring far moments near, at the first look and after the clock was set back."""
        now = self._clock()
        ahead = now - self._steady()
        if self._ahead is not None and ahead < self._ahead - NOTICED_SECONDS:
            log.warning("the clock was set back", seconds=round(self._ahead - ahead))
            hasten(self._waits, now)
        elif self._ahead is None:
            hasten(self._waits, now)
        self._ahead = ahead


def hasten(waits: Sequence[Wait], now: float) -> None:
    """Let no row wait longer than it ever should; a table at a time, for turns lock several."""
    for wait in waits:
        latest, column = now + wait.seconds, wait.column
        statement = f"UPDATE {wait.table} SET {column} = ? WHERE {column} > ? {wait.which}"
        with transaction():
            run(statement, latest, latest)
