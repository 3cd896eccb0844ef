"""What happened between us and the provider: a row for each call and each webhook."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import peewee
import structlog
from peewee import chunked

from core.avatars.ports import Observation
from core.base.db import Model, transaction
from core.base.processes import meters

log = structlog.get_logger()

AT_ONCE = 500
"""Rows of one statement: SQLite takes 32,766 values."""


class FalEvent(Model):
    """One call of the provider, or one webhook: for the dashboard, so without URLs and names.

    `run_id` is no foreign key: an event outlives whatever it was about, so its mode stands here.
    """

    id = peewee.BigAutoField()
    at = peewee.DoubleField()
    run_id = peewee.UUIDField(null=True)
    endpoint = peewee.CharField(max_length=128, default="")
    phase = peewee.CharField(max_length=16)
    ok = peewee.BooleanField()
    http_status = peewee.IntegerField(null=True)
    error_type = peewee.CharField(max_length=64, default="")
    error_class = peewee.CharField(max_length=16, default="")
    message = peewee.CharField(max_length=300, default="")
    seconds = peewee.DoubleField(null=True)
    request_id = peewee.CharField(max_length=128, default="")
    test_mode = peewee.BooleanField(default=False)

    class Meta:
        table_name = "fal_events"


class Events:
    """Keeps observations as rows; `clock` gives seconds since 1970.

    Within `batched()`, polls that went well wait: for the next event that did not, or for
    `flush`. A thousand orders would else have the disk wait for each of them.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: list[dict[str, object]] = []
        self._batching = 0

    def observe(self, seen: Observation) -> None:
        """Write one down. What can't be written is logged: no order stops for it."""
        outcome, mode = "ok" if seen.ok else "failed", "test" if seen.test_mode else "production"
        meters.count("fal_requests", phase=seen.phase, outcome=outcome, mode=mode)
        if seen.seconds is not None:
            meters.observe("fal_request_seconds", seen.seconds, phase=seen.phase)
        with self._lock:
            self._waiting.append(_row(seen, self._clock()))
        if not (self._batching and seen.ok and seen.phase == "status"):
            self.flush()

    @contextmanager
    def batched(self) -> Iterator[None]:
        """Write polls that went well together while this is entered."""
        self._batching += 1
        try:
            yield
        finally:
            self._batching -= 1
            self.flush()

    def flush(self) -> None:
        """Write down what waits."""
        with self._lock:
            rows, self._waiting = self._waiting, []
        if not rows:
            return
        try:
            with transaction():
                for some in chunked(rows, AT_ONCE):
                    FalEvent.insert_many(some).execute()
        except peewee.DatabaseError:
            log.exception("events could not be kept", runs=[str(row["run_id"]) for row in rows])


def _row(seen: Observation, now: float) -> dict[str, object]:
    return {
        "at": now,
        "run_id": _run_id(seen.run_id),
        "endpoint": seen.endpoint[:128],
        "phase": seen.phase,
        "ok": seen.ok,
        "http_status": seen.http_status,
        "error_type": seen.error_type[:64],
        "error_class": seen.error_class,
        "message": seen.message[:300],
        "seconds": seen.seconds,
        "request_id": seen.request_id[:128],
        "test_mode": seen.test_mode,
    }


def sweep(before: float, polls_before: float) -> int:
    """Delete what happened before a moment, and uneventful polls before another; how many rows.

    A thousand orders under way are asked after millions of times a day.
    """
    uneventful = FalEvent.ok & (FalEvent.phase == "status") & (FalEvent.at < polls_before)
    query = FalEvent.delete().where((FalEvent.at < before) | uneventful)
    return int(query.execute())


def _run_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
