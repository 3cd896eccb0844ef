"""Whose turn it is: work waits by person, and is taken from each person in turn.

Everything that waits in a line does so by these rules. Nobody has all the hands at once: as long
as there are two, one of them is left for the next person.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Line(Generic[T]):
    """A line that several `hands` take from: of one owner they hold all but one piece at most."""

    def __init__(self, hands: int) -> None:
        self._most = max(1, hands - 1)
        self._waiting: dict[Hashable, deque[T]] = {}
        self._held: Counter[Hashable] = Counter()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, piece: T, owner: Hashable) -> None:
        """Have a piece wait, behind the others of its owner."""
        with self._changed:
            self._waiting.setdefault(owner, deque()).append(piece)
            self._changed.notify()

    def take(self) -> tuple[T, Hashable] | None:
        """The next piece and its owner, once there is one; None when the line is closed.

        Whoever takes one gives the owner's hand back by `done`.
        """
        with self._changed:
            while (owner := self._next()) is None:
                if self._closed:
                    return None
                self._changed.wait()
            waiting = self._waiting.pop(owner)
            piece = waiting.popleft()
            if waiting:
                self._waiting[owner] = waiting  # behind everybody else
            self._held[owner] += 1
            return piece, owner

    def done(self, owner: Hashable) -> None:
        """A piece of this owner is done."""
        with self._changed:
            self._held[owner] -= 1
            if not self._held[owner]:
                del self._held[owner]
            self._changed.notify_all()

    def close(self) -> None:
        """Let everybody go; what waits is dropped."""
        with self._changed:
            self._waiting.clear()
            self._closed = True
            self._changed.notify_all()

    def _next(self) -> Hashable | None:
        """Whose turn it is: the first of those who wait and have not all the hands one may have."""
        return next((o for o in self._waiting if self._held[o] < self._most), None)
