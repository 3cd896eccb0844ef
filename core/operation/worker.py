"""The worker: background work on rows, and chores that are done every so often.

Wake-ups make it prompt. All that it does stands in rows, and its loops find them without any.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from typing import Protocol

import structlog

from core.base.db import release
from core.base.logs import traces
from core.base.processes import liveness, shutdown
from core.base.work import Piece, Work
from core.operation.clock_guard import ClockGuard
from core.operation.loops import Chore, Loops, Step, taken
from core.operation.worker_pool import Inline, WorkerPool

log = structlog.get_logger()

LOOK_SECONDS = 0.5
"""How often the worker looks for rows that are due."""


class Waker(Protocol):
    """Where the wake-ups of every process come together."""

    def serve(self, handlers: Mapping[str, Callable[[str], None]]) -> None: ...

    def stop(self) -> None: ...


class Worker:
    """Runs in a process of its own (`run`), inside another one (`start`, `stop`), or by `step`.

    `often` are steps that are taken with each look for due rows; the context `meanwhile` lasts as
    long as the worker works. `stopping` is set once it is to stop: long chores look at it. `clock`
    gives seconds since 1970.
    """

    def __init__(
        self,
        work: Sequence[Work],
        waker: Waker,
        often: Sequence[Step] = (),
        chores: Sequence[Chore] = (),
        meanwhile: Callable[[], AbstractContextManager[object]] = nullcontext,
        stopping: threading.Event | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._work = {kind.kind: kind for kind in work}
        self._waker = waker
        self._chores = chores
        self._meanwhile = meanwhile
        self._clock = clock
        guard = ClockGuard([wait for kind in work for wait in kind.waits], clock)
        due = (partial(self._give_due, kind) for kind in work)
        looks: Iterable[Step] = (guard.look, *due, *often)
        self._look = tuple(step for look in looks for step in (liveness.turned, look))
        self._stopping = stopping or threading.Event()
        self._loops = Loops(self._stopping)
        self._pools: Mapping[str, WorkerPool | Inline] = {}
        self._running = ExitStack()

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; what has begun is finished."""
        asked = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, self._asked_to_stop) for number in asked}
        self.start()
        try:
            self._stopping.wait()
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def start(self) -> None:
        """Begin to work on threads of our own; returns at once."""
        self._stopping.clear()
        kinds = self._work.values()
        pools = {pool.name: WorkerPool(pool) for pool in {kind.pool for kind in kinds}}
        self._pools = {kind.kind: pools[kind.pool.name] for kind in kinds}
        self._running.enter_context(self._meanwhile())
        self._waker.serve({k.kind: partial(self._woken, k.kind) for k in kinds if k.woken})
        self._loops.begin(Chore("look", LOOK_SECONDS, self._look))
        for chore in self._chores:
            self._loops.begin(chore)
        log.info("worker started", **{name: kind.pool.threads for name, kind in self._work.items()})

    def stop(self) -> None:
        """Finish what has begun and end every thread; the rest stays for the next worker."""
        self._stopping.set()
        self._loops.join()
        self._waker.stop()
        for pool in set(self._pools.values()):
            pool.stop()
        self._pools = {}
        self._running.close()

    def step(self) -> None:
        """Do here and now all that is due, for a process that steps through time by itself."""
        taken(self._look)

    def chore(self, name: str) -> None:
        """Do a chore once, here and now."""
        for chore in self._chores:
            if chore.name == name:
                taken(chore.steps)

    def give(self, kind: str, *row_ids: str) -> None:
        """Have rows worked on, each person's in turn; at once, where the worker isn't started."""
        work = self._work[kind]
        pool = self._pools.get(kind) or Inline()
        people = work.owners(row_ids) if row_ids else {}
        for row_id in row_ids:
            piece = (kind, row_id)
            pool.submit(piece, partial(self._do, work, row_id), people.get(row_id, ""))

    def _do(self, work: Work, row_id: str) -> None:
        thing = work.kind.partition(" ")[0], row_id
        with traces.span("job", thing, kind=work.kind, id=row_id):
            pieces: Sequence[Piece] = tuple(work.do(row_id))
        for kind, following in pieces:
            self.give(kind, following)

    def _give_due(self, work: Work) -> None:
        self.give(work.kind, *work.due(self._clock()))

    def _woken(self, kind: str, row_id: str) -> None:
        try:
            self.give(kind, row_id)
        finally:
            release()  # the thread is the queue's own

    def _asked_to_stop(self, _number: int, _frame: object) -> None:
        shutdown.begin()
        self._stopping.set()
