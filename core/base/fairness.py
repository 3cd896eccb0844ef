"""Fair queueing: work is queued by owner and taken from each owner in turn.

No owner may occupy all workers: of two or more, one stays free for the next owner.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Line(Generic[T]):
    """A queue for several workers (`hands`), all but one of which may serve the same owner."""

    def __init__(self, hands: int) -> None:
        self._most = max(1, hands - 1)
        self._waiting: dict[Hashable, deque[T]] = {}
        self._held: Counter[Hashable] = Counter()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, piece: T, owner: Hashable) -> None:
        """Queue a piece of work behind its owner's others."""
        with self._changed:
            self._waiting.setdefault(owner, deque()).append(piece)
            self._changed.notify()

    def take(self) -> tuple[T, Hashable] | None:
        """Wait for the next piece and its owner; None once the queue is closed.

        Call `done` with the owner when the piece is finished.
        """
        with self._changed:
            while (owner := self._next()) is None:
                if self._closed:
                    return None
                self._changed.wait()
            waiting = self._waiting.pop(owner)
            piece = waiting.popleft()
            if waiting:
                self._waiting[owner] = waiting  # to the end of the round
            self._held[owner] += 1
            return piece, owner

    def done(self, owner: Hashable) -> None:
        """Record that a piece of this owner is finished."""
        with self._changed:
            self._held[owner] -= 1
            if not self._held[owner]:
                del self._held[owner]
            self._changed.notify_all()

    def close(self) -> None:
        """Drop queued work and release waiting workers."""
        with self._changed:
            self._waiting.clear()
            self._closed = True
            self._changed.notify_all()

    def _next(self) -> Hashable | None:
        """The next waiting owner below its limit of workers."""
        return next((o for o in self._waiting if self._held[o] < self._most), None)
