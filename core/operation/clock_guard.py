"""A clock that was set back: what waits for a moment must not wait for so much longer.

Moments stand in rows, written by whichever process there was. So nothing is put off further than
its own longest wait from now. Doing that again, or in several processes, changes nothing more, and
no claim that somebody holds grows shorter than it was meant to be.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import structlog

from core.base.db import run, transaction
from core.base.work import Wait

log = structlog.get_logger()

NOTICED_SECONDS = 10.0
"""A clock that is merely slow goes back by less between two looks."""


class ClockGuard:
    """Notices when the clock goes back, and bounds the `waits`; `steady` never goes back."""

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
