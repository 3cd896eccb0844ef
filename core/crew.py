"""A few threads that do named pieces of work and give their database connections back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

import structlog

from core.conversation.bridge import release
from core.db import be_patient

log = structlog.get_logger()

Piece = tuple[str, Callable[[str], None], str]


class Crew:
    """Does pieces of work, each known by its kind and id; none waits twice.

    A `patient` one lets everybody else write into the database first.
    """

    def __init__(self, name: str, threads: int, patient: bool = False) -> None:
        self._patient = patient
        self._pieces: SimpleQueue[Piece | None] = SimpleQueue()
        self._known: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{n}", daemon=True)
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def take(self, kind: str, work: Callable[[str], None], id: str) -> None:
        """Have `work(id)` done soon; nothing happens where that waits to be begun already."""
        with self._lock:
            if (kind, id) in self._known:
                return
            self._known.add((kind, id))
        self._pieces.put((kind, work, id))

    def stop(self) -> None:
        """Finish what has been begun, drop what waits, and let the threads go."""
        with suppress(Empty):
            while True:
                self._pieces.get_nowait()
        for _ in self._threads:
            self._pieces.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        if self._patient:
            be_patient()
        try:
            while (piece := self._pieces.get()) is not None:
                self._do(*piece)
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
