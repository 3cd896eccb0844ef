"""Where asyncio meets the synchronous core, here and nowhere else; tasks, and pauses between tries.

A whole transaction runs inside one call, on one of a few threads that keep their connections.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from core.base.db import INFRASTRUCTURE, release
from core.base.errors import RetryAfter

P = ParamSpec("P")
R = TypeVar("R")


class Bridge:
    """Runs the core's functions for an event loop; close it when the loop ends."""

    def __init__(self, threads: int = 4) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="core")
        self._threads = threads

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Await a synchronous function; its errors come through."""
        loop, context = asyncio.get_running_loop(), contextvars.copy_context()
        work = partial(context.run, function, *args, **kwargs)
        return await loop.run_in_executor(self._pool, work)

    async def insist(self, work: Callable[[], R], troubled: Callable[[Exception], None]) -> R:
        """Call it until the database takes it; `troubled` hears of the first failure."""
        pauses = Pauses(0.25, 5.0)
        while True:
            try:
                return await self.call(work)
            except INFRASTRUCTURE as error:
                if not pauses.failures:
                    troubled(error)
                await pauses.after(error)

    def close(self) -> None:
        """Wait for what is running, give the connections back and let the threads go."""
        gate = threading.Barrier(self._threads)  # so that each thread takes one of these
        for _ in range(self._threads):
            self._pool.submit(_release_together, gate)
        self._pool.shutdown()


def _release_together(gate: threading.Barrier) -> None:
    gate.wait()
    release()


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
