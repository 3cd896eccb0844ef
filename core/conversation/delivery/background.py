"""Tasks beside the main one of an event loop, and the pause between two tries."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class Background:
    """Tasks that nobody awaits one by one; `finish` lets them come to their end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run it beside everything else."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def finish(self, seconds: float) -> None:
        """Wait until all have ended, for so many seconds at most."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)


def backoff(failures: int, first: float, longest: float) -> float:
    """Seconds to wait after so many failures in a row, counted from 0: twice as long each time."""
    return float(min(longest, first * 2.0 ** min(failures, 30)))
