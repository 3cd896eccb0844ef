"""The worker: verdicts, trainings, timers, and the sweep for what a dead one left behind.

Wake-ups make it prompt. All that it does stands in rows, and its loops find them without any.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import structlog

from core.avatars import owners
from core.avatars.orders.events import Events
from core.avatars.photos.comparing import Comparing
from core.avatars.photos.verdicts import Verdicts
from core.avatars.ports import ObjectStore
from core.avatars.privacy import disposal, orphans
from core.avatars.privacy.erasure_worker import Erasing
from core.avatars.privacy.exporting import Exports
from core.avatars.privacy.retention import Retention
from core.avatars.training.training import Training
from core.base import shutdown
from core.base.db import release
from core.base.settings import Settings
from core.conversation import inbox, timers
from core.conversation.engine import AT_A_TIME, Engine
from core.operation.alerts import Watch
from core.operation.clock_guard import SetBack
from core.operation.loops import Loops, Step, taken
from core.operation.sweeps import Sweeps
from core.operation.worker_pool import Crew, Here

if TYPE_CHECKING:
    from core.services.jobs import Jobs
    from core.services.spool import Spool

log = structlog.get_logger()

LOOK_SECONDS = 0.5
"""How often the worker looks for rows that are due."""
AT_ONCE = 100
"""How many rows of a kind it takes at a look."""
RUNS_AT_ONCE = 500
"""How many runs it takes at a look: a thousand of them may be under way."""
PROMPT = 2
"""Threads for runs that somebody has woken, and as many for turns: neither waits for a photo, for
a run that is merely asked after, or for bytes to be carried."""
ORPHANS_SECONDS = 3600.0
"""How often the store is compared with the database: a listing of all that is in it."""
PRICES_SECONDS = 6 * 3600.0
"""How often the trainer is asked for its prices."""

WOKEN = ("photo", "run", "drain", "erase", "export")
"""The kinds of rows that a wake-up may be about."""


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
        events: Events | None = None,
        comparing: Comparing | None = None,
    ) -> None:
        self._comparing = comparing
        self._watch = watch
        self._events = events or Events()
        self._settings = settings
        self._engine = engine
        self._jobs = jobs
        self._verdicts = verdicts
        self._training = training
        self._spool = spool
        self._store = store
        self._clock = clock
        self._erasing = Erasing(store, spool, jobs, clock, settings.zone)
        self._exports = Exports(store, spool, engine.inbox, clock)
        self._sweeps = Sweeps(
            settings, spool, store, self._exports, Retention(settings, training),
            training.retire_simulated, clock,
        )  # fmt: skip
        self._set_back = SetBack(clock)
        self._cleared = 0
        self._stopping = threading.Event()
        self._loops = Loops(self._stopping)
        self._crews: Mapping[str, Crew | Here] = {}
        self._work: dict[str, Callable[[str], None]] = {
            "photo": self._judge,
            "run": self._advance,
            "poll": self._advance,
            "late": training.orders.look_late,
            "copy": self._carry,
            "drain": self._drain,
            "erase": self._erase,
            "export": self._export,
            "faces": self._compare,
            "forget": training.remote.delete,
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
        jobs = self._settings.jobs
        slow = Crew("slow", 1)
        self._crews = {
            "photo": Crew("photos", jobs.threads),
            "run": Crew("runs", PROMPT),
            "poll": Crew("polls", jobs.run_threads, patient=True),
            "late": slow,
            "copy": Crew("copies", jobs.copy_threads),
            "drain": Crew("turns", PROMPT),
            "erase": slow,
            "export": slow,
            "faces": Crew("faces", 1),
            "forget": Crew("deletions at fal", 1),
        }
        self._events.lingering = True
        self._jobs.serve({kind: partial(self._woken, kind) for kind in WOKEN})
        self._loops.begin("look", LOOK_SECONDS, self._look_steps())
        self._loops.begin("sweep", self._settings.jobs.sweep_seconds, self._sweeps.steps())
        self._loops.begin("prices", PRICES_SECONDS, (self._learn_prices,))
        self._loops.begin("orphans", ORPHANS_SECONDS, (self._sweep_orphans,), at_once=False)
        if self._watch:
            self._loops.begin("watch", self._settings.alerts.check_seconds, (self._watch.look,))
        log.info("worker started", photos=jobs.threads, runs=jobs.run_threads)

    def stop(self) -> None:
        """Finish what has been begun and end every thread; the rest stays for the next worker."""
        self._stopping.set()
        self._loops.join()
        self._jobs.stop()
        for crew in set(self._crews.values()):
            crew.stop()
        self._crews = {}
        self._events.lingering = False
        self._events.flush()

    def step(self) -> None:
        """Do here and now all that is due, each piece of work with what it leads to.

        For a process that steps through time by itself, without threads of ours.
        """
        self._crews = dict.fromkeys(self._work, Here())
        try:
            taken(self._look_steps())
        finally:
            self._crews = {}

    def sweep(self) -> None:
        """Clear away what is past its time, once; a step that fails stops no other."""
        taken(self._sweeps.steps())

    # pieces of work

    def _give(self, kind: str, *row_ids: str) -> None:
        """Have rows worked on, each person's in turn."""
        people = owners.of(kind, row_ids)
        for row_id in row_ids:
            self._crews[kind].take(kind, self._work[kind], row_id, people.get(row_id, ""))

    def _woken(self, kind: str, row_id: str) -> None:
        try:
            self._give(kind, row_id)
        finally:
            release()  # the thread is the queue's own

    def _judge(self, photo_id: str) -> None:
        settled = self._verdicts.judge(photo_id)
        if settled is None:
            return
        if self._crews:
            self._give("photo", *settled.called)
        if settled.conversation_id is not None:
            self._drain(str(settled.conversation_id))
        if settled.spooled:
            self._spool.remove(settled.spooled)

    def _advance(self, run_id: str) -> None:
        stepped = self._training.orders.step(run_id)
        if stepped is None:
            return
        if stepped.transfers:
            self._give("copy", run_id)
        if stepped.conversation_id is not None:
            self._drain(str(stepped.conversation_id))

    def _carry(self, run_id: str) -> None:
        stepped = self._training.orders.step(run_id, transfer=True)
        if stepped is not None and stepped.conversation_id is not None:
            self._drain(str(stepped.conversation_id))

    def _drain(self, conversation_id: str) -> None:
        most = AT_A_TIME if self._crews else None
        if self._engine.drain(int(conversation_id), most) == most:
            self._give("drain", conversation_id)  # behind those who wait

    def _erase(self, user_id: str) -> None:
        self._erasing.erase(user_id)

    def _export(self, export_id: str) -> None:
        conversation_id = self._exports.make(export_id)
        if conversation_id is not None:
            self._drain(str(conversation_id))

    def _compare(self, avatar_id: str) -> None:
        conversation_id = self._comparing.compare(avatar_id) if self._comparing else None
        if conversation_id is not None:
            self._engine.drain(conversation_id)

    # what is due

    def _look_steps(self) -> tuple[Step, ...]:
        return (
            self._set_back.look, self._due_photos, self._due_runs, self._late_photos,
            self._due_events, self._due_erasures, self._due_exports, self._due_copies,
            self._due_comparisons, self._doomed, self._doomed_files, self._events.flush,
        )  # fmt: skip

    def _due_photos(self) -> None:
        self._give("photo", *self._verdicts.due(self._clock(), AT_ONCE))

    def _late_photos(self) -> None:
        self._verdicts.tell_late(self._clock(), AT_ONCE)

    def _due_runs(self) -> None:
        now = self._clock()
        orders = self._training.orders
        self._give("poll", *orders.due(now, RUNS_AT_ONCE))
        self._give("copy", *orders.due(now, AT_ONCE, transfer=True))
        self._give("late", *orders.due_late(now, AT_ONCE))

    def _due_events(self) -> None:
        """Timers, and events that nobody has applied: their channel died, or they had to wait."""
        now = self._clock()
        fired = timers.fire(self._engine.inbox, now, AT_ONCE)
        self._give("drain", *map(str, [*fired, *inbox.backlog(now, AT_ONCE)]))

    def _due_erasures(self) -> None:
        self._give("erase", *self._erasing.due(self._clock()))

    def _due_exports(self) -> None:
        self._give("export", *self._exports.due(self._clock()))

    def _due_comparisons(self) -> None:
        if self._comparing:
            self._give("faces", *self._comparing.due(AT_ONCE))

    def _due_copies(self) -> None:
        self._give("forget", *self._training.remote.due(self._clock()))

    def _doomed(self) -> None:
        self._cleared = disposal.delete_early(self._store, self._cleared)
        disposal.delete_doomed(self._store, self._clock())

    def _doomed_files(self) -> None:
        disposal.remove_doomed_files(self._spool)

    # what is asked now and then

    def _learn_prices(self) -> None:
        prices = self._training.orders.gate.prices
        prices.refresh(self._clock())
        prices.say_unknown()

    # the slow sweep

    def _sweep_orphans(self) -> None:
        orphans.repair(self._store, self._clock(), self._stopping.is_set)

    def _asked_to_stop(self, _number: int, _frame: object) -> None:
        shutdown.begin()
        self._stopping.set()
