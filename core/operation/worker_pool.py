"""Threads that do pieces of background work, each person's in turn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable

import structlog

from core.base.db import be_patient, release
from core.base.work import Line, Piece, Pool

log = structlog.get_logger()

IDLE_SECONDS = 5.0
"""After so long without work a thread gives its database connection back."""

Do = Callable[[], None]


class WorkerPool:
    """Runs pieces of work on the threads of a pool; none of them waits twice.

    The threads give their database connections back when they are idle.
    """

    def __init__(self, pool: Pool) -> None:
        self._patient = pool.patient
        self._line: Line[tuple[Piece, Do]] = Line(pool.threads)
        self._known: set[Piece] = set()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._run, name=f"{pool.name}-{n}", daemon=True)
            for n in range(pool.threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, piece: Piece, do: Do, owner: str = "") -> None:
        """Have `do` called soon, unless the same piece waits already; `owner` is its person."""
        with self._lock:
            if piece in self._known:
                return
            self._known.add(piece)
        self._line.put((piece, do), owner or piece)

    def stop(self) -> None:
        """Finish what has begun, drop what waits, and end the threads."""
        self._line.close()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        if self._patient:
            be_patient()
        try:
            while (taken := self._taken()) is not None:
                (piece, do), owner = taken
                with self._lock:  # a later submission may know more than it will see
                    self._known.discard(piece)
                try:
                    attempt(piece, do)
                finally:
                    self._line.done(owner)
        finally:
            release()

    def _taken(self) -> tuple[tuple[Piece, Do], Hashable] | None:
        """The next piece of work; None when there will be no more."""
        try:
            return self._line.take(IDLE_SECONDS)
        except TimeoutError:
            release()
            return self._line.take()


class Inline:
    """A pool without threads: whatever is submitted is done at once."""

    def submit(self, piece: Piece, do: Do, owner: str = "") -> None:  # noqa: ARG002  # a pool's own
        """Call `do` now; an error in it is logged."""
        attempt(piece, do)

    def stop(self) -> None:
        """There is nothing to stop."""


def attempt(piece: Piece, do: Do) -> None:
    """Do a piece of work; an error is logged, and its connection given back: it may be broken."""
    try:
        do()
    except Exception:
        log.exception("work failed", kind=piece[0], id=piece[1])
        release()
