"""A training's life: started in a turn, then taken step by step, whoever is killed meanwhile.

A `TrainingRun` is the truth. Each step claims the run by pushing `next_check_at` ahead, asks the
trainer outside of any transaction, and writes what came of it in one transaction, together with
the signal that tells the person. A worker that dies leaves a claim that runs out.

    ready → submitting → queued → training → completed | failed
      └─────────┴──────────┴─────────┴→ cancelling → cancelled | completed
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import peewee
import structlog

from core.avatars import durations, obstacles
from core.avatars.models import (
    ACTIVE,
    HOLDING,
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    PhotoValidationStatus,
    RunStatus,
    TrainingRun,
)
from core.avatars.ports import Standing, Trainer, TrainingOrder, Waker
from core.avatars.recording import Recorder, change_avatar, moved, trigger_word
from core.conversation.inbox import Inbox
from core.db import database, is_sqlite, run, transaction
from core.errors import TrainingRefused
from core.settings import Settings

log = structlog.get_logger()

CLAIM_SECONDS = 30.0
"""A step takes less; whoever has not finished it by then is taken for dead."""
_ONE_BUDGET = 0x11CE4EB6
_TRAINED = (AvatarStatus.TRAINING, AvatarStatus.COMPLETED)
_UNDER_WAY = (RunStatus.QUEUED, RunStatus.TRAINING)


class Training:
    """Starts, advances and cancels runs; `clock` gives seconds since 1970."""

    def __init__(
        self,
        settings: Settings,
        trainer: Trainer,
        inbox: Inbox,
        jobs: Waker,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._trainer = trainer
        self._jobs = jobs
        self._clock = clock
        self._recorder = Recorder(settings, inbox, clock)

    # in a turn, under the person's lock

    def start(
        self, avatar_id: uuid.UUID, user_id: uuid.UUID, conversation_id: int | None
    ) -> uuid.UUID:
        """Create the run of an avatar and return its id; raises TrainingRefused.

        The caller's transaction holds the person, so that what is looked at here stays true.
        """
        found = Avatar.get_or_none(Avatar.id == avatar_id, Avatar.user == user_id)
        if found is None:
            raise TrainingRefused("gone")
        photos_count = self._check(found)
        created = TrainingRun.create(
            avatar=avatar_id,
            user=user_id,
            conversation=conversation_id,
            training_type=found.training_type,
            test_mode=self._trainer.test_mode,
            price_usd=obstacles.price_usd(self._settings, found.training_type),
            photos_count=photos_count,
            created_at=self._clock(),
        )
        change_avatar(avatar_id, status=AvatarStatus.TRAINING, training_progress=0)
        database.after_commit(lambda: self._announce(created))
        run_id: uuid.UUID = created.id
        return run_id

    def cancel(self, run_id: uuid.UUID) -> None:
        """Stop a run, whatever it is doing; the worker tells the trainer.

        A submission that is under way keeps its claim, so that its request id is known by then. A
        run that has ended, or is being stopped, stays as it is.
        """
        soon = peewee.Case(
            TrainingRun.status, ((RunStatus.SUBMITTING, TrainingRun.next_check_at),), 0.0
        )
        query: Any = TrainingRun.update(status=RunStatus.CANCELLING, next_check_at=soon)
        if query.where(TrainingRun.id == run_id, TrainingRun.status.in_(HOLDING)).execute():
            avatar_id = TrainingRun.get_by_id(run_id).avatar_id
            change_avatar(avatar_id, AvatarStatus.TRAINING, status=AvatarStatus.CANCELLED)
            database.after_commit(lambda: self._jobs.wake("run", str(run_id)))

    def obstacle(self, user_id: uuid.UUID, training_type: str, now: float) -> str | None:
        """Why this person can't start a training now; see `obstacles.obstacle`."""
        test_mode = self._trainer.test_mode
        return obstacles.obstacle(self._settings, user_id, training_type, now, test_mode)

    # for the screen

    def usual_seconds(self, training_type: str) -> float | None:
        """How long a training of this type takes once it has begun; None where nobody knows."""
        test_mode = self._trainer.test_mode
        known = durations.usual_seconds(training_type, test_mode)
        return self._settings.training.simulated_seconds if known is None and test_mode else known

    def seconds_left(self, run: TrainingRun) -> float | None:
        """What remains of a run by the usual time; None where nobody knows, or it is overdue."""
        usual = self.usual_seconds(run.training_type)
        if usual is None or run.started_at is None:
            return usual
        left = usual - (self._clock() - run.started_at)
        return left if left > 0 else None

    # in the worker

    def due(self, now: float, limit: int) -> list[str]:
        """Runs that want to be advanced, the longest waiting first."""
        query: Any = TrainingRun.select(TrainingRun.id).where(
            TrainingRun.status.in_(ACTIVE), TrainingRun.next_check_at <= now
        )
        return [str(row.id) for row in query.order_by(TrainingRun.next_check_at).limit(limit)]

    def advance(self, run_id: str) -> int | None:
        """Take a run one step further, unless somebody else is at it or it is too early.

        Returns the conversation that it belongs to, which may have been told something. What the
        trainer raises comes through; the run is tried again when its claim has run out.
        """
        claimed = self._claim(run_id)
        if claimed is None:
            return None
        if claimed.status is RunStatus.CANCELLING:
            self._stop(claimed)
        elif claimed.status in _UNDER_WAY:
            self._recorder.record(claimed, self._trainer.check(claimed.request_id or ""))
        elif claimed.avatar_id is None:
            self._recorder.record(claimed, Standing("cancelled", 0, None))
        else:
            self._submit(claimed)
        return claimed.conversation_id

    def _check(self, found: Avatar) -> int:
        """How many photos the training takes; raises TrainingRefused where it can't start."""
        if found.status in _TRAINED:
            raise TrainingRefused("busy")
        active: Any = TrainingRun.status.in_(ACTIVE)
        if TrainingRun.select().where(TrainingRun.avatar == found.id, active).exists():
            raise TrainingRefused("stopping")
        if self._settings.training.daily_budget_usd > 0 and not is_sqlite():
            run("SELECT pg_advisory_xact_lock(?)", _ONE_BUDGET)
        reason = self.obstacle(found.user_id, found.training_type, self._clock())
        if reason:
            raise TrainingRefused(reason)
        return self._photos_count(found.id)

    def _photos_count(self, avatar_id: uuid.UUID) -> int:
        if _photos(avatar_id, PhotoValidationStatus.PENDING).exists():
            raise TrainingRefused("still_checking")
        count = int(_photos(avatar_id, PhotoValidationStatus.VALID).count())
        if count < self._settings.training.min_photos:
            raise TrainingRefused("too_few")
        return min(count, self._settings.training.max_photos)

    def _announce(self, created: TrainingRun) -> None:
        avatar_id, run_id = str(created.avatar_id), str(created.id)
        started = f"🚀 Запущено обучение аватара {avatar_id} типа {created.training_type.value}"
        log.info(started, run=run_id)
        if created.test_mode:
            simulated = f"🧪 ТЕСТОВЫЙ РЕЖИМ: Имитация обучения аватара {avatar_id}"
            log.info(simulated, run=run_id)
        self._jobs.wake("run", run_id)

    def _claim(self, run_id: str) -> TrainingRun | None:
        now = self._clock()
        query: Any = TrainingRun.update(next_check_at=now + CLAIM_SECONDS).where(
            TrainingRun.id == run_id,
            TrainingRun.status.in_(ACTIVE),
            TrainingRun.next_check_at <= now,
        )
        with transaction():
            return TrainingRun.get_by_id(run_id) if query.execute() else None

    def _submit(self, claimed: TrainingRun) -> None:
        """Commit the intent, order the training, keep its request id.

        A run that is found `submitting` may have been ordered: somebody died over it. It is
        ordered again because this trainer says that it is the same training then. One that can't
        say so must never be asked twice, and needs a status for what nobody knows.
        """
        if claimed.status is RunStatus.READY:
            attempts = claimed.attempts + 1
            with transaction():
                if not moved(claimed, status=RunStatus.SUBMITTING, attempts=attempts):
                    return
            claimed.status = RunStatus.SUBMITTING
        else:
            assert self._trainer.repeatable, "an order is not repeated blindly"
        request_id = self._trainer.submit(self._order(claimed))
        sent = {"request_id": request_id, "submitted_at": self._clock(), "next_check_at": 0}
        with transaction():
            if not moved(claimed, status=RunStatus.QUEUED, **sent):
                claimed.status = RunStatus.CANCELLING  # while it was ordered
                moved(claimed, **sent)

    def _order(self, claimed: TrainingRun) -> TrainingOrder:
        avatar = Avatar.get_by_id(claimed.avatar_id)
        photos = _photos(avatar.id, PhotoValidationStatus.VALID)
        chosen = photos.order_by(AvatarPhoto.number).limit(claimed.photos_count)
        return TrainingOrder(
            run_id=str(claimed.id),
            training_type=claimed.training_type,
            avatar_type=avatar.avatar_type,
            trigger_word=trigger_word(avatar.id),
            photo_keys=tuple(photo.minio_key for photo in chosen),
            ordered_at=claimed.created_at,
        )

    def _stop(self, claimed: TrainingRun) -> None:
        """End a run that is to be cancelled, unless it has been completed by now."""
        standing = Standing("cancelled", 0, None)
        if claimed.request_id:  # without one there is nothing that could be named to a trainer
            found = self._trainer.check(claimed.request_id)
            if found.status == "completed":
                standing = found
            else:
                self._trainer.cancel(claimed.request_id)
        self._recorder.record(claimed, standing)


def _photos(avatar_id: uuid.UUID, status: PhotoValidationStatus) -> Any:
    return AvatarPhoto.select().where(
        AvatarPhoto.avatar == avatar_id,
        AvatarPhoto.removed_at.is_null(),
        AvatarPhoto.validation_status == status,
    )
