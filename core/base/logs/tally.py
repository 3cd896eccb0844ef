"""What anybody can bring about as often as they like: counted, and told once in a while."""

from __future__ import annotations

import threading
import time

SECONDS = 60.0


class Tally:
    """Counts on any number of threads; tells the first, and then at most one in SECONDS."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count, self._told_at = 0, -SECONDS

    def add(self) -> int:
        """Count one more; how many there were since this was last told, 0 if it isn't told now."""
        with self._lock:
            self._count += 1
            now = time.monotonic()
            if now < self._told_at + SECONDS:
                return 0
            told, self._count, self._told_at = self._count, 0, now
        return told
