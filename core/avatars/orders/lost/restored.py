"""Orders in a database that was restored: what happened to them since its moment nobody knows.

Whoever went on after the backup may have sent an order that waits in it, and may have sent again
one that had failed. So none of them is sent by itself any more. One that its provider has taken is
asked after by its request id; any other is `uncertain`, until the provider's list, a webhook or
the admin resolves it.
"""

from __future__ import annotations

from core.avatars.orders import submissions
from core.avatars.orders.decisions.news import News, What
from core.avatars.orders.kind import AnyKind
from core.avatars.orders.order import ACTIVE, Order, Status, moved
from core.avatars.orders.writing import Writer
from core.avatars.ports import Failure
from core.base.db import transaction
from core.conversation.statements import lock_person

RESTORED = Failure("restored", "operator", "it may have been sent since the backup")
_NOT_SENT_YET = (Status.READY, Status.PREPARING)


def settle(kind: AnyKind, writer: Writer, at: float) -> int:
    """Settle every order of a kind that was under way at the backup's moment; how many are lost.

    Taken once more it changes nothing.
    """
    under_way = kind.model.select(kind.model.id).where(kind.model.status.in_(ACTIVE))
    return sum(_settle(kind, writer, order_id, at) for order_id in list(under_way.scalars()))


def _settle(kind: AnyKind, writer: Writer, order_id: object, at: float) -> bool:
    """Whether its fate has become unknown."""
    with transaction():
        order = kind.model.get_by_id(order_id)
        lock_person(order.conversation_id, order.user_id)
        used_up = max(order.attempts, kind.policy.attempts)
        moved(order, attempts=used_up)
        order.attempts = used_up
        if order.request_id is not None or not _may_be_sent(order):
            return False
        if order.status in _NOT_SENT_YET and not _presume_sent(kind, order, at):
            return False
        writer.write_held(order, News(What.LOST, RESTORED), submissions.current(order))
        moved(order, next_check_at=0)
        return True


def _may_be_sent(order: Order) -> bool:
    """Whether a submission without a known outcome is there, or may have followed."""
    return order.status in (*_NOT_SENT_YET, Status.SUBMITTING) or (
        order.status is Status.CANCELLING and order.intent_at is not None
    )


def _presume_sent(kind: AnyKind, order: Order, at: float) -> bool:
    """Write the intent that a running system would have written; False where there was none.

    Where no profile serves an order it was not sent, and will not be.
    """
    profile = order.profile or next(iter(kind.profiles(order)), "")
    if not profile:
        return False
    intent: dict[str, object] = {
        "status": Status.SUBMITTING,
        "profile": profile,
        "endpoint": kind.provider.endpoint(profile),
        "submission": order.submission + 1,
        "intent_at": at,
    }
    moved(order, **intent)
    for name, value in intent.items():
        setattr(order, name, value)
    submissions.begin(kind.name, order, order.price_usd, at)
    return True
