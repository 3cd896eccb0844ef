"""What came of asking the trainer: a run, its avatar and its person, changed in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import structlog

from core.avatars.models import (
    HOLDING,
    Avatar,
    AvatarStatus,
    Consent,
    RunStatus,
    TrainingRun,
    utc_now,
)
from core.avatars.ports import Standing
from core.conversation.inbox import Inbox
from core.conversation.locks import erased, lock_person
from core.db import database, transaction
from core.settings import Settings

log = structlog.get_logger()

NEARLY = 99
"""Percent: 100 is shown at the end and not before."""


def moved(run: TrainingRun, **changes: Any) -> bool:
    """Change a run that still has the status it was read with; False where it was not ours."""
    query: Any = TrainingRun.update(changes)
    same = query.where(TrainingRun.id == run.id, TrainingRun.status == run.status)
    return bool(same.execute() == 1)


def change_avatar(avatar_id: uuid.UUID | None, *was: AvatarStatus, **changes: Any) -> None:
    """Change an avatar that still exists and has one of these statuses, if any are named."""
    query: Any = Avatar.update({**changes, "updated_at": utc_now()}).where(Avatar.id == avatar_id)
    (query.where(Avatar.status.in_(was)) if was else query).execute()


def trigger_word(avatar_id: uuid.UUID) -> str:
    """The rare word that will stand for an avatar: its own, and nothing that anybody typed."""
    return f"lk{avatar_id.hex[:10]}"


class Recorder:
    """Writes standings into runs; `clock` gives seconds since 1970."""

    def __init__(self, settings: Settings, inbox: Inbox, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._inbox = inbox
        self._clock = clock
        self._ways = {
            "queued": self._progressed,
            "training": self._progressed,
            "completed": self._completed,
            "failed": self._failed,
            "cancelled": self._cancelled,
        }

    def record(self, seen: TrainingRun, standing: Standing) -> None:
        """Write where a run stands, unless it has ended meanwhile.

        While it is being cancelled a success wins, for it is paid for; all else ends as cancelled.
        """
        with transaction():
            lock_person(seen.conversation_id, seen.user_id)
            run = TrainingRun.get_or_none(TrainingRun.id == seen.id)
            if run is None or run.status.final:
                return
            way = standing.status
            if run.status is RunStatus.CANCELLING and way == "failed":
                way = "cancelled"
            self._ways[way](run, standing)

    def _progressed(self, run: TrainingRun, standing: Standing) -> None:
        """Progress never goes back, and the person hears of it every few seconds at most."""
        if run.status not in HOLDING:
            return
        now = self._clock()
        training = RunStatus.TRAINING in (run.status, standing.status)
        progress = max(run.progress, min(standing.progress, NEARLY))
        position = None if training else standing.position
        telling = now - run.told_at >= self._settings.conversation.tick_seconds
        moved(
            run,
            status=RunStatus.TRAINING if training else RunStatus.QUEUED,
            progress=progress,
            position=position,
            started_at=run.started_at or (now if training else None),
            told_at=now if telling else run.told_at,
            next_check_at=now + self._settings.training.check_seconds,
        )
        if progress != run.progress:
            change_avatar(run.avatar_id, AvatarStatus.TRAINING, training_progress=progress)
        if telling:
            place = f"training:{progress}" if training else f"queued:{position}"
            self._tell(run, "progress", place)

    def _completed(self, run: TrainingRun, standing: Standing) -> None:
        # one that was never seen training has done it all since it was submitted
        self._end(run, RunStatus.COMPLETED, progress=100, started_at=_begun(run))
        avatar_id = self._wanted(run)
        if avatar_id is not None:
            change_avatar(avatar_id, **_trained(avatar_id, run, standing))
            self._tell(run, "finished", RunStatus.COMPLETED)

    def _failed(self, run: TrainingRun, standing: Standing) -> None:
        error = {"error": standing.error[:500], "error_class": standing.error_class or "retry"}
        self._end(run, RunStatus.FAILED, **error)
        change_avatar(run.avatar_id, AvatarStatus.TRAINING, status=AvatarStatus.ERROR)
        self._tell(run, "failed", RunStatus.FAILED)

    def _cancelled(self, run: TrainingRun, standing: Standing) -> None:
        self._end(run, RunStatus.CANCELLED, error=standing.error[:500])
        change_avatar(run.avatar_id, AvatarStatus.TRAINING, status=AvatarStatus.CANCELLED)
        self._tell(run, "cancelled", RunStatus.CANCELLED)

    def _end(self, run: TrainingRun, status: RunStatus, **changes: Any) -> None:
        moved(run, status=status, position=None, finished_at=self._clock(), **changes)
        told = {"run": str(run.id), "avatar": str(run.avatar_id), "status": status.value}
        database.after_commit(lambda: log.info("training ended", **told))

    def _tell(self, run: TrainingRun, trigger: str, about: str) -> None:
        if run.conversation_id is not None and self._wanted(run) is not None:
            key = f"{run.id}:{about}"
            self._inbox.signal(run.conversation_id, trigger, str(run.id), key)

    def _wanted(self, run: TrainingRun) -> uuid.UUID | None:
        """The avatar, while it is there, and whoever ordered it still wants it."""
        withdrawn: Any = Consent.select().where(
            Consent.user == run.user_id, Consent.withdrawn_at >= run.created_at
        )
        if withdrawn.exists() or (run.user_id and erased(run.user_id, run.created_at)):
            return None
        return run.avatar_id


def _begun(run: TrainingRun) -> float | None:
    found: float | None = run.started_at or run.submitted_at
    return found


def _trained(avatar_id: uuid.UUID, run: TrainingRun, standing: Standing) -> dict[str, Any]:
    """What an avatar is after its training: as it was ordered, whatever was chosen since."""
    result = dict(standing.result)
    finetune_id = result.pop("finetune_id", None)
    return {
        "status": AvatarStatus.COMPLETED,
        "training_progress": 100,
        "training_type": run.training_type,
        "fal_mode": run.training_type.value,
        "finetune_id": finetune_id,
        "training_config": {
            "training_type": run.training_type.value,
            "trigger_word": trigger_word(avatar_id),
            "photos": run.photos_count,
        },
        "avatar_data": {
            "run": str(run.id),
            "request_id": run.request_id,
            "test_mode": run.test_mode,
            **result,
        },
    }
