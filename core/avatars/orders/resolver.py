"""Learning what became of an order: from a webhook that the trainer signed, from its list of
requests, or from the admin, whose word the trainer must confirm."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal

import structlog

from core.avatars.models import RunStatus, TrainingRun
from core.avatars.orders import submissions
from core.avatars.orders.finding import Finder, taken_elsewhere
from core.avatars.orders.submissions import Submission
from core.avatars.ports import Handle, Unreachable, Verified, Waker
from core.avatars.training.rows import CLAIM_SECONDS, NO_ERROR, SENDING, UNDER_WAY, UNKNOWN, moved
from core.avatars.training.submitting import Submitter
from core.base.db import transaction
from core.conversation.statements import lock_person

log = structlog.get_logger()

Heard = Literal["woken", "learnt", "unknown", "other", "late"]
"""What a webhook was: about a run under way, about a lost order, about nothing of ours, about
another order than the run's, or about a run that has ended."""


Note = Callable[[], object]


class Settler:
    """Gives runs the request ids that their submission could not."""

    def __init__(
        self, submitter: Submitter, finder: Finder, jobs: Waker, clock: Callable[[], float]
    ) -> None:
        self._submitter = submitter
        self._finder = finder
        self._jobs = jobs
        self._clock = clock
        self._customer = ""
        """Who we are to the trainer, once a webhook about an order that we know has said so."""

    def heard(self, name: str, told: Verified) -> Heard:
        """Take in a verified webhook that came to the address of a submission; it is only a hint.

        The result is fetched by the run's next step, which this wakes. Addresses that were given
        out by an earlier version name the run, and mean its last submission.
        """
        run_id = addressed(name)
        with _held(run_id) as run:
            submission = submissions.named(name)
            if run is None or submission is None or submission.number == run.submission:
                what = self._heard(run, told)
            else:
                what = self._heard_of_earlier(run, submission, told)
        if what in ("woken", "late"):
            self._customer = told.user_id
        if what in ("woken", "learnt"):
            self._jobs.wake("run", run_id)
        return what

    def sent(self, run_id: str, request_id: str, note: Note = lambda: None) -> bool:
        """The admin has found the order at the trainer; False where there is no question open.

        The trainer is asked first: an id that it doesn't know, or has for something else, is
        refused with a ValueError; where it can't be asked, Unreachable. Both leave the question
        open. `note` is called in the transaction of the change.
        """
        asked = _question(run_id, self._clock())
        if asked is None:
            return False
        self._finder.vouch(asked, request_id)
        return self._found(asked, request_id, note)

    def look(self, asked: TrainingRun) -> bool:
        """Look for a lost order in the trainer's list; True where exactly one is it.

        Raises Unreachable where the list can't be had.
        """
        candidates = self._finder.candidates(asked)
        with suppress(ValueError):  # another run was faster
            if len(candidates) == 1:
                return self._found(asked, candidates[0], lambda: None)
        return False

    def _found(self, asked: TrainingRun, request_id: str, note: Note) -> bool:
        """Take an order up, unless another has been sent or found since the question was read."""
        with _held(str(asked.id)) as run:
            if run is None or not _open(run, self._clock()) or run.submission != asked.submission:
                return False
            if taken_elsewhere(run, request_id):
                raise ValueError(f"{request_id!r} is not the id of a lost order")
            self._learn(run, request_id)
            note()
        self._jobs.wake("run", str(asked.id))
        return True

    def not_sent(self, run_id: str, note: Note = lambda: None) -> bool:
        """The admin is sure that nothing was ordered: the run is ordered again, or cancelled.

        Where the trainer lists an order that may be it, that is a ValueError: it would be paid
        twice. Where the list can't be had, the admin is believed.
        """
        asked = _question(run_id, self._clock())
        if asked is None:
            return False
        with suppress(Unreachable):
            if listed := self._finder.candidates(asked):
                raise ValueError(f"fal.ai lists this order, as {', '.join(listed)}")
        with _held(run_id) as run:
            if run is None or not _open(run, self._clock()) or run.submission != asked.submission:
                return False
            note()
            settled: dict[str, Any] = {"intent_at": None, "next_check_at": 0, **NO_ERROR}
            submissions.not_sent(run, self._clock())
            moved(run, RunStatus.UNCERTAIN, status=RunStatus.READY, **settled)
            moved(run, RunStatus.CANCELLING, **settled)
        self._jobs.wake("run", run_id)
        return True

    def _heard(self, run: TrainingRun | None, told: Verified) -> Heard:
        if run is None:
            return "unknown"
        if run.request_id is None and self._customer not in ("", told.user_id):
            log.error("a lost order is not to be another customer's", run=str(run.id))
            return "other"
        if run.request_id is None and run.intent_at is not None and run.status in SENDING:
            self._learn(run, told.request_id, finished_by="webhook")
            return "learnt"
        if run.request_id is None and told.status == "OK" and _given_up(run):
            self._learn(run, told.request_id, finished_by="webhook")
            return "learnt"
        if run.request_id != told.request_id:
            if told.status == "OK":
                log.error("another order of a run was made", run=str(run.id), endpoint=run.endpoint)
            return "other"
        if run.status.final:
            self._heard_late(run, told)
            return "late"
        if run.status in (*UNDER_WAY, RunStatus.CANCELLING):
            moved(run, next_check_at=0, finished_by="webhook")
        return "woken"

    def _heard_late(self, run: TrainingRun, told: Verified) -> None:
        """News of a run that has ended: an order that is watched is asked after, another booked."""
        submission = submissions.current(run)
        if submission is not None and submission.watch_until is not None:
            submissions.asked_soon(submission)
        elif told.status == "OK" and submission is not None:
            submissions.made_after_all(submission, self._clock())
            submissions.book(run)

    def _heard_of_earlier(self, run: TrainingRun, submission: Submission, told: Verified) -> Heard:
        """News of an order that another one has followed: what it cost is booked."""
        if submission.request_id not in (None, told.request_id):
            return "other"
        if told.status == "OK" and submissions.made_after_all(submission, self._clock()):
            log.error("another order of a run was made", run=str(run.id), endpoint=run.endpoint)
            if run.status.final:
                submissions.book(run)
        return "late"

    def _learn(self, run: TrainingRun, request_id: str, **changes: Any) -> None:
        """The order has arrived: go on as if its answer had come."""
        cancelling = run.status is RunStatus.CANCELLING
        submissions.taken(run, Handle(str(run.id), run.profile, request_id), self._clock())
        moved(
            run,
            status=RunStatus.CANCELLING if cancelling else RunStatus.QUEUED,
            request_id=request_id,
            attempts=run.attempts + 1,
            submitted_at=run.intent_at or self._clock(),
            deadline_at=self._clock() + self._submitter.deadline_seconds(run),
            intent_at=None,
            next_check_at=0,
            **NO_ERROR,
            **changes,
        )
        log.info("a lost order was found", run=str(run.id), endpoint=run.endpoint)


def addressed(name: str) -> str:
    """The run whose webhook's address has this name; as it is where no submission is called so."""
    submission = submissions.named(name)
    return name if submission is None else str(submission.run_id)


@contextmanager
def _held(run_id: str) -> Iterator[TrainingRun | None]:
    """A transaction that holds a run's person; gives the run, or None where there is none."""
    with transaction():
        found = TrainingRun.get_or_none(TrainingRun.id == _id(run_id))
        if found is None:
            yield None
            return
        lock_person(found.conversation_id, found.user_id)
        yield TrainingRun.get_by_id(found.id)


def lost_orders() -> list[TrainingRun]:
    """The runs of which nobody knows whether they were ordered, the oldest first."""
    return list(TrainingRun.select().where(UNKNOWN).order_by(TrainingRun.intent_at))


def _question(run_id: str, now: float) -> TrainingRun | None:
    """A run whose order is lost, as it is now; None where nobody asks."""
    found: TrainingRun | None = TrainingRun.get_or_none(TrainingRun.id == _id(run_id))
    return found if found is not None and _open(found, now) else None


def _open(run: TrainingRun, now: float) -> bool:
    """Whether nobody knows if the order has arrived, and nobody is about to know.

    The answer to one that was stopped while it was sent may still come.
    """
    asked = run.status in (RunStatus.UNCERTAIN, RunStatus.CANCELLING)
    lost = run.intent_at is not None and run.request_id is None
    return asked and lost and not submissions.awaited(run, now - 2 * CLAIM_SECONDS)


def _given_up(run: TrainingRun) -> bool:
    """Whether an order of this run was taken for one that never arrived, and none has followed."""
    return run.status in (RunStatus.READY, RunStatus.PREPARING) and run.submission > 0


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
