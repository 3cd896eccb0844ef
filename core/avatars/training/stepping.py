"""One step of a run that somebody has claimed: what to ask of whom, by where the run stands."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from core.avatars.models import RunStatus, TrainingRun
from core.avatars.orders.gate import Gate, Offer
from core.avatars.ports import Failure, Standing, Trainer, Unreachable
from core.avatars.training.recording import ASKED_ENOUGH, Recorder
from core.avatars.training.rows import DAY, UNDER_WAY, handle_of, moved, poll_seconds, postpone
from core.avatars.training.submitting import LOST, Submitter
from core.avatars.training.transfer import Carrier
from core.base.db import transaction
from core.base.settings import Settings

log = structlog.get_logger()

CANCEL_SECONDS = 900.0
"""How long a cancellation may take to be confirmed before it is taken for granted."""
LOOK_SECONDS, UNKNOWN_SECONDS = 30.0, 3600.0
"""How long until a lost order is looked for again, at first and at most."""

_OVERDUE = Failure("deadline", "operator", "the training did not end in time")
_SIMULATED = Failure("mode_changed", "operator", "it was simulated, and trainings are real now")
_REAL = Failure("mode_changed", "operator", "it is real, and trainings are simulated now")


class Stepper:
    """Takes steps; each writes what came of it, and leaves the next one to whoever claims it."""

    def __init__(
        self,
        settings: Settings,
        trainer: Trainer,
        gate: Gate,
        submitter: Submitter,
        carrier: Carrier,
        recorder: Recorder,
        clock: Callable[[], float],
        look: Callable[[TrainingRun], bool],
    ) -> None:
        self._look = look
        self._settings = settings
        self._trainer = trainer
        self._gate = gate
        self._submitter = submitter
        self._carrier = carrier
        self._recorder = recorder
        self._clock = clock

    def step(self, run: TrainingRun) -> bool:
        """Take a light step; whether the next one carries bytes and may be taken at once."""
        if self._of_another_mode(run):
            return False
        if run.status is RunStatus.SUBMITTING:
            self._submitter.uncertain(run, LOST)
        elif run.status is RunStatus.UNCERTAIN:
            self._look_for(run)
        elif run.status is RunStatus.CANCELLING:
            return self._stop(run)
        elif run.status in UNDER_WAY:
            return self._ask(run)
        elif run.avatar_id is None:
            self._recorder.cancelled(run)
        else:
            return self._prepare(run)
        return False

    def carry(self, run: TrainingRun) -> None:
        """Take a step that carries bytes."""
        if self._of_another_mode(run):
            return
        if run.status is RunStatus.PREPARING:
            self._carrier.send(run)
        else:
            self._carrier.save(run)

    def _of_another_mode(self, run: TrainingRun) -> bool:
        """A simulated run ends once trainings are real; a real one waits until they are again."""
        if run.test_mode == self._trainer.test_mode:
            return False
        if run.test_mode:
            self._recorder.fail(run, _SIMULATED)
        else:
            log.error("a real training waits for its key", run=str(run.id))
            postpone(run, _REAL, self._clock())
        return True

    def _prepare(self, run: TrainingRun) -> bool:
        """Have the photos sent, where an order could follow; one that has them is ordered."""
        now = self._clock()
        with transaction():
            offer = self._gate.offer(run, now)
            if isinstance(offer, Offer) and offer.profile != run.profile:
                if not moved(run, profile=offer.profile):
                    return False
                run.profile = offer.profile
        if isinstance(offer, Failure):
            self._submitter.wait(run, offer)
        elif self._submitter.uploaded(run):
            self._submitter.submit(run)
        else:
            with transaction():
                return moved(run, status=RunStatus.PREPARING, next_check_at=0)
        return False

    def _ask(self, run: TrainingRun) -> bool:
        try:
            standing = self._trainer.check(handle_of(run))
            if standing.status in UNDER_WAY and self._overdue(run):
                standing = self._give_up(run, standing)
        except Unreachable as away:
            if away.failure.undelivered and run.failures >= ASKED_ENOUGH:
                self._recorder.record(run, Standing("failed", failure=away.failure))
            elif self._overdue(run, DAY):
                self._recorder.fail(run, away.failure, charged=True)
            else:
                postpone(run, away.failure, self._clock())
                if away.failure.ended:
                    self._recorder.unread(run, away.failure)
            return False
        if standing.failure is _OVERDUE:
            self._recorder.fail(run, _OVERDUE, charged=True)
        else:
            self._carrier.expect(run, standing)
            self._recorder.record(run, standing)
        return standing.status == "completed"

    def _give_up(self, run: TrainingRun, standing: Standing) -> Standing:
        """Cancel what takes too long; a result that is there after all is taken."""
        if self._trainer.cancel(handle_of(run)) == "completed":
            standing = self._trainer.check(handle_of(run))
        if standing.status in UNDER_WAY:
            return Standing("failed", failure=_OVERDUE)
        return standing

    def _stop(self, run: TrainingRun) -> bool:
        """Have a run ended by its trainer, and end it once the trainer says so."""
        if run.request_id is None:
            self._stop_unsent(run)
            return False
        try:
            standing = self._trainer.check(handle_of(run))
            if standing.status not in UNDER_WAY:
                self._recorder.record(run, standing, by="us")
                return standing.status == "completed"
            unknown = self._trainer.cancel(handle_of(run)) == "unknown"
        except Unreachable as away:
            if self._overdue(run, DAY):
                self._recorder.cancelled(run, charged=True)
            else:
                postpone(run, away.failure, self._clock())
                if away.failure.ended:
                    self._recorder.unread(run, away.failure)
            return False
        if unknown:
            self._recorder.cancelled(run)
        elif self._overdue(run):
            self._recorder.cancelled(run, charged=True)
        else:
            with transaction():
                moved(run, next_check_at=self._clock() + poll_seconds(self._settings, run))
        return False

    def _stop_unsent(self, run: TrainingRun) -> None:
        """Without an order it is over at once; one that may have arrived is waited for."""
        if run.intent_at is None:
            self._recorder.cancelled(run)
        else:
            self._look_for(run)

    def _look_for(self, run: TrainingRun) -> None:
        """Look for a lost order at the trainer: soon at first, and as long as it takes."""
        wait = min(UNKNOWN_SECONDS, LOOK_SECONDS * 2.0 ** min(run.failures, 10))
        try:
            if self._look(run):
                return
        except Unreachable as away:
            if away.failure.error_class == "operator":
                wait = UNKNOWN_SECONDS
        with transaction():
            moved(run, next_check_at=self._clock() + wait, failures=run.failures + 1)

    def _overdue(self, run: TrainingRun, grace: float = 0.0) -> bool:
        return run.deadline_at is not None and self._clock() >= run.deadline_at + grace
