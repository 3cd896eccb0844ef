"""Learning what became of an order: from a webhook that the provider signed, from its list of
requests, or from the admin, whose word the provider must confirm."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal

import structlog

from core.avatars.orders import submissions
from core.avatars.orders.decisions.ending import made_after_all
from core.avatars.orders.decisions.news import News, What
from core.avatars.orders.kind import AnyKind
from core.avatars.orders.lost.finding import Finder, taken_elsewhere
from core.avatars.orders.order import (
    CLAIM_SECONDS,
    SENDING,
    UNDER_WAY,
    One,
    Order,
    Status,
    moved,
)
from core.avatars.orders.submissions import Submission
from core.avatars.orders.writing import Writer
from core.avatars.ports import Handle, Unreachable, Verified, Waker
from core.base.db import transaction
from core.conversation.statements import lock_person

log = structlog.get_logger()

Heard = Literal["woken", "learnt", "unknown", "other", "late"]
"""What a webhook was: about an order under way, about a lost order, about nothing of ours, about
another order than the last, or about an order that has ended."""


Note = Callable[[], object]


class Resolver:
    """Gives orders the request ids that their submission could not."""

    def __init__(
        self,
        kind: AnyKind,
        writer: Writer,
        finder: Finder,
        jobs: Waker,
        clock: Callable[[], float],
    ) -> None:
        self._kind = kind
        self._writer = writer
        self._finder = finder
        self._jobs = jobs
        self._clock = clock
        self._customer = ""
        """Who we are to the provider, once a webhook about an order that we know has said so."""

    def on_webhook(self, name: str, webhook: Verified) -> Heard:
        """Take in a verified webhook that came to the address of a submission; it is only a hint.

        The result is fetched by its next step, which this wakes. Addresses that were given
        out by an earlier version name the order, and mean its last submission.
        """
        order_id = addressed(name)
        with self._held(order_id) as order:
            submission = submissions.named(name)
            if order is None or submission is None or submission.number == order.submission:
                what = self._heard(order, webhook)
            else:
                what = self._heard_of_earlier(order, submission, webhook)
        if what in ("woken", "late"):
            self._customer = webhook.user_id
        if what in ("woken", "learnt"):
            self._jobs.wake(self._kind.name, order_id)
        return what

    def sent(self, order_id: str, request_id: str, note: Note = lambda: None) -> bool:
        """The admin has found the order at the provider; False where there is no question open.

        The provider is asked first: an id that it doesn't know, or has for something else, is
        refused with a ValueError; where it can't be asked, Unreachable. Both leave the question
        open. `note` is called in the transaction of the change.
        """
        asked = self._question(order_id)
        if asked is None:
            return False
        self._finder.vouch(asked, request_id)
        return self._found(asked, request_id, note)

    def find(self, asked: Order) -> bool:
        """Look for a lost order in the provider's list; True where exactly one is it, for certain.

        Raises Unreachable where the list can't be had.
        """
        candidates = self._finder.candidates(asked)
        with suppress(ValueError):  # another order was faster
            if len(candidates) == 1 and not self._finder.has_twin(asked):
                return self._found(asked, candidates[0], lambda: None)
        return False

    def _found(self, asked: Order, request_id: str, note: Note) -> bool:
        """Take an order up, unless another has been sent or found since the question was read."""
        with self._held(str(asked.id)) as order:
            if (
                order is None
                or not _open(order, self._clock())
                or order.submission != asked.submission
            ):
                return False
            if taken_elsewhere(order, request_id):
                raise ValueError(f"{request_id!r} is not the id of a lost order")
            self._learn(order, request_id)
            note()
        self._jobs.wake(self._kind.name, str(asked.id))
        return True

    def not_sent(self, order_id: str, note: Note = lambda: None) -> bool:
        """The admin is sure that nothing was ordered: the order is ordered again, or cancelled.

        Where the provider lists an order that may be it, that is a ValueError: it would be paid
        twice. Where the list can't be had, the admin is believed.
        """
        asked = self._question(order_id)
        if asked is None:
            return False
        with suppress(Unreachable):
            if listed := self._finder.candidates(asked):
                raise ValueError(f"fal.ai lists this order, as {', '.join(listed)}")
        with self._held(order_id) as order:
            if (
                order is None
                or not _open(order, self._clock())
                or order.submission != asked.submission
            ):
                return False
            note()
            self._writer.write_held(order, News(What.NOT_SENT), submissions.current(order))
        self._jobs.wake(self._kind.name, order_id)
        return True

    def _heard(self, order: Order | None, webhook: Verified) -> Heard:
        if order is None:
            return "unknown"
        if order.request_id is None and self._customer not in ("", webhook.user_id):
            log.error("a lost order is not to be another customer's", order=str(order.id))
            return "other"
        if order.request_id is None and order.intent_at is not None and order.status in SENDING:
            self._learn(order, webhook.request_id, "webhook")
            return "learnt"
        if order.request_id is None and webhook.status == "OK" and _given_up(order):
            self._learn(order, webhook.request_id, "webhook")
            return "learnt"
        if order.request_id != webhook.request_id:
            if webhook.status == "OK":
                log.error(
                    "another order of one order was made",
                    order=str(order.id),
                    endpoint=order.endpoint,
                )
            return "other"
        if order.status.final:
            self._heard_late(order, webhook)
            return "late"
        if order.status in (*UNDER_WAY, Status.CANCELLING):
            moved(order, next_check_at=0, finished_by="webhook")
        return "woken"

    def _heard_late(self, order: Order, webhook: Verified) -> None:
        """News of one that has ended: an order that is watched is asked after, another booked."""
        submission = submissions.current(order)
        if submission is not None and submission.watch_until is not None:
            submissions.change(submission, next_check_at=0)
        elif webhook.status == "OK" and submission is not None:
            if made := made_after_all(submission, self._clock()):
                submissions.change(submission, **made)
            submissions.book(order)

    def _heard_of_earlier(self, order: Order, submission: Submission, webhook: Verified) -> Heard:
        """News of an order that another one has followed: what it cost is booked."""
        if submission.request_id not in (None, webhook.request_id):
            return "other"
        if webhook.status == "OK" and (made := made_after_all(submission, self._clock())):
            submissions.change(submission, **made)
            log.error(
                "another order of one order was made", order=str(order.id), endpoint=order.endpoint
            )
            if order.status.final:
                submissions.book(order)
        return "late"

    def _learn(self, order: Order, request_id: str, by: str = "") -> None:
        """The order has arrived: go on as if its answer had come."""
        handle = Handle(str(order.id), order.profile, request_id)
        news = News(What.FOUND, handle=handle, by=by)
        self._writer.write_held(order, news, submissions.current(order))

    def _question(self, order_id: str) -> Order | None:
        """An order that is lost, as it is now; None where nobody asks."""
        found: Order | None = self._kind.model.get_or_none(self._kind.model.id == _id(order_id))
        return found if found is not None and _open(found, self._clock()) else None

    @contextmanager
    def _held(self, order_id: str) -> Iterator[Order | None]:
        """A transaction that holds an order's person; gives the order, or None."""
        model = self._kind.model
        with transaction():
            found = model.get_or_none(model.id == _id(order_id))
            if found is None:
                yield None
                return
            lock_person(found.conversation_id, found.user_id)
            yield model.get_by_id(found.id)


def addressed(name: str) -> str:
    """The order that a webhook's address means; the name itself where no submission has it."""
    submission = submissions.named(name)
    return name if submission is None else str(submission.run_id)


def lost_orders(model: type[One]) -> list[One]:
    """The orders that may or may not have arrived, the oldest first."""
    lost = model.status.in_(SENDING[1:]) & model.intent_at.is_null(False)
    query = model.select().where(lost & model.request_id.is_null())
    return list(query.order_by(model.intent_at))


def _open(order: Order, now: float) -> bool:
    """Whether nobody knows if the order has arrived, and nobody is about to know.

    The answer to one that was stopped while it was sent may still come.
    """
    asked = order.status in (Status.UNCERTAIN, Status.CANCELLING)
    lost = order.intent_at is not None and order.request_id is None
    return asked and lost and not submissions.awaited(order, now - 2 * CLAIM_SECONDS)


def _given_up(order: Order) -> bool:
    """Whether its last submission was taken for one that never arrived."""
    return order.status in (Status.READY, Status.PREPARING) and order.submission > 0


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
