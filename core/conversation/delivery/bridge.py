"""Where asyncio meets the synchronous core: here, and nowhere else.

A whole transaction runs inside one call, on one of a few threads that keep their connections.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from core.base.db import INFRASTRUCTURE, release
from core.conversation.delivery.background import Pauses

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
