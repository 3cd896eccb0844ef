"""What came of asking the trainer: a run, its avatar and its person, changed in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from core.avatars.models import Avatar, AvatarStatus, RunStatus, TrainingRun, utc_now
from core.avatars.orders import submissions
from core.avatars.orders.submissions import Fate
from core.avatars.ports import Failure, Standing
from core.avatars.privacy import remote
from core.avatars.privacy.disposal import doom
from core.avatars.training import durations
from core.avatars.training.outcome import Weights, trained, weights_columns
from core.avatars.training.rows import (
    DAY,
    NO_ERROR,
    NO_ORDER,
    UNDER_WAY,
    error_of,
    moved,
    poll_seconds,
    wait_seconds,
    wanted,
)
from core.base.db import database, transaction
from core.base.settings import Settings
from core.conversation.inbox import Inbox
from core.conversation.statements import lock_person

log = structlog.get_logger()

NEARLY = 99
"""Percent: 100 is shown at the end and not before."""
ASKED_ENOUGH = 6
"""So many times a result that can't be had is asked for before it counts: some minutes."""
CANCELLED = Failure("cancelled", "person", "")
CHARGED = (200, 422)
"""The codes of a result that failed, and may have been charged."""


def change_avatar(avatar_id: uuid.UUID | None, *was: AvatarStatus, **changes: Any) -> None:
    """Change an avatar that still exists and has one of these statuses, if any are named."""
    query: Any = Avatar.update({**changes, "updated_at": utc_now()}).where(Avatar.id == avatar_id)
    (query.where(Avatar.status.in_(was)) if was else query).execute()


class Recorder:
    """Writes standings into runs; `judge` is told when an order has ended.

    `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        settings: Settings,
        inbox: Inbox,
        judge: Callable[[TrainingRun, float], None],
        clock: Callable[[], float],
    ) -> None:
        self._judge = judge
        self._settings = settings
        self._inbox = inbox
        self._clock = clock

    def record(self, seen: TrainingRun, standing: Standing, by: str = "poll") -> None:
        """Write where a run stands, unless it has ended meanwhile; `by` says who found out.

        While it is being cancelled a success wins, for it is paid for; all else ends as cancelled.
        """
        with transaction():
            run = self._held(seen)
            if run is None or run.request_id != seen.request_id:
                return
            run.finished_by = run.finished_by or by
            if standing.status == "completed":
                self._completed(run, standing)
            elif standing.status == "failed":
                self._failed(run, standing.failure or Failure("unknown", "retry", ""), True)
            else:
                self._progressed(run, standing)

    def finish(
        self, seen: TrainingRun, result: Mapping[str, object], weights: Weights | None
    ) -> None:
        """End a run well: the avatar holds what was made, and its person is told.

        Where nobody wants it any more, only its cost is booked and what was copied is deleted.
        """
        with transaction():
            run = self._held(seen)
            if run is not None:
                self._finish(run, result, weights)

    def fail(self, seen: TrainingRun, failure: Failure, charged: bool = False) -> None:
        """End a run badly, for good; `charged` gives up an order that may yet be made."""
        with transaction():
            run = self._held(seen)
            if run is not None:
                run.finished_by = "us"
                self._failed(run, failure, False, charged)

    def cancelled(self, seen: TrainingRun, charged: bool = False) -> None:
        """End a run that its person has stopped; its order may be paid for where `charged`."""
        with transaction():
            run = self._held(seen)
            if run is not None:
                run.finished_by = run.finished_by or "us"
                self._cancelled(run, CANCELLED, charged)

    def waits(self, seen: TrainingRun) -> None:
        """Tell a person that their run waits for something else than before."""
        with transaction():
            run = self._held(seen)
            if run is not None and run.error_type != seen.error_type:
                self._tell(run, "progress", f"{run.status}:{run.error_type}:{self._clock():.0f}")

    def unread(self, seen: TrainingRun, failure: Failure) -> None:
        """What came of an order can't be had for long. It stays open, for it may be there later.

        Until then its trainer has delivered nothing.
        """
        if seen.failures < ASKED_ENOUGH or failure.stop_submitting:
            return  # a key that is refused says nothing of the trainer
        with transaction():
            run = self._held(seen)
            if run is not None and submissions.unread(run, failure, self._clock()):
                self._judge(run, self._clock())
                self._tell(run, "progress", f"unread:{run.submission}")

    def _held(self, seen: TrainingRun) -> TrainingRun | None:
        """The run as it is now, with its person held; None where it has ended."""
        lock_person(seen.conversation_id, seen.user_id)
        run: TrainingRun | None = TrainingRun.get_or_none(TrainingRun.id == seen.id)
        return None if run is None or run.status.final else run

    def _progressed(self, run: TrainingRun, standing: Standing) -> None:
        """Progress never goes back, and the person hears of it every few seconds at most."""
        if run.status not in UNDER_WAY:
            return
        now = self._clock()
        training = RunStatus.TRAINING in (run.status, standing.status)
        started = run.started_at or (now if training else None)
        progress = max(run.progress, self._progress(run, standing, started))
        position = None if training else standing.position
        telling = not 0 <= now - run.told_at < self._settings.conversation.tick_seconds
        moved(
            run,
            status=RunStatus.TRAINING if training else RunStatus.QUEUED,
            progress=progress,
            position=position,
            started_at=started,
            queue_seconds=durations.waited(run, started),
            told_at=now if telling else run.told_at,
            # a webhook has come while we asked: what it says is not known yet
            next_check_at=now + poll_seconds(self._settings, run) if run.next_check_at else 0,
            **NO_ERROR,
        )
        if progress != run.progress:
            change_avatar(run.avatar_id, AvatarStatus.TRAINING, training_progress=progress)
        if telling:
            place = f"training:{progress}" if training else f"queued:{position}"
            self._tell(run, "progress", place)

    def _progress(self, run: TrainingRun, standing: Standing, started: float | None) -> int:
        """In percent: what the trainer says, else what the usual time makes of it."""
        if standing.percent is not None:
            return min(standing.percent, NEARLY)
        if started is None:
            return 0
        usual = durations.usual(self._settings, run.training_type, run.test_mode)
        return min(usual.percent(self._clock() - started), NEARLY)

    def _completed(self, run: TrainingRun, standing: Standing) -> None:
        now = self._clock()
        started = run.started_at or durations.begun(run, now, standing.training_seconds)
        found = {
            "started_at": started,
            "queue_seconds": durations.waited(run, started),
            "training_seconds": standing.training_seconds,
            "finished_by": run.finished_by,
        }
        for name, value in found.items():
            setattr(run, name, value)
        if not standing.result.get("weights_url") or wanted(run) is None:
            moved(run, **found)
            self._finish(run, standing.result, None)
        elif run.saving_at is None:
            cancelling = run.status is RunStatus.CANCELLING
            moved(
                run,
                status=RunStatus.CANCELLING if cancelling else RunStatus.SAVING,
                saving_at=now,
                position=None,
                progress=NEARLY,
                deadline_at=now + DAY,
                next_check_at=0,
                **found,
                **NO_ERROR,
            )
            self._tell(run, "progress", "saving")

    def _finish(
        self, run: TrainingRun, result: Mapping[str, object], weights: Weights | None
    ) -> None:
        avatar = wanted(run)
        kept = {} if avatar is None or weights is None else weights_columns(weights)
        submissions.ended(run, Fate.COMPLETED, True, self._clock())
        self._judge(run, self._clock())
        self._end(run, RunStatus.COMPLETED, progress=100, **NO_ERROR, **kept)
        if avatar is None or weights is not None:
            remote.forget_orders(run, self._clock())
        if avatar is None:
            remote.forget_model(run, result.get("finetune_id"), self._clock())
            self._forget_weights(run)
            return
        change_avatar(avatar.id, **trained(avatar, run, result, weights))
        self._tell(run, "finished", RunStatus.COMPLETED)

    def _failed(
        self, run: TrainingRun, failure: Failure, repeatable: bool, charged: bool | None = None
    ) -> None:
        # what was made can't be made later: asking after it would only find it made, and gone
        given_up = bool(charged) and run.saving_at is None
        if charged is None:
            charged = may_be_charged(failure)
        if run.status is RunStatus.CANCELLING:
            # a training that had begun may be charged, whatever became of it
            self._cancelled(run, failure, charged or bool(run.started_at))
            return
        adopted = submissions.adopted(run)
        if given_up:
            watch = self._settings.training.watch_hours * 3600
            submissions.given_up(run, failure, self._clock(), watch)
        submissions.ended(run, Fate.FAILED, charged, self._clock(), failure)
        self._judge(run, self._clock())
        if repeatable and self._worth_another_try(run, failure):
            wait = wait_seconds(run.failures, failure.retry_after)
            again = {"next_check_at": self._clock() + wait, "failures": run.failures + 1}
            changes = {**NO_ORDER, **error_of(failure), **again, "finished_by": ""}
            moved(run, status=RunStatus.READY, **changes)
            self._tell(run, "progress", f"again:{run.attempts}")
        else:
            self._end(run, RunStatus.FAILED, **error_of(failure))
            self._forget_weights(run)
            change_avatar(run.avatar_id, AvatarStatus.TRAINING, status=AvatarStatus.ERROR)
            self._tell(run, "failed", f"{RunStatus.FAILED}{' again' if adopted else ''}")

    def _worth_another_try(self, run: TrainingRun, failure: Failure) -> bool:
        """Whether the trainer says that it failed by no fault of ours, or delivers to nobody."""
        theirs = failure.error_class == "retry" or failure.undelivered
        left = run.attempts < self._settings.training.attempts
        return theirs and left and run.status in UNDER_WAY

    def _cancelled(self, run: TrainingRun, failure: Failure, charged: bool) -> None:
        why = error_of(failure) if failure is not CANCELLED else {}
        submissions.ended(run, Fate.CANCELLED, charged, self._clock(), failure)
        self._end(run, RunStatus.CANCELLED, **why)
        self._forget_weights(run)
        change_avatar(run.avatar_id, AvatarStatus.TRAINING, status=AvatarStatus.CANCELLED)
        self._tell(run, "cancelled", RunStatus.CANCELLED)

    def _end(self, run: TrainingRun, status: RunStatus, **changes: Any) -> None:
        ended = {
            "status": status,
            "position": None,
            "finished_at": self._clock(),
            "finished_by": run.finished_by,
            "cost_usd": submissions.cost_usd(run.id),
            "data_url": "",
            "intent_at": None,
        }
        moved(run, **{**ended, **changes})
        if status is not RunStatus.COMPLETED:
            remote.forget_orders(run, self._clock(), late=wanted(run) is not None)
        told = {"run": str(run.id), "avatar": str(run.avatar_id), "status": status.value}
        database.after_commit(lambda: log.info("training ended", **told))

    def _forget_weights(self, run: TrainingRun) -> None:
        """Delete what was copied, unless an earlier training of the avatar left the very same."""
        if not run.weights_key:
            return
        TrainingRun.update(weights_key=None).where(TrainingRun.id == run.id).execute()
        if not TrainingRun.select().where(TrainingRun.weights_key == run.weights_key).exists():
            doom(run.weights_key, self._clock())

    def _tell(self, run: TrainingRun, trigger: str, about: str) -> None:
        if run.conversation_id is not None and wanted(run) is not None:
            key = f"{run.id}:{about}"
            self._inbox.signal(run.conversation_id, trigger, str(run.id), key)


def may_be_charged(failure: Failure) -> bool:
    """Whether an order that failed like this may have been charged."""
    return failure.error_class == "person" or failure.http_status in CHARGED
