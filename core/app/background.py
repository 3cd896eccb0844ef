"""What an app does beside its dialogue: every kind of background work, and every chore."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from core.avatars import disposal
from core.avatars.linking import working as linking
from core.avatars.linking.working import Linking
from core.avatars.orders import work as orders
from core.avatars.orders.events import Events
from core.avatars.photos import comparing, verdicts
from core.avatars.photos.comparing import Comparing
from core.avatars.photos.verdicts import Verdicts
from core.avatars.pictures.pictures import Pictures
from core.avatars.ports import ObjectStore
from core.avatars.privacy import erasure_worker, exporting, orphans, remote
from core.avatars.privacy.erasure import Stops
from core.avatars.privacy.erasure_worker import Erasing
from core.avatars.privacy.exporting import Exports
from core.avatars.privacy.retention import Retention
from core.avatars.training.training import Training
from core.base.settings import Settings
from core.base.work import Pool, Work
from core.conversation.engine import Engine
from core.conversation.inbox import Inbox
from core.conversation.timing import timers
from core.operation.alerts import Watch
from core.operation.loops import Chore, Step
from core.operation.sweeps import Sweeps
from core.operation.worker import Worker
from core.services.erasure_ledger import ErasureLedger
from core.services.jobs import Jobs
from core.services.spool import Spool

ORPHANS_SECONDS = 3600.0
"""How often the store is compared with the database: a listing of all that is in it."""
PRICES_SECONDS = 6 * 3600.0
"""How often the trainer is asked for its prices."""


class Parts(Protocol):
    """What background work needs of an app."""

    settings: Settings
    clock: Callable[[], float]
    data: Path
    store: ObjectStore
    spool: Spool
    jobs: Jobs
    erasures: ErasureLedger
    inbox: Inbox
    engine: Engine
    events: Events
    training: Training
    pictures: Pictures
    stops: Stops
    verdicts: Verdicts

    def watch(self) -> Watch: ...


def worker(app: Parts) -> Worker:
    """The worker of an app; it starts nothing yet."""
    exports = Exports(app.store, app.data, app.inbox, app.clock)
    stopping = threading.Event()
    return Worker(
        kinds(app, exports),
        app.jobs,
        _often(app),
        _chores(app, exports, stopping),
        app.events.batched,
        stopping,
        app.clock,
    )


def kinds(app: Parts, exports: Exports) -> list[Work]:
    """Every kind of work there is; a new one is added here, and nothing else knows it."""
    slow = Pool("slow")
    erasing = Erasing(app.store, app.spool, app.jobs, app.erasures, app.clock, app.settings.zone)
    compared = _comparing(app)
    return [
        verdicts.work(app.verdicts, app.spool.remove, app.settings.jobs.threads),
        *orders.kinds(app.training.orders, app.settings, slow),
        *orders.kinds(app.pictures.orders, app.settings, slow),
        timers.work(app.engine),
        erasure_worker.work(erasing, slow),
        linking.work(Linking(app.inbox, app.clock), slow),
        exporting.work(exports, slow),
        remote.work(app.training.remote),
        *([comparing.work(compared)] if compared else []),
    ]


def sweeps(app: Parts, exports: Exports | None = None) -> Sweeps:
    """The slow sweep, for the worker and for tests."""
    made = exports or Exports(app.store, app.data, app.inbox, app.clock)
    retention = Retention(app.settings, app.stops)
    retire = app.training.retire_simulated
    return Sweeps(
        app.settings, app.spool, app.store, made, retention, retire, app.erasures, app.clock
    )


def _often(app: Parts) -> tuple[Step, ...]:
    """Steps that are taken with each look for due rows."""
    return (
        lambda: app.verdicts.tell_late(app.clock()),
        _doomed_early(app),
        lambda: disposal.delete_doomed(app.store, app.clock()),
        lambda: disposal.remove_doomed_files(app.spool),
        app.events.flush,
    )


def _doomed_early(app: Parts) -> Step:
    """Delete what was doomed since the last look, without waiting for its time."""
    cleared = 0

    def step() -> None:
        nonlocal cleared
        cleared = disposal.delete_early(app.store, cleared)

    return step


def _chores(app: Parts, exports: Exports, stopping: threading.Event) -> tuple[Chore, ...]:
    watch = app.watch()
    jobs, alerts = app.settings.jobs, app.settings.alerts
    return (
        Chore("sweep", jobs.sweep_seconds, sweeps(app, exports).steps()),
        Chore("prices", PRICES_SECONDS, (lambda: _learn_prices(app),)),
        Chore(
            "orphans",
            ORPHANS_SECONDS,
            (lambda: orphans.repair(app.store, app.clock(), stopping.is_set),),
            at_once=False,
        ),
        Chore("watch", alerts.check_seconds, (watch.look,)),
    )


def _learn_prices(app: Parts) -> None:
    for ordered in (app.training, app.pictures):
        ordered.orders.gate.prices.refresh(app.clock())
        ordered.orders.gate.prices.say_unknown()


def _comparing(app: Parts) -> Comparing | None:
    """What compares faces before a training, where that is wanted."""
    photos = app.settings.photos
    if not (photos.compare_faces and photos.find_faces):
        return None
    from core.services.likeness import FaceTools

    return Comparing(app.store, app.inbox, FaceTools(), app.clock)
