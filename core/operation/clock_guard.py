"""Clock guard: after the clock was set back, scheduled work must not wait that much longer.

Due times are stored in rows by various processes. Each is capped at now plus the longest wait of
its kind. The operation is idempotent and shortens no claim below its intended duration.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from core.avatars.photos.room import PARKED
from core.base.db import run, transaction

log = structlog.get_logger()

NOTICED_SECONDS = 10.0
"""Smaller jumps between two checks are clock drift."""

LONGEST = (
    ("avatar_photos", "next_check_at", 30.0, f"AND next_check_at < {PARKED}"),
    ("avatars", "compare_at", 60.0, ""),
    ("training_runs", "next_check_at", 20.0, "AND status IN ('queued', 'training')"),
    ("training_runs", "next_check_at", 120.0, ""),
    ("exports", "next_check_at", 600.0, ""),
    ("inbox", "retry_at", 10.0, ""),
    ("conversations", "not_before", 60.0, ""),
    ("conversations", "due_at", 5.0, ""),
)
"""Table, column of due times, longest wait in seconds (at least a claim's duration), and condition.

At worst a training is polled twice, or fal or a channel is contacted before its requested pause
is over.
"""


class ClockGuard:
    """Detects a clock that goes back, by comparison with the monotonic clock `steady`."""

    def __init__(
        self, clock: Callable[[], float], steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._steady = steady
        self._ahead: float | None = None

    def look(self) -> None:
        """Cap due times at the first check and after the clock was set back."""
        now = self._clock()
        ahead = now - self._steady()
        if self._ahead is not None and ahead < self._ahead - NOTICED_SECONDS:
            log.warning("the clock was set back", seconds=round(self._ahead - ahead))
            hasten(now)
        elif self._ahead is None:
            hasten(now)
        self._ahead = ahead


def hasten(now: float) -> None:
    """Cap all due times, in one transaction per table, because turns lock several tables."""
    for table, column, longest, which in LONGEST:
        latest = now + longest
        with transaction():
            run(f"UPDATE {table} SET {column} = ? WHERE {column} > ? {which}", latest, latest)
