"""Every order that was sent, as a row: what it may cost, what became of it, what it cost.

A run may send several: one is refused, one fails by no fault of ours, the next one is taken. Each
has its own profile, price and end, so that none is counted as another. The row is written in the
transaction of the intent, before anything is sent.
"""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import Any

import peewee
from playhouse.fields import EnumField

from core.avatars.models import TrainingRun
from core.avatars.ports import Failure, Handle
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
    """One order that was sent. Money is US dollars, moments are seconds since 1970.

    `price_usd` is what it may cost, fixed when it is sent, `cost_usd` what it cost; null is not
    known. `arguments` are without addresses. `sent_at` is when the intent was committed,
    `answered_at` when it was known to be taken or refused. A `taken` one with `ended_at` is over,
    and what came of it can't be had. `watch_until` is set while an abandoned one is asked after.
    """

    id = peewee.UUIDField(primary_key=True, default=uuid.uuid4)
    run = peewee.ForeignKeyField(TrainingRun, backref="submissions", on_delete="CASCADE")
    run_id: uuid.UUID
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


WATCHED: Any = (Submission.fate == Fate.ABANDONED) & Submission.watch_until.is_null(False)
"""Given up, and asked after still, for it may be made."""
UNREAD: Any = (Submission.fate == Fate.TAKEN) & Submission.ended_at.is_null(False)
"""It is over, and what came of it can't be had so far."""


def begin(run: TrainingRun, price_usd: float | None, now: float) -> Submission:
    """The row of an order about to be sent, in the intent's transaction.

    `run` has what is sent, and its `submission` is the number of this one already.
    """
    return Submission.create(
        run=run.id,
        number=run.submission,
        profile=run.profile,
        endpoint=run.endpoint,
        arguments=run.arguments,
        price_usd=price_usd,
        sent_at=now,
    )


def current(run: TrainingRun) -> Submission | None:
    """The last order that a run sent; None before the first."""
    return Submission.get_or_none(Submission.run == run.id, Submission.number == run.submission)


def named(name: str) -> Submission | None:
    """An order by its own name."""
    try:
        return Submission.get_or_none(Submission.id == uuid.UUID(name))
    except ValueError:
        return None


def uncertain(run: TrainingRun, failure: Failure) -> None:
    """There was no answer to the last order, or none that says whether it was taken."""
    _change(run, (Fate.SENDING,), fate=Fate.UNCERTAIN, **_error(failure))


def refused(run: TrainingRun, failure: Failure, now: float) -> None:
    """The last order was refused: it costs nothing."""
    ended = {"cost_usd": 0.0, "answered_at": now, "ended_at": now}
    _change(run, (Fate.SENDING,), fate=Fate.REFUSED, **ended, **_error(failure))


def not_sent(run: TrainingRun, now: float) -> None:
    """The last order has never arrived, as somebody has found out."""
    ended = {"cost_usd": 0.0, "ended_at": now}
    _change(run, (Fate.SENDING, Fate.UNCERTAIN), fate=Fate.NOT_SENT, **ended)


def taken(run: TrainingRun, handle: Handle, now: float) -> bool:
    """The last order was taken; whether that is news."""
    return _change(
        run,
        (Fate.SENDING, Fate.UNCERTAIN, *NOTHING_ORDERED),
        fate=Fate.TAKEN,
        request_id=handle.request_id,
        status_url=handle.status_url,
        response_url=handle.response_url,
        cancel_url=handle.cancel_url,
        answered_at=now,
        cost_usd=None,
        ended_at=None,
        **_error(None),
    )


def unread(run: TrainingRun, failure: Failure, now: float) -> bool:
    """What came of the last order can't be had; whether that is news."""
    query: Any = Submission.update(ended_at=now, **_error(failure)).where(
        Submission.run == run.id,
        Submission.number == run.submission,
        Submission.fate == Fate.TAKEN,
        Submission.ended_at.is_null(),
    )
    return bool(query.execute())


def ended(
    run: TrainingRun, fate: Fate, charged: bool, now: float, failure: Failure | None = None
) -> None:
    """The last order is over, unless that was known; it costs its price where it was `charged`."""
    cost = Submission.price_usd if charged else 0.0
    _change(run, OPEN, fate=fate, cost_usd=cost, ended_at=now, **_error(failure))


def made_after_all(submission: Submission, now: float) -> bool:
    """One that had ended otherwise was made, and is paid for; whether that is news."""
    query: Any = Submission.update(
        fate=Fate.COMPLETED, cost_usd=Submission.price_usd, ended_at=now, watch_until=None
    ).where(Submission.id == submission.id, Submission.fate != Fate.COMPLETED)
    return bool(query.execute())


def given_up(run: TrainingRun, failure: Failure, now: float, watch_seconds: float) -> None:
    """The last order is not waited for any more. It may be made still, so its price is booked.

    It is asked after for so long from now on; one that was found once before, no longer than that.
    """
    watched = peewee.fn.coalesce(Submission.watch_until, now + watch_seconds)
    _change(
        run,
        OPEN,
        fate=Fate.ABANDONED,
        cost_usd=Submission.price_usd,
        ended_at=now,
        next_check_at=now,
        watch_until=peewee.Case(None, [(Submission.request_id.is_null(), None)], watched),
        **_error(failure),
    )


def watched(avatar_id: uuid.UUID) -> bool:
    """Whether an order for this one was given up, and may be made still."""
    query: Any = Submission.select().join(TrainingRun)
    return bool(query.where(TrainingRun.avatar == avatar_id, WATCHED).exists())


def unread_of(run: TrainingRun) -> bool:
    """Whether the run's last order is over, and what came of it can't be had so far."""
    mine = (Submission.run == run.id, Submission.number == run.submission)
    return bool(Submission.select().where(*mine, UNREAD).exists())


def awaited(run: TrainingRun, since: float) -> bool:
    """Whether the last order was sent after a moment, and has had no answer, nor a lack of one."""
    sent = current(run)
    return sent is not None and sent.fate is Fate.SENDING and since < sent.sent_at


def still_watched(submission: Submission) -> bool:
    """Whether an order is given up and asked after now, whatever it was when it was read."""
    return bool(Submission.select().where(Submission.id == submission.id, WATCHED).exists())


def adopted(run: TrainingRun) -> bool:
    """Whether the last order was given up before, and is under way again."""
    query: Any = Submission.select().where(
        Submission.run == run.id,
        Submission.number == run.submission,
        Submission.fate == Fate.TAKEN,
        Submission.watch_until.is_null(False),
    )
    return bool(query.exists())


def asked_soon(submission: Submission) -> None:
    """There is news of one that was given up."""
    query: Any = Submission.update(next_check_at=0).where(Submission.id == submission.id)
    query.execute()


def reopened(submission: Submission) -> None:
    """One that was given up is under way again."""
    query: Any = Submission.update(fate=Fate.TAKEN, cost_usd=None, ended_at=None, **_error(None))
    query.where(Submission.id == submission.id).execute()


def failed_after_all(submission: Submission, charged: bool, failure: Failure, now: float) -> None:
    """One that was given up has failed; it costs its price where it was `charged`."""
    query: Any = Submission.update(
        fate=Fate.FAILED,
        cost_usd=Submission.price_usd if charged else 0.0,
        ended_at=now,
        watch_until=None,
        **_error(failure),
    )
    query.where(Submission.id == submission.id).execute()


def book(run: TrainingRun) -> None:
    """Record anew what a run that has ended cost."""
    query: Any = TrainingRun.update(cost_usd=cost_usd(run.id))
    query.where(TrainingRun.id == run.id).execute()


def cost_usd(run_id: uuid.UUID) -> float | None:
    """What all orders of a run cost together; None where that of one is not known."""
    rows: Any = Submission.select(Submission.cost_usd).where(Submission.run == run_id)
    costs = [cost for (cost,) in rows.tuples()]
    return None if None in costs else float(sum(costs))


def sent_usd(since: float, test_mode: bool) -> float:
    """What the orders that were sent from a moment on cost, or may cost, as far as is known."""
    cost = peewee.fn.coalesce(Submission.cost_usd, Submission.price_usd)
    query: Any = Submission.select(peewee.fn.sum(cost)).join(TrainingRun)
    sent = query.where(Submission.sent_at >= since, TrainingRun.test_mode == test_mode)
    return float(sent.scalar() or 0.0)


def _change(run: TrainingRun, was: tuple[Fate, ...], **columns: Any) -> bool:
    query: Any = Submission.update(columns).where(
        Submission.run == run.id, Submission.number == run.submission, Submission.fate.in_(was)
    )
    return bool(query.execute())


def _error(failure: Failure | None) -> dict[str, Any]:
    """A failure as a row keeps it."""
    if failure is None:
        return {"error_type": "", "error_class": "", "http_status": None}
    return {
        "error_type": failure.error_type[:64],
        "error_class": failure.error_class,
        "http_status": failure.http_status,
    }
