"""The slow sweep: what is past its time, or was left behind by somebody who died."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from core.avatars import disposal
from core.avatars.linking import codes
from core.avatars.orders import events
from core.avatars.photos import held
from core.avatars.pictures import owned
from core.avatars.ports import Halves, ObjectStore
from core.avatars.privacy import erasure_worker, ledger
from core.avatars.privacy.exporting import Exports
from core.avatars.privacy.retention import Retention
from core.base.db import transaction
from core.base.settings import Settings
from core.conversation import inbox
from core.operation import auth

if TYPE_CHECKING:
    from core.services.erasure_ledger import ErasureLedger
    from core.services.spool import Spool

PUT_BACK_SECONDS = 600.0
"""How long a removed photo can be put back."""
HALF_WRITTEN_SECONDS = 3600.0
"""A file that is still being written is never as old."""
DAY = 86_400.0


class Sweeps:
    """What is cleared away, in steps; `retire_simulated` is the trainings' own."""

    def __init__(
        self,
        settings: Settings,
        spool: Spool,
        store: ObjectStore,
        exports: Exports,
        retention: Retention,
        retire_simulated: Callable[[], object],
        erasures: ErasureLedger,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._spool = spool
        self._store = store
        self._exports = exports
        self._retention = retention
        self._retire_simulated = retire_simulated
        self._erasures = erasures
        self._clock = clock

    def steps(self) -> tuple[Callable[[], object], ...]:
        """Each of them once; one that fails is none of the others' business."""
        return (
            self._inbox, self._held, self._removed, self._spooled, self._half_written,
            self._erased, self._events, self._links, self._sessions, self._retire_simulated,
            *self._retention_steps(),
        )  # fmt: skip

    def _inbox(self) -> None:
        with transaction():
            inbox.sweep(self._clock() - self._settings.conversation.inbox_days * DAY)

    def _held(self) -> None:
        for name in held.forget(self._clock() - self._held_seconds):
            self._spool.remove(name)

    def _removed(self) -> None:
        now = self._clock()
        for name in disposal.delete_removed(now - PUT_BACK_SECONDS, now):
            self._spool.remove(name)
        owned.forget_removed(now - PUT_BACK_SECONDS, now)

    def _events(self) -> None:
        now = self._clock()
        with transaction():
            events.sweep(now - self._settings.jobs.event_days * DAY, now - DAY)

    def _links(self) -> None:
        with transaction():
            codes.sweep(self._clock() - DAY)

    def _sessions(self) -> None:
        auth.sweep(self._clock())

    def _spooled(self) -> None:
        """Remove spooled bytes that nobody can need: older than all that may still name them."""
        waiting = disposal.waiting_seconds(self._clock())
        self._spool.sweep(max(DAY, self._held_seconds) + waiting)

    def _half_written(self) -> None:
        """Remove what killed processes left half written, where the store is a folder."""
        if isinstance(self._store, Halves):
            self._store.sweep(HALF_WRITTEN_SECONDS)

    def _erased(self) -> None:
        """The chats of the erased, and the cost of trainings that outlived their person."""
        erasure_worker.forget_shells(self._clock() - erasure_worker.SHELL_SECONDS)
        ledger.book_nameless(self._settings.zone)
        self._exports.sweep(self._clock())
        self._erasures.forget(self._clock() - self._settings.backup.keep_days * DAY)

    def _retention_steps(self) -> tuple[Callable[[], object], ...]:
        retention = self._retention
        clearing = (
            retention.drafts, retention.refused_photos, retention.trained_photos,
            retention.support_messages, retention.turns,
        )  # fmt: skip
        return tuple(partial(self._retain, clear) for clear in clearing)

    def _retain(self, clear: Callable[[float], int]) -> None:
        clear(self._clock())

    @property
    def _held_seconds(self) -> float:
        return self._settings.avatars.held_hours * 3600.0
