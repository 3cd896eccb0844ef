"""A late success is the person's: an order that we gave up is asked after still, and adopted.

What the trainer has made after all has been paid for. Unless its person has another model or
training by now, or wants none of it any more, the run goes on as if it had never been given up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from core.avatars.eligibility import busy
from core.avatars.models import Avatar, AvatarStatus, RunStatus, TrainingRun
from core.avatars.orders import submissions
from core.avatars.orders.submissions import Submission
from core.avatars.ports import Handle, Standing, Trainer, Unreachable, Waker
from core.avatars.privacy import remote
from core.avatars.training.recording import NEARLY, change_avatar, may_be_charged
from core.avatars.training.rows import CLAIM_SECONDS, DAY, NO_ERROR, UNDER_WAY, wanted
from core.base.db import database, transaction
from core.base.settings import Settings
from core.conversation.statements import lock_person

log = structlog.get_logger()

AGAIN_SECONDS = 120.0
"""How often an order that was given up is asked after."""
_TAKEN = (AvatarStatus.TRAINING, AvatarStatus.COMPLETED)


class LateOrders:
    """Asks after orders that were given up; `clock` gives seconds since 1970."""

    def __init__(
        self, settings: Settings, trainer: Trainer, jobs: Waker, clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._trainer = trainer
        self._jobs = jobs
        self._clock = clock

    def due(self, now: float, limit: int = 100) -> list[str]:
        """Orders that want to be asked after."""
        query: Any = Submission.select(Submission.id).where(
            submissions.WATCHED, Submission.next_check_at <= now
        )
        found = query.order_by(Submission.next_check_at).limit(limit).tuples()
        return [str(name) for (name,) in found]

    def look(self, name: str) -> None:
        """Ask after one, unless somebody else does."""
        submission = self._claimed(name)
        if submission is None:
            return
        run = TrainingRun.get_by_id(submission.run_id)
        if run.test_mode != self._trainer.test_mode:
            return
        try:
            standing = self._trainer.check(_handle(submission))
        except Unreachable:
            standing = Standing("training")
        with transaction():
            lock_person(run.conversation_id, run.user_id)
            self._record(submission, standing)

    def _claimed(self, name: str) -> Submission | None:
        now = self._clock()
        query: Any = Submission.update(next_check_at=now + CLAIM_SECONDS).where(
            Submission.id == name, submissions.WATCHED, Submission.next_check_at <= now
        )
        with transaction():
            return Submission.get_by_id(name) if query.execute() else None

    def _record(self, submission: Submission, standing: Standing) -> None:
        """Written only while it is watched still: a slow answer may be another worker's by now."""
        run = TrainingRun.get_or_none(TrainingRun.id == submission.run_id)
        if run is None or not submissions.still_watched(submission):
            return  # or it was booked for somebody who is forgotten
        if standing.status in UNDER_WAY:
            self._later(submission)
        elif standing.status == "completed":
            self._made(run, submission, standing)
        else:
            assert standing.failure is not None, "what has failed says why"
            charged = may_be_charged(standing.failure)
            submissions.failed_after_all(submission, charged, standing.failure, self._clock())
            submissions.book(run)

    def _later(self, submission: Submission) -> None:
        """Ask again in a while; at the end of its time nobody knows what became of it."""
        now = self._clock()
        over = now >= float(submission.watch_until or 0)
        watching: Any = Submission.update(
            next_check_at=now + AGAIN_SECONDS,
            watch_until=None if over else submission.watch_until,
        )
        watching.where(Submission.id == submission.id).execute()

    def _made(self, run: TrainingRun, submission: Submission, standing: Standing) -> None:
        """It was made after all: the person's where they can have it, else only booked."""
        avatar = wanted(run)
        free = avatar is not None and avatar.status not in _TAKEN
        last = run.status is RunStatus.FAILED and run.submission == submission.number
        if avatar is None or not (free and last):
            submissions.made_after_all(submission, self._clock())
            submissions.book(run)
            remote.forget_model(run, standing.result.get("finetune_id"), self._clock())
        elif run.user_id is not None and busy(run.user_id):
            self._wait_for_the_slot(submission)
        else:
            self._adopt(run, avatar, submission)

    def _wait_for_the_slot(self, submission: Submission) -> None:
        """Its person trains another one at the moment; until that is over, it stays watched."""
        now = self._clock()
        until = max(float(submission.watch_until or 0), now + 2 * AGAIN_SECONDS)
        waiting: Any = Submission.update(next_check_at=now + AGAIN_SECONDS, watch_until=until)
        waiting.where(Submission.id == submission.id).execute()

    def _adopt(self, run: TrainingRun, avatar: Avatar, submission: Submission) -> None:
        """Let the run go on: its next step fetches the result, as that of any other."""
        now = self._clock()
        going: Any = TrainingRun.update(
            status=RunStatus.TRAINING, progress=NEARLY, position=None, finished_at=None,
            finished_by="", cost_usd=None, deadline_at=now + DAY, next_check_at=0,
            attempts=max(run.attempts, self._settings.training.attempts), **NO_ERROR,
        )  # fmt: skip
        going.where(TrainingRun.id == run.id).execute()
        submissions.reopened(submission)
        change_avatar(avatar.id, status=AvatarStatus.TRAINING, training_progress=NEARLY)
        log.warning("a training that was given up was made after all", run=str(run.id))
        database.after_commit(lambda: self._jobs.wake("run", str(run.id)))


def _handle(submission: Submission) -> Handle:
    return Handle(
        run_id=str(submission.run_id),
        profile=submission.profile,
        request_id=submission.request_id or "",
        status_url=submission.status_url,
        response_url=submission.response_url,
        cancel_url=submission.cancel_url,
    )
