"""Looking for an order at the trainer, of which nobody knows whether it has arrived.

Its list of requests is searched by endpoint, time, and our own trigger word. One that fits and is
no other order's is it. None that fits proves nothing: a list may lag, or keep what was ordered to
itself.
"""

from __future__ import annotations

from typing import Any

from core.avatars.models import TrainingRun
from core.avatars.orders.submissions import Submission
from core.avatars.platform_port import Listed
from core.avatars.ports import Handle, Trainer, Unreachable

EARLY_SECONDS, LATE_SECONDS = 300.0, 1800.0
"""How much before and after its intent an order may stand in the list: clocks differ, and a
request may have waited on its way."""
_OUR_WORD = ("trigger_phrase", "trigger_word", "default_caption")
"""The arguments by which the trainers take an avatar's own word."""
_UNKNOWN_THERE = (400, 404, 405, 410, 422)


class Finder:
    """Asks the trainer; outside of any transaction, for it takes its time."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer

    def candidates(self, run: TrainingRun) -> list[str]:
        """The ids of all listed requests that may be a run's lost order; raises Unreachable."""
        at = run.intent_at or 0.0
        since, until = at - EARLY_SECONDS, at + LATE_SECONDS
        listed = self._trainer.platform.requests(run.endpoint, since, until)
        fitting = dict.fromkeys(  # a page may repeat what the one before it had
            one.request_id
            for one in listed
            if _is_of(one, run) and (one.sent_at is None or since <= one.sent_at <= until)
        )
        return [request_id for request_id in fitting if not taken_elsewhere(run, request_id)]

    def vouch(self, run: TrainingRun, request_id: str) -> None:
        """Make sure that the trainer has a run's lost order under this id.

        Raises ValueError with a sentence where it is none, Unreachable where that can't be known.
        """
        if not request_id or taken_elsewhere(run, request_id):
            raise ValueError(f"{request_id!r} is not the id of a lost order")
        if not self._known(run, request_id):
            raise ValueError(
                f"{request_id!r} is not the id of a lost order: fal.ai knows no such request of "
                f"{run.endpoint}. Nothing has changed."
            )
        if not self._fits(run, request_id):
            raise ValueError(
                f"{request_id!r} is not the id of this order: at fal.ai it is another request than "
                f"one of {run.endpoint} for this avatar at that time. Nothing has changed."
            )

    def _known(self, run: TrainingRun, request_id: str) -> bool:
        try:
            self._trainer.check(Handle(str(run.id), run.profile, request_id))
        except Unreachable as away:
            if away.failure.ended:
                return True
            if away.failure.http_status in _UNKNOWN_THERE:
                return False
            raise
        return True

    def _fits(self, run: TrainingRun, request_id: str) -> bool:
        """Whether the list has it as what was ordered; where it may not be asked, it may be so."""
        since = (run.intent_at or 0.0) - EARLY_SECONDS
        try:
            found = self._trainer.platform.request(run.endpoint, request_id, since)
        except Unreachable as away:
            if away.failure.error_class == "operator":
                return True
            raise
        return found is not None and (found.arguments is None or _is_of(found, run))


def taken_elsewhere(run: TrainingRun, request_id: str) -> bool:
    """Whether an order that we know has this id already."""
    runs: Any = TrainingRun.select().where(
        TrainingRun.request_id == request_id, TrainingRun.id != run.id
    )
    orders: Any = Submission.select().where(Submission.request_id == request_id)
    return bool(runs.exists() or orders.exists())


def _is_of(listed: Listed, run: TrainingRun) -> bool:
    """Whether a listed request is for a run's avatar, or says the run itself."""
    words = [str(run.arguments[name]) for name in _OUR_WORD if run.arguments.get(name)]
    return any(listed.says(word) for word in (str(run.id), *words))
