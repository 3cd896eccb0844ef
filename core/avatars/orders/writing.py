"""Writing what was decided: an order, its submission and the signal, in one transaction."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import structlog

from core.avatars.orders import submissions
from core.avatars.orders.decisions.news import Change, News, Terms, What
from core.avatars.orders.decisions.table import decide, decide_late
from core.avatars.orders.kind import AnyKind
from core.avatars.orders.order import Order, Status, moved
from core.avatars.orders.submissions import WATCHED, Submission
from core.base.db import database, transaction
from core.base.processes import meters
from core.conversation.inbox import Inbox
from core.conversation.statements import lock_person

log = structlog.get_logger()

_OF_THE_STATUS = (What.HELD, What.DELAYED, What.AWAY, What.NOT_FOUND, What.STOPPING)
"""News that count only while an order has the status in which it was asked after."""
_OF_THE_REQUEST = (What.GOES_ON, What.MADE, What.FAILED)
"""News that count only while it has the request id that was asked after."""


class Writer:
    """Writes news into rows. `judge` is told when a submission has ended.

    `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        kind: AnyKind,
        inbox: Inbox,
        judge: Callable[[Order, float], None],
        clock: Callable[[], float],
    ) -> None:
        self._kind = kind
        self._inbox = inbox
        self._judge = judge
        self._clock = clock

    def write(self, seen: Order, news: News) -> None:
        """Write what news changes, as the order is now; `seen` is as it was asked after."""
        with transaction():
            lock_person(seen.conversation_id, seen.user_id)
            order = self._kind.model.get_or_none(self._kind.model.id == seen.id)
            if order is not None and _counts(seen, order, news):
                self.write_held(order, news, submissions.numbered(seen, seen.submission))

    def write_held(self, order: Order, news: News, sent: Submission | None) -> None:
        """The same in the caller's transaction, which holds the order's person."""
        change = decide(order, sent, news, self._clock(), self._terms(order, news))
        current = sent is None or sent.number == order.submission
        if current or not change.order:
            self._apply(order, sent, change, news)
        else:  # another one was sent since
            self._apply(order, sent, Change(sent=change.sent), news)

    def write_late(self, seen: Submission, news: News, again_seconds: float) -> bool:
        """Write news of a submission that was given up, only while it is asked after still.

        Returns whether its order goes on.

        A slow answer may be another worker's by now; or it was booked for somebody who is
        forgotten.
        """
        model = self._kind.model
        order = model.get_or_none(model.id == seen.run_id)
        if order is None:
            return False
        with transaction():
            lock_person(order.conversation_id, order.user_id)
            order = model.get_or_none(model.id == seen.run_id)
            sent = Submission.get_or_none(Submission.id == seen.id, WATCHED)
            if order is None or sent is None:
                return False
            terms = Terms(self._kind.policy, place=self._kind.place(order))
            change = decide_late(order, sent, news, self._clock(), terms, again_seconds)
            self._apply(order, sent, change, news)
            return change.hook == "resumed"

    def _terms(self, order: Order, news: News) -> Terms:
        kind, standing = self._kind, news.standing
        estimated = news.what is What.GOES_ON and standing is not None and standing.percent is None
        started = self._clock() if order.started_at is None else order.started_at
        return Terms(
            kind.policy,
            wanted=news.what is not What.MADE or kind.wanted(order),
            leaves=standing is not None and kind.leaves(standing),
            poll_seconds=kind.poll_seconds(order),
            deadline_seconds=kind.deadline_seconds(order),
            estimate=kind.percent(order, self._clock() - started) if estimated else 0,
            jitter=random.uniform(0.8, 1.2),
            missing=kind.missing,
        )

    def _apply(self, order: Order, sent: Submission | None, change: Change, news: News) -> None:
        """Change rows that are as they were read, and let the kind and the person know."""
        if change.order and not moved(order, **change.order):
            return
        for name, value in change.order.items():
            setattr(order, name, value)
        if change.sent and sent is not None:
            submissions.change(sent, **change.sent)
        if change.judged:
            self._judge(order, self._clock())
        if change.booked or (order.status.final and "status" in change.order):
            submissions.book(order)
        self._let_know(order, change, news)

    def _let_know(self, order: Order, change: Change, news: News) -> None:
        if change.order.get("request_id"):
            self._kind.identified(order, change.order["request_id"])
        result = {} if news.standing is None else news.standing.result
        self._call(order, change, result, news.kept)
        if change.tell is not None and order.conversation_id is not None:
            trigger, about = change.tell
            if self._kind.wanted(order):
                self._inbox.tell(
                    order.conversation_id,
                    self._kind.signal(trigger),
                    str(order.id),
                    f"{order.id}:{about}",
                )
        if order.status.final and "status" in change.order:
            about_it = {"order": str(order.id), "status": order.status.value}
            database.after_commit(lambda: log.info("order ended", kind=self._kind.name, **about_it))
            database.after_commit(lambda: self._count(order))
        if change.said:
            error = news.failure.error_type if news.failure else ""
            log.error(change.said, order=str(order.id), endpoint=order.endpoint, error=error)

    def _count(self, order: Order) -> None:
        """Count an order that has ended, and how long it took from its first moment."""
        kind, mode = self._kind.name, "test" if order.test_mode else "production"
        meters.count("orders", kind=kind, status=order.status.value, mode=mode)
        if order.status is Status.COMPLETED:
            meters.observe("order_seconds", self._clock() - order.created_at, kind=kind)

    def _call(
        self, order: Order, change: Change, result: Mapping[str, object], kept: object
    ) -> None:
        if change.hook == "completed":
            self._kind.completed(order, result, kept)
        elif change.hook == "ended":
            self._kind.ended(order, order.status)
        elif change.hook == "progressed":
            self._kind.progressed(order, order.progress)
        elif change.hook == "resumed":
            self._kind.resumed(order, order.progress)
        elif change.hook == "unwanted":
            self._kind.unwanted(order, result)


def _counts(seen: Order, order: Order, news: News) -> bool:
    """Whether news of an order is about what it is by now."""
    if news.what in _OF_THE_STATUS and order.status is not seen.status:
        return False
    return news.what not in _OF_THE_REQUEST or order.request_id == seen.request_id
