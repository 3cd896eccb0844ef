"""The worker: verdicts, trainings, timers, and the sweep for what a dead one left behind.

Wake-ups make it prompt. All that it does stands in rows, and its loops find them without any.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import structlog

from core import logins
from core.alerts import Watch
from core.avatars import books, disposal, erasing, orphans
from core.avatars.erasing import Erasing
from core.avatars.exporting import Exports
from core.avatars.ports import Halves, ObjectStore
from core.avatars.retention import Retention
from core.avatars.training import Training
from core.avatars.verdicts import Verdicts
from core.conversation import inbox, timers
from core.conversation.bridge import release
from core.conversation.engine import Engine
from core.crew import Crew
from core.db import transaction
from core.settings import Settings

if TYPE_CHECKING:
    from core.services.jobs import Jobs
    from core.services.spool import Spool

log = structlog.get_logger()

LOOK_SECONDS = 0.5
"""How often the worker looks for rows that are due."""
FAILED_SECONDS = 5.0
"""How long it rests, at least, when something failed: a broken disk is not asked all the time."""
AT_ONCE = 100
"""How many rows of a kind it takes at a look."""
OTHERS = 2
"""Threads for what is no photo: a photo may take seconds, a turn must not wait for it."""
PUT_BACK_SECONDS = 600.0
"""How long a removed photo can be put back."""
ORPHANS_SECONDS = 3600.0
"""How often the store is compared with the database: a listing of all that is in it."""
HALF_WRITTEN_SECONDS = 3600.0
"""A file that is still being written is never as old."""
DAY = 86_400.0

Step = Callable[[], object]


class Worker:
    """Runs in a process of its own (`run`), or inside another one (`start`, `stop`)."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        jobs: Jobs,
        verdicts: Verdicts,
        training: Training,
        spool: Spool,
        store: ObjectStore,
        clock: Callable[[], float] = time.time,
        watch: Watch | None = None,
    ) -> None:
        self._watch = watch
        self._settings = settings
        self._engine = engine
        self._jobs = jobs
        self._verdicts = verdicts
        self._training = training
        self._spool = spool
        self._store = store
        self._clock = clock
        self._erasing = Erasing(store, spool, jobs, clock)
        self._exports = Exports(store, spool, engine.inbox, clock)
        self._retention = Retention(settings, training)
        self._cleared = 0
        self._stopping = threading.Event()
        self._loops: list[threading.Thread] = []
        self._crews: dict[str, Crew] = {}
        self._work: dict[str, Callable[[str], None]] = {
            "photo": self._judge,
            "run": self._advance,
            "drain": self._drain,
            "erase": self._erase,
            "export": self._export,
        }

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; what has been begun is finished."""
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
        photos = Crew("photos", self._settings.jobs.threads)
        others = Crew("others", OTHERS)
        slow = Crew("slow", 1)
        self._crews = {
            "photo": photos, "run": others, "drain": others, "erase": slow, "export": slow,
        }  # fmt: skip
        self._jobs.serve({kind: partial(self._give, kind) for kind in self._work})
        self._loop("look", LOOK_SECONDS, self._look_steps())
        self._loop("sweep", self._settings.jobs.sweep_seconds, self._sweep_steps())
        self._loop("orphans", ORPHANS_SECONDS, (self._sweep_orphans,), at_once=False)
        if self._watch:
            self._loop("watch", self._settings.alerts.check_seconds, (self._watch.look,))
        log.info("worker started", photos=self._settings.jobs.threads)

    def stop(self) -> None:
        """Finish what has been begun and end every thread; the rest stays for the next worker."""
        self._stopping.set()
        for loop in self._loops:
            loop.join()
        self._jobs.stop()
        for crew in set(self._crews.values()):
            crew.stop()
        self._loops, self._crews = [], {}

    def sweep(self) -> None:
        """Clear away what is past its time, once; a step that fails stops no other."""
        self._try(self._sweep_steps())

    # pieces of work

    def _give(self, kind: str, *row_ids: str) -> None:
        for row_id in row_ids:
            self._crews[kind].take(kind, self._work[kind], row_id)

    def _judge(self, photo_id: str) -> None:
        settled = self._verdicts.judge(photo_id)
        if settled is None:
            return
        if settled.conversation_id is not None:
            self._engine.drain(settled.conversation_id)
        if settled.spooled:
            self._spool.remove(settled.spooled)

    def _advance(self, run_id: str) -> None:
        conversation_id = self._training.advance(run_id)
        if conversation_id is not None:
            self._engine.drain(conversation_id)

    def _drain(self, conversation_id: str) -> None:
        self._engine.drain(int(conversation_id))

    def _erase(self, user_id: str) -> None:
        self._erasing.erase(user_id)

    def _export(self, export_id: str) -> None:
        conversation_id = self._exports.make(export_id)
        if conversation_id is not None:
            self._engine.drain(conversation_id)

    # what is due

    def _look_steps(self) -> tuple[Step, ...]:
        return (
            self._due_photos, self._due_runs, self._due_events, self._due_erasures,
            self._due_exports, self._doomed, self._doomed_files,
        )  # fmt: skip

    def _due_photos(self) -> None:
        self._give("photo", *self._verdicts.due(self._clock(), AT_ONCE))

    def _due_runs(self) -> None:
        self._give("run", *self._training.due(self._clock(), AT_ONCE))

    def _due_events(self) -> None:
        """Timers, and events that nobody has applied: their channel died, or they had to wait."""
        now = self._clock()
        fired = timers.fire(self._engine.inbox, now, AT_ONCE)
        self._give("drain", *map(str, [*fired, *inbox.backlog(now, AT_ONCE)]))

    def _due_erasures(self) -> None:
        self._give("erase", *self._erasing.due(self._clock()))

    def _due_exports(self) -> None:
        self._give("export", *self._exports.due(self._clock()))

    def _doomed(self) -> None:
        self._cleared = disposal.delete_early(self._store, self._cleared)
        disposal.delete_doomed(self._store, self._clock())

    def _doomed_files(self) -> None:
        disposal.remove_doomed_files(self._spool)

    # the slow sweep

    def _sweep_steps(self) -> tuple[Step, ...]:
        return (
            self._sweep_inbox, self._sweep_held, self._sweep_removed, self._sweep_spool,
            self._sweep_store, self._sweep_erased, self._sweep_logins, *self._retention_steps(),
        )  # fmt: skip

    def _sweep_logins(self) -> None:
        logins.sweep(self._clock())

    def _sweep_inbox(self) -> None:
        with transaction():
            inbox.sweep(self._clock() - self._settings.conversation.inbox_days * DAY)

    def _sweep_held(self) -> None:
        for name in disposal.forget_held(self._clock() - self._held_seconds):
            self._spool.remove(name)

    def _sweep_removed(self) -> None:
        now = self._clock()
        for name in disposal.delete_removed(now - PUT_BACK_SECONDS, now):
            self._spool.remove(name)

    def _sweep_spool(self) -> None:
        """Remove spooled bytes that nobody can need: older than all that may still name them."""
        waiting = disposal.waiting_seconds(self._clock())
        self._spool.sweep(max(DAY, self._held_seconds) + waiting)

    def _sweep_store(self) -> None:
        """Remove what killed processes left half written, where the store is a folder."""
        if isinstance(self._store, Halves):
            self._store.sweep(HALF_WRITTEN_SECONDS)

    def _sweep_erased(self) -> None:
        """The chats of the erased, and the cost of trainings that outlived their person."""
        erasing.forget_shells(self._clock() - erasing.SHELL_SECONDS)
        books.book_nameless()
        self._exports.sweep(self._clock())

    def _retention_steps(self) -> tuple[Step, ...]:
        retention = self._retention
        return tuple(
            partial(self._retain, clear)
            for clear in (retention.drafts, retention.refused_photos, retention.trained_photos)
        )

    def _retain(self, clear: Callable[[float], int]) -> None:
        clear(self._clock())

    def _sweep_orphans(self) -> None:
        orphans.repair(self._store, self._clock(), self._stopping.is_set)

    @property
    def _held_seconds(self) -> float:
        return self._settings.avatars.held_hours * 3600.0

    # threads

    def _loop(
        self, name: str, seconds: float, steps: tuple[Step, ...], at_once: bool = True
    ) -> None:
        def loop() -> None:
            try:
                if not at_once:
                    self._stopping.wait(seconds)
                while not self._stopping.is_set():
                    failed = self._try(steps)
                    self._stopping.wait(max(seconds, FAILED_SECONDS) if failed else seconds)
            finally:
                release()

        self._loops.append(threading.Thread(target=loop, name=name, daemon=True))
        self._loops[-1].start()

    def _try(self, steps: tuple[Step, ...]) -> int:
        """Take each step; how many failed."""
        failed = 0
        for step in steps:
            try:
                step()
            except Exception:
                failed += 1
                log.exception("a step of the worker failed")
                release()  # a broken connection must not be kept
        return failed

    def _asked_to_stop(self, _number: int, _frame: object) -> None:
        self._stopping.set()
