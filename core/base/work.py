"""Background work as data: kinds of work on rows, and the fair line in which their pieces wait."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Piece = tuple[str, str]
"""A kind of work, and the id of the row to be worked on."""
Owners = Callable[[Sequence[str]], Mapping[str, str]]
"""From ids of rows to the person behind each; rows that are gone are left out."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Threads that kinds of work share. A `patient` pool lets every other thread write first."""

    name: str
    threads: int = 1
    patient: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """How far ahead a column of moments may lie, in seconds: at most as long as a claim.

    `which` are further conditions of SQL on the rows, beginning with AND.
    """

    table: str
    column: str
    seconds: float
    which: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of work on rows.

    `due(now)` gives the ids of the rows that want it at `now` (seconds since 1970). `do(id)` works
    on one, if it still wants it, and returns the pieces of work that this leads to. `owners` tells
    whose row it is, for fairness: a row without a person waits for itself alone. Other processes
    may wake a kind that is `woken`. `waits` bound its moments, should the clock be set back.
    """

    kind: str
    pool: Pool
    do: Callable[[str], Iterable[Piece]]
    due: Callable[[float], Sequence[str]] = lambda _now: ()
    owners: Owners = lambda _ids: {}
    woken: bool = False
    waits: tuple[Wait, ...] = ()


def owned(rows: Any) -> Owners:
    """The owners by a query that selects the id of a row and the id of its person."""

    def owners(ids: Sequence[str]) -> Mapping[str, str]:
        found = rows.where(rows.model.id.in_(list(ids))).tuples() if ids else ()
        return {str(row_id): str(user_id) for row_id, user_id in found}

    return owners


class Line(Generic[T]):
    """Pieces that `hands` threads take, each owner's in turn.

    One owner never holds all the hands: where there are two or more, one is left for the next.
    """

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

    def take(self, seconds: float | None = None) -> tuple[T, Hashable] | None:
        """The next piece and its owner, once there is one; None when the line is closed.

        Whoever takes one gives the owner's hand back by `done`. Raises TimeoutError where there
        is none for so many seconds.
        """
        with self._changed:
            if not self._changed.wait_for(self._settled, seconds):
                raise TimeoutError
            owner = self._next()
            if owner is None:
                return None
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

    def _settled(self) -> bool:
        return self._closed or self._next() is not None

    def _next(self) -> Hashable | None:
        """Whose turn it is: the first of those who wait and have not all the hands one may have."""
        return next((o for o in self._waiting if self._held[o] < self._most), None)
