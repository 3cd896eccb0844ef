"""Every order that was sent, as a row: what it may cost, what became of it, what it cost.

An order may be sent several times: one is refused, one fails by no fault of ours, the next one is
taken. Each has its own profile, price and end, so that none is counted as another. The row is
written in the transaction of the intent, before anything is sent.
"""

from __future__ import annotations

import uuid
from enum import StrEnum

import peewee
from playhouse.fields import EnumField

from core.avatars.orders.order import Order
from core.avatars.ports import Failure
from core.base.db import Model


class Fate(StrEnum):
    """What became of an order that was sent.

    `sending`: its answer is awaited; `uncertain`: there was none that says whether it was taken;
    `refused` and `not_sent` were never ordered, for certain; `taken` is under way. `abandoned` is
    one that we gave up and that may still be made.
    """

    SENDING = "sending"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    TAKEN = "taken"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"
    NOT_SENT = "not_sent"


OPEN = (Fate.SENDING, Fate.UNCERTAIN, Fate.TAKEN)
"""More will become of it."""
NOTHING_ORDERED = (Fate.REFUSED, Fate.NOT_SENT)


class Submission(Model):
    """One order that was sent, of any kind; `run_id` names its row there.

    Money is US dollars, moments are seconds since 1970.

    `price_usd` is what it may cost, fixed when it is sent, `cost_usd` what it cost; null is not
    known. `arguments` are without addresses. `sent_at` is when the intent was committed,
    `answered_at` when it was known to be taken or refused. A `taken` one with `ended_at` is over,
    and what came of it can't be had. `watch_until` is set while an abandoned one is asked after.
    """

    id = peewee.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = peewee.CharField(max_length=16)
    run_id = peewee.UUIDField()
    test_mode = peewee.BooleanField()
    number = peewee.IntegerField()
    profile = peewee.CharField(max_length=64)
    endpoint = peewee.CharField(max_length=128)
    arguments = peewee.JSONField(default=dict)
    fate = EnumField(Fate, max_length=16, default=Fate.SENDING)
    price_usd = peewee.DoubleField(null=True)
    cost_usd = peewee.DoubleField(null=True)
    request_id = peewee.CharField(null=True)
    status_url = peewee.TextField(default="")
    response_url = peewee.TextField(default="")
    cancel_url = peewee.TextField(default="")
    error_type = peewee.CharField(max_length=64, default="")
    error_class = peewee.CharField(max_length=16, default="")
    http_status = peewee.IntegerField(null=True)
    sent_at = peewee.DoubleField()
    answered_at = peewee.DoubleField(null=True)
    ended_at = peewee.DoubleField(null=True)
    next_check_at = peewee.DoubleField(default=0)
    watch_until = peewee.DoubleField(null=True)

    class Meta:
        table_name = "submissions"


WATCHED = (Submission.fate == Fate.ABANDONED) & Submission.watch_until.is_null(False)
"""Given up, and asked after still, for it may be made."""
UNREAD = (Submission.fate == Fate.TAKEN) & Submission.ended_at.is_null(False)
"""It is over, and what came of it can't be had so far."""


def begin(kind: str, order: Order, price_usd: float | None, now: float) -> Submission:
    """The row of an order about to be sent, in the intent's transaction.

    `order` has what is sent, and its `submission` is the number of this one already.
    """
    return Submission.create(
        kind=kind,
        run_id=order.id,
        test_mode=order.test_mode,
        number=order.submission,
        profile=order.profile,
        endpoint=order.endpoint,
        arguments=order.arguments,
        price_usd=price_usd,
        sent_at=now,
    )


def current(order: Order) -> Submission | None:
    """The last submission of an order; None before the first."""
    return numbered(order, order.submission)


def numbered(order: Order, number: int) -> Submission | None:
    """One of an order's submissions, which count from 1."""
    return Submission.get_or_none(Submission.run_id == order.id, Submission.number == number)


def named(name: str) -> Submission | None:
    """An order by its own name."""
    try:
        return Submission.get_or_none(Submission.id == uuid.UUID(name))
    except ValueError:
        return None


def watched(order_ids: object) -> bool:
    """Whether one of these orders was given up, and may be made still."""
    return bool(Submission.select().where(Submission.run_id.in_(order_ids), WATCHED).exists())


def unread(order: Order) -> bool:
    """Whether the order's last submission is over, and what came of it can't be had so far."""
    mine = (Submission.run_id == order.id, Submission.number == order.submission)
    return bool(Submission.select().where(*mine, UNREAD).exists())


def awaited(order: Order, since: float) -> bool:
    """Whether the last order was sent after a moment, and has had no answer, nor a lack of one."""
    sent = current(order)
    return sent is not None and sent.fate is Fate.SENDING and since < sent.sent_at


def change(sent: Submission, **columns: object) -> None:
    """Change one that has the fate it was read with still."""
    query = Submission.update(columns)
    query.where(Submission.id == sent.id, Submission.fate == sent.fate).execute()


def book(order: Order) -> None:
    """Record anew what an order that is over cost."""
    model = type(order)
    model.update(cost_usd=cost_usd(order.id)).where(model.id == order.id).execute()


def cost_usd(order_id: uuid.UUID) -> float | None:
    """What all submissions of an order cost together; None where that of one is not known."""
    rows = Submission.select(Submission.cost_usd).where(Submission.run_id == order_id)
    costs = list(rows.scalars())
    return None if None in costs else float(sum(costs))


def sent_usd(since: float, test_mode: bool) -> float:
    """What the orders that were sent from a moment on cost, or may cost, as far as is known."""
    cost = peewee.fn.coalesce(Submission.cost_usd, Submission.price_usd)
    query = Submission.select(peewee.fn.sum(cost))
    sent = query.where(Submission.sent_at >= since, Submission.test_mode == test_mode)
    return float(sent.scalar() or 0.0)


def error_columns(failure: Failure | None) -> dict[str, object]:
    """A failure as a row keeps it."""
    if failure is None:
        return {"error_type": "", "error_class": "", "http_status": None}
    return {
        "error_type": failure.error_type[:64],
        "error_class": failure.error_class,
        "http_status": failure.http_status,
    }
