"""A breaker for each profile: a provider that takes orders and delivers nothing gets no more.

It opens after so many orders in a row that came to nothing by no fault of the person's, or whose
result can't be had. Once its time is over, one order tries whether the provider delivers again; a
delivery closes it.
"""

from __future__ import annotations

from core.avatars import switches
from core.avatars.orders import submissions
from core.avatars.orders.kind import Policy
from core.avatars.orders.order import Order
from core.avatars.orders.submissions import Fate, Submission

_JUDGED = (Fate.COMPLETED, Fate.FAILED, Fate.ABANDONED)


class Breakers:
    """Opens and closes them by what became of orders; simulated ones never open any."""

    def __init__(self, policy: Policy) -> None:
        self._failures = policy.breaker_failures
        self.seconds = policy.breaker_seconds

    def judge(self, order: Order, now: float) -> None:
        """Look at the last orders of the profile of an order that has just ended."""
        name = f"{switches.BROKEN}{order.profile}"
        last = [] if order.test_mode or not self._failures else self._last(order.profile)
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

    def hopeless(self, order: Order, now: float) -> set[str]:
        """The profiles that have told this order lately that they make nothing of such orders."""
        query = Submission.select(Submission.profile).where(
            Submission.run_id == order.id,
            Submission.fate == Fate.FAILED,
            Submission.error_class == "operator",
            Submission.ended_at > now - self.seconds,
        )
        return set(query.scalars())

    def _last(self, profile: str) -> list[Submission]:
        query = Submission.select()
        ended = query.where(
            Submission.profile == profile,
            Submission.fate.in_(_JUDGED) | submissions.UNREAD,
            ~Submission.test_mode,
        )
        return list(ended.order_by(Submission.ended_at.desc()).limit(self._failures))


def _came_to_nothing(sent: Submission) -> bool:
    return sent.fate is not Fate.COMPLETED and sent.error_class != "person"


def failed_profiles(order: Order) -> set[str]:
    """The profiles that an order has failed at."""
    query = Submission.select(Submission.profile).where(
        Submission.run_id == order.id, Submission.fate == Fate.FAILED
    )
    return set(query.scalars())
