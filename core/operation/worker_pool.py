"""A few threads that do named pieces of work, each person's in turn."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from core.base.db import be_patient, release
from core.base.fairness import Line

log = structlog.get_logger()

Piece = tuple[str, Callable[[str], None], str]


class Crew:
    """Does pieces of work, each known by its kind and id; none waits twice.

    Its threads give their connections back. A `patient` one lets everybody else write into the
    database first.
    """

    def __init__(self, name: str, threads: int, patient: bool = False) -> None:
        self._patient = patient
        self._line: Line[Piece] = Line(threads)
        self._known: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{n}", daemon=True)
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def take(self, kind: str, work: Callable[[str], None], id: str, owner: str = "") -> None:
        """Have `work(id)` done soon; nothing happens where that waits to be begun already.

        `owner` is the person whose work it is; a piece without one waits for itself alone.
        """
        with self._lock:
            if (kind, id) in self._known:
                return
            self._known.add((kind, id))
        self._line.put((kind, work, id), owner or (kind, id))

    def stop(self) -> None:
        """Finish what has been begun, drop what waits, and let the threads go."""
        self._line.close()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        if self._patient:
            be_patient()
        try:
            while (taken := self._line.take()) is not None:
                piece, owner = taken
                try:
                    self._do(*piece)
                finally:
                    self._line.done(owner)
        finally:
            release()

    def _do(self, kind: str, work: Callable[[str], None], id: str) -> None:
        with self._lock:  # whoever asks from now on may know more than this piece will see
            self._known.discard((kind, id))
        try:
            work(id)
        except Exception:
            log.exception("work failed", kind=kind, id=id)
            release()  # a broken connection must not be kept


class Here:
    """A crew without threads: what it is given it does at once."""

    def take(self, kind: str, work: Callable[[str], None], id: str, owner: str = "") -> None:  # noqa: ARG002  # a crew's own
        """Do `work(id)` now; an error in it is logged."""
        try:
            work(id)
        except Exception:
            log.exception("work failed", kind=kind, id=id)

    def stop(self) -> None:
        """There is nothing to stop."""
