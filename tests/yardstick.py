"""What a second is worth on a machine that others use too."""

from __future__ import annotations

import hashlib
import threading
import time
from statistics import median

from tests.sizes import SIZE

WORK = 0.02
"""Seconds of a processor."""
REFERENCE = 0.014
"""Seconds of a processor that `_fixed_work` took on the machine that the tests' limits are from."""


def worth(seconds: float) -> float:
    """So many seconds of a processor of that machine, as this one takes them now; never fewer."""
    return seconds * max(1.0, median(_fixed_work() for _ in range(5)) / REFERENCE)


def soon(spent: float, seconds: float) -> bool:
    """Whether it took so many seconds of a processor at most; in `make test` nobody counts them."""
    return SIZE == "small" or spent < worth(seconds)


def _fixed_work() -> float:
    started = time.thread_time()
    hashlib.pbkdf2_hmac("sha256", b"likeness", b"", 40_000)
    return time.thread_time() - started


class Yardstick:
    """Does a little work again and again, beside what is measured, and times it by both clocks."""

    def __init__(self) -> None:
        self._taken: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._measure)

    def __enter__(self) -> Yardstick:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def times_slower(self) -> float:
        """By the middle of them; 1 where nothing had to wait for a processor as fast as ours."""
        return worth(max(1.0, median(self._taken)))

    def _measure(self) -> None:
        while not self._over.wait(0.2):
            started = time.perf_counter(), time.thread_time()
            while time.thread_time() - started[1] < WORK:
                pass
            self._taken.append((time.perf_counter() - started[0]) / WORK)
