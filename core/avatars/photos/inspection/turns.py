"""One piece of work at a time, by turns between people: many files of one keep nobody waiting."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from core.base.errors import Overloaded


class Turns:
    """A lock that goes from person to person; any number of threads may wait for it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = False
        self._waiting: dict[str, deque[object]] = {}

    @contextmanager
    def taken(self, whose: str, seconds: float) -> Iterator[None]:
        """Hold it for a person; Overloaded where their turn doesn't come within so many seconds."""
        ticket = object()
        with self._changed:
            self._waiting.setdefault(whose, deque()).append(ticket)
            came = self._changed.wait_for(lambda: self._is_next(ticket), seconds)
            self._leave(whose, ticket, came)
        if not came:
            raise Overloaded("other pictures took all the time there was")
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()

    def waiting(self) -> int:
        """How many wait for their turn."""
        with self._changed:
            return sum(map(len, self._waiting.values()))

    def _is_next(self, ticket: object) -> bool:
        first = next(iter(self._waiting.values()))
        return not self._taken and first[0] is ticket

    def _leave(self, whose: str, ticket: object, came: bool) -> None:
        """Out of the queue; a person who had a turn goes behind all others."""
        mine = self._waiting[whose]
        mine.remove(ticket)
        if came:
            self._taken = True
            del self._waiting[whose]
            if mine:
                self._waiting[whose] = mine
        elif not mine:
            del self._waiting[whose]
        self._changed.notify_all()
