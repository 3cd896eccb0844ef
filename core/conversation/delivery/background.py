"""Tasks beside the main one of an event loop, and the pauses between tries."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from core.base.errors import RetryAfter


class Background:
    """Tasks that nobody awaits one by one; `finish` lets them come to their end."""

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Run it beside everything else."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def finish(self, seconds: float) -> None:
        """Wait until all have ended, for so many seconds at most."""
        if self.tasks:
            await asyncio.wait(set(self.tasks), timeout=seconds)


class Pauses:
    """Waits after each failure in a row: twice as long each time, or as long as it asks for."""

    def __init__(self, first: float, longest: float) -> None:
        self._first, self._longest = first, longest
        self.failures = 0

    async def after(self, error: Exception) -> None:
        """Wait; `failures` counts how often."""
        asked = error.seconds if isinstance(error, RetryAfter) else None
        wait = backoff(self.failures, self._first, self._longest) if asked is None else asked
        self.failures += 1
        await asyncio.sleep(wait)


def backoff(failures: int, first: float, longest: float) -> float:
    """Seconds to wait after so many failures in a row, counted from 0: twice as long each time."""
    return float(min(longest, first * 2.0 ** min(failures, 30)))
