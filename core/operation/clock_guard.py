"""A clock that was set back: what waits for a moment must not wait for so much longer.

Moments stand in rows, written by whichever process there was. So nothing is put off further than
its own longest wait from now. Doing that again, or in several processes, changes nothing more, and
no claim that somebody holds grows shorter than it was meant to be.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from core.avatars.photos.room import PARKED
from core.base.db import run, transaction

log = structlog.get_logger()

NOTICED_SECONDS = 10.0
"""A clock that is merely slow goes back by less between two looks."""

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
"""Tables, their columns of moments, how far ahead these may be, and which rows: as long as a claim.

A training that is merely asked after is asked twice at worst. What fal or a channel wants to be
left alone for may be longer: it is asked once too early then.
"""


class SetBack:
    """Notices when the clock goes back; `steady` is one that never does."""

    def __init__(
        self, clock: Callable[[], float], steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._steady = steady
        self._ahead: float | None = None

    def look(self) -> None:
        """Bring far moments near, at the first look and after the clock was set back."""
        now = self._clock()
        ahead = now - self._steady()
        if self._ahead is not None and ahead < self._ahead - NOTICED_SECONDS:
            log.warning("the clock was set back", seconds=round(self._ahead - ahead))
            hasten(now)
        elif self._ahead is None:
            hasten(now)
        self._ahead = ahead


def hasten(now: float) -> None:
    """Let nothing wait longer than it ever should; a table at a time, for turns lock several."""
    for table, column, longest, which in LONGEST:
        latest = now + longest
        with transaction():
            run(f"UPDATE {table} SET {column} = ? WHERE {column} > ? {which}", latest, latest)
