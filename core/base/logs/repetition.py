"""What an outage says again and again: told once a minute, with how often it was left out."""

from __future__ import annotations

import threading
import time

SECONDS = 60.0
MOST = 1_000
"""So many different texts are remembered; beyond that all are new again."""


class Repetition:
    """Remembers which texts were told lately; safe in any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: dict[int, tuple[float, int]] = {}

    def look(self, text: str) -> int | None:
        """Whether to tell a text: None if it was told within SECONDS, else how often it was not.

        That counts since it was told last.
        """
        key, now = hash(text), time.monotonic()
        with self._lock:
            told_at, left_out = self._told.get(key, (-SECONDS, 0))
            if now - told_at < SECONDS:
                self._told[key] = (told_at, left_out + 1)
                return None
            if len(self._told) >= MOST:
                self._told.clear()
            self._told[key] = (now, 0)
        return left_out
