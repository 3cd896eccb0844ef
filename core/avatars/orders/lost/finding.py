"""Looking at the provider for an order that may or may not have arrived.

Its list of requests is searched by endpoint, time, and our own marks. One that fits and is
no other order's is it. None that fits proves nothing: a list may lag, or keep what was ordered to
itself.
"""

from __future__ import annotations

from core.avatars.orders.kind import AnyKind
from core.avatars.orders.order import SENDING, Order
from core.avatars.orders.submissions import Submission
from core.avatars.platform_port import Listed
from core.avatars.ports import Handle, Unreachable

EARLY_SECONDS, LATE_SECONDS = 300.0, 1800.0
"""How much before and after its intent an order may stand in the list: clocks differ, and a
request may have waited on its way."""
_UNKNOWN_THERE = (400, 404, 405, 410, 422)


class Finder:
    """Asks the provider; outside of any transaction, for it takes its time."""

    def __init__(self, kind: AnyKind) -> None:
        self._kind = kind
        self._provider = kind.provider

    def candidates(self, order: Order) -> list[str]:
        """The ids of all listed requests that may be a lost order; raises Unreachable."""
        at = order.intent_at or 0.0
        since, until = at - EARLY_SECONDS, at + LATE_SECONDS
        listed = self._provider.platform.requests(order.endpoint, since, until)
        fitting = dict.fromkeys(  # a page may repeat what the one before it had
            one.request_id
            for one in listed
            if self._is_of(one, order) and (one.sent_at is None or since <= one.sent_at <= until)
        )
        return [request_id for request_id in fitting if not taken_elsewhere(order, request_id)]

    def has_twin(self, order: Order) -> bool:
        """Whether another order with a mark of this one is on its way: what is listed may be it."""
        model, mine = type(order), set(self._kind.marks(order))
        unknown = (model.request_id.is_null(), model.intent_at.is_null(False))
        others = model.select().where(model.id != order.id, model.status.in_(SENDING), *unknown)
        return any(mine.intersection(self._kind.marks(other)) for other in others)

    def vouch(self, order: Order, request_id: str) -> None:
        """Make sure that the provider has a lost order under this id.

        Raises ValueError with a sentence where it is none, Unreachable where that can't be known.
        """
        if not request_id or taken_elsewhere(order, request_id):
            raise ValueError(f"{request_id!r} is not the id of a lost order")
        if not self._known(order, request_id):
            raise ValueError(
                f"{request_id!r} is not the id of a lost order: fal.ai knows no such request of "
                f"{order.endpoint}. Nothing has changed."
            )
        if not self._fits(order, request_id):
            raise ValueError(
                f"{request_id!r} is not the id of this order: at fal.ai it is another request than "
                f"one of {order.endpoint} for this order at that time. Nothing has changed."
            )

    def _known(self, order: Order, request_id: str) -> bool:
        try:
            self._provider.check(Handle(str(order.id), order.profile, request_id))
        except Unreachable as away:
            if away.failure.ended:
                return True
            if away.failure.http_status in _UNKNOWN_THERE:
                return False
            raise
        return True

    def _fits(self, order: Order, request_id: str) -> bool:
        """Whether the list has it as what was ordered; where it may not be asked, it may be so."""
        since = (order.intent_at or 0.0) - EARLY_SECONDS
        try:
            found = self._provider.platform.request(order.endpoint, request_id, since)
        except Unreachable as away:
            if away.failure.error_class == "operator":
                return True
            raise
        return found is not None and (found.arguments is None or self._is_of(found, order))

    def _is_of(self, listed: Listed, order: Order) -> bool:
        """Whether a listed request is marked as this order, or says its id."""
        return any(listed.says(word) for word in (str(order.id), *self._kind.marks(order)))


def taken_elsewhere(order: Order, request_id: str) -> bool:
    """Whether an order that we know has this id already."""
    model = type(order)
    others = model.select().where(model.request_id == request_id, model.id != order.id)
    sent = Submission.select().where(Submission.request_id == request_id)
    return bool(others.exists() or sent.exists())
