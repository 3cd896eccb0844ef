"""A breaker for each profile: a trainer that takes orders and delivers nothing gets no more.

It opens after so many orders in a row that came to nothing by no fault of the person's, or whose
result can't be had. Once its
time is over, one order tries whether the trainer delivers again; a delivery closes it.
"""

from __future__ import annotations

from typing import Any

from core.avatars import switches
from core.avatars.models import TrainingRun
from core.avatars.orders import submissions
from core.avatars.orders.submissions import Fate, Submission
from core.base.settings import Settings

_JUDGED = (Fate.COMPLETED, Fate.FAILED, Fate.ABANDONED)


class Breakers:
    """Opens and closes them by what became of orders; simulated ones never open any."""

    def __init__(self, settings: Settings) -> None:
        self._failures = settings.training.breaker_failures
        self.seconds = settings.training.breaker_minutes * 60

    def judge(self, run: TrainingRun, now: float) -> None:
        """Look at the last orders of the run's profile, one of which has just ended."""
        name = f"{switches.BROKEN}{run.profile}"
        last = [] if run.test_mode or not self._failures else self._last(run.profile)
        if last and last[0].fate is Fate.COMPLETED:
            switches.switch_off(name)
        elif len(last) == self._failures and all(map(_came_to_nothing, last)) and last:
            switches.switch_on(name, last[0].error_type, now, "worker")

    def open(self, profile: str, now: float) -> bool:
        """Whether a profile gets no order now."""
        return switches.broken(profile, now, self.seconds)

    def passes(self, profile: str, now: float) -> bool:
        """Whether an order may be sent: the first after its time takes the try for itself."""
        return switches.may_try(f"{switches.BROKEN}{profile}", now, self.seconds)

    def hopeless(self, run: TrainingRun, now: float) -> set[str]:
        """The profiles that have told this run lately that they make nothing of such orders."""
        query: Any = Submission.select(Submission.profile).where(
            Submission.run == run.id,
            Submission.fate == Fate.FAILED,
            Submission.error_class == "operator",
            Submission.ended_at > now - self.seconds,
        )
        return {profile for (profile,) in query.tuples()}

    def _last(self, profile: str) -> list[Submission]:
        query: Any = Submission.select().join(TrainingRun)
        ended = query.where(
            Submission.profile == profile,
            Submission.fate.in_(_JUDGED) | submissions.UNREAD,
            ~TrainingRun.test_mode,
        )
        return list(ended.order_by(Submission.ended_at.desc()).limit(self._failures))


def _came_to_nothing(sent: Submission) -> bool:
    return sent.fate is not Fate.COMPLETED and sent.error_class != "person"


def failed_profiles(run: TrainingRun) -> set[str]:
    """The profiles that a run has had an order fail at."""
    query: Any = Submission.select(Submission.profile).where(
        Submission.run == run.id, Submission.fate == Fate.FAILED
    )
    return {profile for (profile,) in query.tuples()}
