"""What happened between us and the trainer: a row for each call and each webhook."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import peewee
import structlog

from core.avatars.models import TrainingRun
from core.avatars.ports import Observation
from core.db import Model, transaction

log = structlog.get_logger()


class FalEvent(Model):
    """One call of the trainer, or one webhook: for the dashboard, so without URLs and names.

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
    """Keeps observations as rows; `clock` gives seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def observe(self, seen: Observation) -> None:
        """Write one down. What can't be written is logged: no training stops for it."""
        run_id = _run_id(seen.run_id)
        try:
            with transaction():
                FalEvent.create(
                    at=self._clock(),
                    run_id=run_id,
                    endpoint=seen.endpoint[:128],
                    phase=seen.phase,
                    ok=seen.ok,
                    http_status=seen.http_status,
                    error_type=seen.error_type[:64],
                    error_class=seen.error_class,
                    message=seen.message[:300],
                    seconds=seen.seconds,
                    request_id=seen.request_id[:128],
                    test_mode=_simulated(run_id),
                )
        except peewee.DatabaseError:
            log.exception("an event could not be kept", run=seen.run_id, phase=seen.phase)


def sweep(before: float, polls_before: float) -> int:
    """Delete what happened before a moment, and uneventful polls before another; how many rows.

    A thousand trainings under way are asked after millions of times a day.
    """
    uneventful = FalEvent.ok & (FalEvent.phase == "status") & (FalEvent.at < polls_before)
    query: Any = FalEvent.delete().where((FalEvent.at < before) | uneventful)
    return int(query.execute())


def _simulated(run_id: uuid.UUID | None) -> bool:
    """What belongs to no run counts as real: nothing simulated comes from nowhere."""
    return TrainingRun.select().where(TrainingRun.id == run_id, TrainingRun.test_mode).exists()


def _run_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
