"""Orders as rows: which are due, who may take the next step, and writing only what is still so.

A step is light (a few requests) or a transfer of bytes (material there, results back), which takes
long and has its own threads. Either claims the order by pushing `next_check_at` ahead; a worker
that dies leaves a claim that runs out.
"""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import Any, TypeVar

import peewee
from playhouse.fields import EnumField

from core.avatars.ports import Failure, Handle
from core.base.db import Model, transaction

CLAIM_SECONDS = 60.0
"""A question takes less, a transfer says again and again that it is still at it; a submission has
twice as long."""
DAY = 86_400.0
LONGEST_WAIT = 120.0
"""Seconds between two tries while something is out of reach."""


class Status(StrEnum):
    """How far an order has come; the last three are final.

    `uncertain` is one that nobody knows to have arrived; it is never repeated by itself. The
    values are those that the specification names.
    """

    READY = "ready"
    PREPARING = "preparing"
    SUBMITTING = "submitting"
    QUEUED = "queued"
    RUNNING = "training"
    SAVING = "saving"
    UNCERTAIN = "uncertain"
    CANCELLING = "cancelling"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing more can happen to the order."""
        return self in (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


ACTIVE = tuple(status for status in Status if not status.final)
"""An order in one of these is not over."""
HOLDING = tuple(status for status in ACTIVE if status is not Status.CANCELLING)
"""An order in one of these holds its person's only slot."""
UNDER_WAY = (Status.QUEUED, Status.RUNNING)
SENDING = (Status.SUBMITTING, Status.UNCERTAIN, Status.CANCELLING)
"""In one of these a submission may be on its way."""
FINDABLE = (Status.SUBMITTING, Status.UNCERTAIN, Status.READY, Status.PREPARING)
"""In one of these an order has been sent no other time since."""


class Order(Model):
    """What every kind of order has, each in a table of its own: intent, submission and outcome.

    `price_usd` is what a submission may cost by what was agreed to, `cost_usd` what all of them
    cost in the end; null is unknown. `submission` is the number of the last one that was sent, and
    the request id and addresses are that one's; `attempts` counts those that were taken.
    `intent_at` is when a submission was begun whose outcome is not known; `saving_at` when a result
    was found that is being copied; `deadline_at` ends whatever it waits for. `failures` counts the
    tries since the last step forward. An error on an order that is not over says what it waits for.
    `data_url` is where its material was uploaded to.
    """

    id = peewee.UUIDField(primary_key=True, default=uuid.uuid4)
    user_id: uuid.UUID | None
    conversation_id: int | None
    status = EnumField(Status, max_length=16, default=Status.READY)
    test_mode = peewee.BooleanField(default=False)
    price_usd = peewee.DoubleField(null=True)
    cost_usd = peewee.DoubleField(null=True)
    profile = peewee.CharField(max_length=64, default="")
    endpoint = peewee.CharField(max_length=128, default="")
    request_id = peewee.CharField(null=True)
    status_url = peewee.TextField(default="")
    response_url = peewee.TextField(default="")
    cancel_url = peewee.TextField(default="")
    data_url = peewee.TextField(default="")
    uploaded_at = peewee.DoubleField(null=True)
    arguments = peewee.JSONField(default=dict)
    progress = peewee.IntegerField(default=0)
    position = peewee.IntegerField(null=True)
    error_type = peewee.CharField(max_length=64, default="")
    error_class = peewee.CharField(max_length=16, default="")
    error = peewee.CharField(max_length=500, default="")
    submission = peewee.IntegerField(default=0)
    attempts = peewee.IntegerField(default=0)
    failures = peewee.IntegerField(default=0)
    finished_by = peewee.CharField(max_length=16, default="")
    queue_seconds = peewee.DoubleField(null=True)
    training_seconds = peewee.DoubleField(null=True)
    created_at = peewee.DoubleField()
    intent_at = peewee.DoubleField(null=True)
    submitted_at = peewee.DoubleField(null=True)
    started_at = peewee.DoubleField(null=True)
    saving_at = peewee.DoubleField(null=True)
    finished_at = peewee.DoubleField(null=True)
    deadline_at = peewee.DoubleField(null=True)
    told_at = peewee.DoubleField(default=0)
    next_check_at = peewee.DoubleField(default=0)


One = TypeVar("One", bound=Order)

NO_SUBMISSION: dict[str, object] = {
    "request_id": None, "status_url": "", "response_url": "", "cancel_url": "",
    "submitted_at": None, "started_at": None, "position": None, "deadline_at": None,
    "queue_seconds": None,
}  # fmt: skip
"""What an order is without the submission that failed."""
NO_ERROR: dict[str, object] = {"error_type": "", "error_class": "", "error": "", "failures": 0}
_STEPPING = (Status.READY, Status.SUBMITTING, Status.UNCERTAIN, *UNDER_WAY)


def due(model: type[Order], now: float, limit: int, transfer: bool = False) -> list[str]:
    """Orders that want their next step, or bytes transferred; the longest waiting first."""
    query = model.select(model.id).where(_steps(model, transfer), model.next_check_at <= now)
    found = query.order_by(model.next_check_at).limit(limit)
    return [str(order_id) for order_id in found.scalars()]


def claim(model: type[One], order_id: str, now: float, transfer: bool = False) -> One | None:
    """The order, for the caller to take its step; None where it is too early or taken."""
    query = model.update(next_check_at=now + CLAIM_SECONDS).where(
        model.id == order_id, _steps(model, transfer), model.next_check_at <= now
    )
    with transaction():
        return model.get_by_id(order_id) if query.execute() else None


def keep(order: Order, now: float) -> None:
    """Renew the claim of a transfer; at most every few seconds."""
    if order.next_check_at < now + CLAIM_SECONDS * 0.75:
        order.next_check_at = now + CLAIM_SECONDS
        with transaction():
            moved(order, next_check_at=order.next_check_at)


def moved(order: Order, *was: Status, **changes: object) -> bool:
    """Change an order that has the status and submission it was read with; False where it has not.

    `was` names other statuses that will do.
    """
    model = type(order)
    query = model.update(changes).where(
        model.id == order.id,
        model.status.in_(was or (order.status,)),
        model.submission == order.submission,
    )
    return bool(query.execute() == 1)


def patience(failures: int) -> float:
    """How many seconds to wait after so many failed tries: longer each time."""
    return min(LONGEST_WAIT, 5.0 * 2.0 ** min(failures, 10))


def error_of(failure: Failure) -> dict[str, object]:
    """A failure as an order keeps it."""
    return {
        "error_type": failure.error_type[:64],
        "error_class": failure.error_class or "retry",
        "error": failure.message[:500],
    }


def handle_of(row: Any) -> Handle:
    """What the provider knows an order, or one of its submissions, by."""
    return Handle(
        run_id=str(getattr(row, "run_id", row.id)),
        profile=row.profile,
        request_id=row.request_id or "",
        status_url=row.status_url,
        response_url=row.response_url,
        cancel_url=row.cancel_url,
    )


def handle_columns(handle: Handle) -> dict[str, object]:
    """The same, as a row keeps it."""
    return {
        "request_id": handle.request_id,
        "status_url": handle.status_url,
        "response_url": handle.response_url,
        "cancel_url": handle.cancel_url,
    }


def _steps(model: type[Order], transfer: bool) -> Any:
    """Which orders want a light step, or a transfer."""
    saving = model.saving_at.is_null(False)
    if transfer:
        return model.status.in_((Status.PREPARING, Status.SAVING)) | (
            (model.status == Status.CANCELLING) & saving
        )
    return model.status.in_(_STEPPING) | ((model.status == Status.CANCELLING) & ~saving)
