"""Ordering a training: the intent is committed first, the order is sent once, its fate is kept.

Each order has a row of its own, written with the intent (`submissions`). Nothing here repeats one
that may have arrived. What is known not to have arrived waits in our queue; what nobody knows
becomes `uncertain`, until a webhook's token or the admin tells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from core.avatars import switches
from core.avatars.models import RunStatus, TrainingRun
from core.avatars.orders import submissions
from core.avatars.orders.gate import Gate, Offer
from core.avatars.orders.submissions import Submission
from core.avatars.ports import Failure, Handle, NotSubmitted, Trainer, TrainingOrder, Uncertain
from core.avatars.training import rows
from core.avatars.training.outcome import configuration, trigger_word
from core.avatars.training.recording import Recorder, change_avatar
from core.avatars.training.rows import (
    NO_ERROR,
    error_of,
    handle_columns,
    moved,
    postpone,
    wait_seconds,
)
from core.base.db import transaction
from core.base.settings import Settings

log = structlog.get_logger()

LOST = Failure("lost", "operator", "whoever sent the order died before it was answered")
SETTLED = (RunStatus.SUBMITTING, RunStatus.UNCERTAIN)
FINDABLE = (*SETTLED, RunStatus.READY, RunStatus.PREPARING)
"""In one of these a run has sent no other order since."""


class Submitter:
    """Sends orders; `webhook_url` gives the address at which a submission's webhook is expected."""

    def __init__(
        self,
        settings: Settings,
        trainer: Trainer,
        gate: Gate,
        recorder: Recorder,
        webhook_url: Callable[[str], str],
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._trainer = trainer
        self._gate = gate
        self._recorder = recorder
        self._webhook_url = webhook_url
        self._clock = clock

    def uploaded(self, run: TrainingRun) -> bool:
        """Whether what was sent for a run can still be ordered with, so that it is sent once."""
        if not run.data_url or run.uploaded_at is None:
            return False
        fits = run.photos_count <= self._trainer.max_photos(run.profile)
        return fits and self._clock() < float(run.uploaded_at) + self._trainer.upload_seconds

    def wait(self, run: TrainingRun, failure: Failure, **changes: Any) -> None:
        """Leave a run in our queue until that is over, and tell its person so."""
        if postpone(run, failure, self._clock(), **{"status": RunStatus.READY, **changes}):
            self._recorder.waits(run)

    def submit(self, run: TrainingRun) -> None:
        """Order the training of a run whose photos are uploaded."""
        intended = self._intend(run)
        if intended is None:
            return
        order, submission = intended
        address = self._webhook_url(str(submission.id))
        try:
            handle = self._trainer.submit(order, run.data_url, address)
        except NotSubmitted as refused:
            self._refused(run, refused.failure)
        except Uncertain as unknown:
            self.uncertain(run, unknown.failure)
        else:
            self._taken(run, handle)

    def uncertain(self, run: TrainingRun, failure: Failure) -> None:
        """Note that nobody knows whether the order has arrived; it is never sent again by itself.

        One that its person has stopped meanwhile stays in `cancelling` until that is known.
        """
        with transaction():
            known = moved(
                run, RunStatus.SUBMITTING, status=RunStatus.UNCERTAIN, **error_of(failure)
            )
            submissions.uncertain(run, failure)
        if known:
            about = {"run": str(run.id), "endpoint": run.endpoint, "error": failure.error_type}
            log.error("nobody knows whether a training was ordered", **about)
            self._recorder.waits(run)

    def _intend(self, run: TrainingRun) -> tuple[TrainingOrder, Submission] | None:
        """Commit what is about to be ordered; None where it has to wait, or is not wanted now."""
        now = self._clock()
        with transaction():
            offer = self._gate.offer(run, now, sending=True)
            if isinstance(offer, Offer) and run.avatar is not None:
                if not self._fits(run, offer.profile):
                    return None
                order = self._order(run, offer.profile)
                arguments = self._trainer.arguments(order, "")
                intent: dict[str, Any] = {
                    "profile": offer.profile,
                    "endpoint": self._trainer.endpoint(offer.profile),
                    "arguments": {k: v for k, v in arguments.items() if not k.endswith("_url")},
                    "submission": run.submission + 1,
                    "intent_at": now,
                    "next_check_at": now + 2 * rows.CLAIM_SECONDS,
                }
                if not moved(run, status=RunStatus.SUBMITTING, **intent):
                    return None
                for name, value in intent.items():
                    setattr(run, name, value)
                run.status = RunStatus.SUBMITTING
                change_avatar(run.avatar_id, training_config=configuration(run))
                return order, submissions.begin(run, offer.price_usd, now)
        if isinstance(offer, Failure):
            self.wait(run, offer)
        return None

    def _fits(self, run: TrainingRun, profile: str) -> bool:
        """Whether what was sent is for this profile too; else it is sent once more."""
        if run.photos_count <= self._trainer.max_photos(profile):
            return True
        moved(run, status=RunStatus.READY, profile=profile, data_url="", next_check_at=0)
        return False

    def _order(self, run: TrainingRun, profile: str) -> TrainingOrder:
        assert run.avatar is not None, "whoever calls has looked"
        return TrainingOrder(
            run_id=str(run.id),
            training_type=run.training_type.value,
            avatar_type=run.avatar.avatar_type.value,
            trigger_word=trigger_word(run.avatar.id),
            profile=profile,
        )

    def _taken(self, run: TrainingRun, handle: Handle) -> None:
        """Keep the request id, whatever has become of the run while the order was sent."""
        with transaction():
            now = self._clock()
            news = submissions.taken(run, handle, now)
            switches.switch_off(switches.STOPPED)
            switches.switch_off(f"{switches.GONE}{run.profile}")
            fresh = TrainingRun.get_by_id(run.id)
            if not news:  # a webhook was faster than the answer, and may have ended the order
                if fresh.request_id == handle.request_id:
                    moved(run, fresh.status, **handle_columns(handle))
            elif fresh.request_id not in (None, handle.request_id):
                log.error("a run has two orders", run=str(run.id), endpoint=run.endpoint)
            else:
                self._go_on(run, handle, now)

    def _go_on(self, run: TrainingRun, handle: Handle, now: float) -> None:
        """Ask after an order from now on; one that was taken for lost meanwhile is found again."""
        ordered: dict[str, Any] = {
            **handle_columns(handle),
            **NO_ERROR,
            "attempts": run.attempts + 1,
            "intent_at": None,
            "submitted_at": now,
            "next_check_at": 0,
        }
        deadline = now + self.deadline_seconds(run)
        if not moved(run, *FINDABLE, status=RunStatus.QUEUED, deadline_at=deadline, **ordered):
            moved(run, RunStatus.CANCELLING, **ordered)

    def _refused(self, run: TrainingRun, failure: Failure) -> None:
        """Nothing was ordered. It waits for whoever must act; only the person's faults end it."""
        now = self._clock()
        if failure.endpoint_gone:
            switches.switch_on(
                f"{switches.GONE}{run.profile}", failure.error_type, now, "submission"
            )
        if failure.stop_submitting:
            switches.switch_on(switches.STOPPED, failure.error_type, now, "submission")
        with transaction():
            submissions.refused(run, failure, now)
            moved(run, RunStatus.CANCELLING, intent_at=None, next_check_at=0)
            fallen_back = failure.endpoint_gone and self._gate.offer(run, now)
            wait = (
                0.0
                if isinstance(fallen_back, Offer)
                else wait_seconds(run.failures, failure.retry_after)
            )
            waiting = moved(
                run,
                *SETTLED,
                status=RunStatus.READY,
                intent_at=None,
                next_check_at=now + wait,
                failures=run.failures + 1,
                **error_of(failure),
            )
        if waiting and failure.error_class == "person":
            self._recorder.fail(run, failure)
        elif waiting:
            self._recorder.waits(run)

    def deadline_seconds(self, run: TrainingRun) -> float:
        """How long an order may take, its wait in the queue included."""
        training = self._settings.training
        minutes = {
            "portrait": training.deadline_portrait_minutes,
            "style": training.deadline_style_minutes,
        }
        return 60.0 * minutes[run.training_type]
