"""Runs as rows: which are due, who may take the next step, and writing only what is still so.

A step is light (a few requests) or a carrying of bytes (photos there, weights back), which takes
long and has its own threads. Either claims the run by pushing `next_check_at` ahead; a worker that
dies leaves a claim that runs out.
"""

from __future__ import annotations

import random
import uuid
from typing import Any

from core.avatars.models import (
    Avatar,
    AvatarStatus,
    AvatarTrainingType,
    Consent,
    RunStatus,
    TrainingRun,
    utc_now,
)
from core.avatars.ports import Failure, Handle
from core.base.db import transaction
from core.base.settings import Settings
from core.conversation.statements import erased

CLAIM_SECONDS = 60.0
"""A question takes less, a carrying says again and again that it is still at it; an order has
twice as long."""
DAY = 86_400.0
LONGEST_WAIT = 120.0
"""Seconds between two tries while something is out of reach."""

UNDER_WAY = (RunStatus.QUEUED, RunStatus.TRAINING)
SENDING = (RunStatus.SUBMITTING, RunStatus.UNCERTAIN, RunStatus.CANCELLING)
"""In one of these an order may be on its way."""
NO_ORDER: dict[str, Any] = {
    "request_id": None, "status_url": "", "response_url": "", "cancel_url": "",
    "submitted_at": None, "started_at": None, "position": None, "deadline_at": None,
    "queue_seconds": None,
}  # fmt: skip
"""What a run is without the order that failed."""

_STEPPING = (RunStatus.READY, RunStatus.SUBMITTING, RunStatus.UNCERTAIN, *UNDER_WAY)
_CARRYING: Any = TrainingRun.status.in_((RunStatus.PREPARING, RunStatus.SAVING)) | (
    (TrainingRun.status == RunStatus.CANCELLING) & TrainingRun.saving_at.is_null(False)
)
_LIGHT: Any = TrainingRun.status.in_(_STEPPING) | (
    (TrainingRun.status == RunStatus.CANCELLING) & TrainingRun.saving_at.is_null()
)
UNKNOWN: Any = (
    TrainingRun.status.in_(SENDING[1:])
    & TrainingRun.intent_at.is_null(False)
    & TrainingRun.request_id.is_null()
)
"""An order that nobody knows to have arrived, and that nobody is waiting for any more."""


def due(now: float, limit: int, carrying: bool = False) -> list[str]:
    """Runs that want their next step, or to have bytes carried; the longest waiting first."""
    query: Any = TrainingRun.select(TrainingRun.id).where(
        _CARRYING if carrying else _LIGHT, TrainingRun.next_check_at <= now
    )
    found = query.order_by(TrainingRun.next_check_at).limit(limit).tuples()
    return [str(run_id) for (run_id,) in found]


def claim(run_id: str, now: float, carrying: bool = False) -> TrainingRun | None:
    """The run, for whoever takes its step; None where it is too early, or somebody's already."""
    query: Any = TrainingRun.update(next_check_at=now + CLAIM_SECONDS).where(
        TrainingRun.id == run_id,
        _CARRYING if carrying else _LIGHT,
        TrainingRun.next_check_at <= now,
    )
    with transaction():
        return TrainingRun.get_by_id(run_id) if query.execute() else None


def keep(run: TrainingRun, now: float) -> None:
    """Say that whoever carries for a run is still at it; at most every few seconds."""
    if run.next_check_at < now + CLAIM_SECONDS * 0.75:
        run.next_check_at = now + CLAIM_SECONDS
        with transaction():
            moved(run, next_check_at=run.next_check_at)


def moved(run: TrainingRun, *was: RunStatus, **changes: Any) -> bool:
    """Change a run that has the status and the order it was read with; False where it has not.

    `was` names other statuses that will do. However a request id is learnt, the avatar that is
    trained by the order gets it here.
    """
    query: Any = TrainingRun.update(changes).where(
        TrainingRun.id == run.id,
        TrainingRun.status.in_(was or (run.status,)),
        TrainingRun.submission == run.submission,
    )
    if query.execute() != 1:
        return False
    if changes.get("request_id"):
        _identify(run.avatar_id, changes["request_id"])
    return True


def _identify(avatar_id: uuid.UUID | None, request_id: str) -> None:
    """Keep fal's id of its training with an avatar that waits for it, or has just been stopped."""
    trained = (AvatarStatus.TRAINING, AvatarStatus.CANCELLED)
    query: Any = Avatar.update(finetune_id=request_id, updated_at=utc_now())
    query.where(Avatar.id == avatar_id, Avatar.status.in_(trained)).execute()


def postpone(run: TrainingRun, failure: Failure, now: float, **changes: Any) -> bool:
    """Have a step tried again later, and say in the run what it waits for."""
    with transaction():
        return moved(
            run,
            next_check_at=now + wait_seconds(run.failures, failure.retry_after),
            failures=run.failures + 1,
            **{**error_of(failure), **changes},
        )


def wait_seconds(failures: int, retry_after: float | None = None) -> float:
    """How long to wait after so many failed tries: longer each time, and not all at once."""
    patience = min(LONGEST_WAIT, 5.0 * 2.0 ** min(failures, 10))
    return max(patience * random.uniform(0.8, 1.2), min(retry_after or 0.0, 3600.0))


def poll_seconds(settings: Settings, run: TrainingRun) -> float:
    """How long until a run is asked after again, so that many are not asked at once.

    Never the whole interval: a result is on the screen within it.
    """
    training = settings.training
    real = {
        AvatarTrainingType.PORTRAIT: training.poll_portrait_seconds,
        AvatarTrainingType.STYLE: training.poll_style_seconds,
    }
    usual = training.check_seconds if run.test_mode else real[run.training_type]
    return usual * random.uniform(0.7, 0.9)


def error_of(failure: Failure) -> dict[str, Any]:
    """A failure as a run keeps it."""
    return {
        "error_type": failure.error_type[:64],
        "error_class": failure.error_class or "retry",
        "error": failure.message[:500],
    }


NO_ERROR: dict[str, Any] = {"error_type": "", "error_class": "", "error": "", "failures": 0}


def handle_of(run: TrainingRun) -> Handle:
    """What its trainer knows a run by."""
    return Handle(
        run_id=str(run.id),
        profile=run.profile,
        request_id=run.request_id or "",
        status_url=run.status_url,
        response_url=run.response_url,
        cancel_url=run.cancel_url,
    )


def handle_columns(handle: Handle) -> dict[str, Any]:
    """The same, as a run keeps it."""
    return {
        "request_id": handle.request_id,
        "status_url": handle.status_url,
        "response_url": handle.response_url,
        "cancel_url": handle.cancel_url,
    }


def wanted(run: TrainingRun) -> Avatar | None:
    """The avatar, while it is there, and whoever ordered its training still wants it."""
    withdrawn: Any = Consent.select().where(
        Consent.user == run.user_id, Consent.withdrawn_at >= run.created_at
    )
    if run.avatar_id is None or withdrawn.exists():
        return None
    if run.user_id is not None and erased(run.user_id, run.created_at):
        return None
    return Avatar.get_or_none(Avatar.id == run.avatar_id)
