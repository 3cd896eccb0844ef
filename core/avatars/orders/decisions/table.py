"""The table of status and news: what counts when, and what is decided then.

What isn't in the table changes nothing. `decide` has no clock, query or randomness.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.avatars.orders.decisions.ending import (
    away,
    away_cancelling,
    failed,
    given_up,
    goes_on,
    held_cancelling,
    impossible,
    kept,
    made,
    made_late,
    may_be_charged,
    not_kept,
    stopped,
    stopped_by_failure,
    stopping,
)
from core.avatars.orders.decisions.news import NOTHING, Case, Change, News, Terms, What
from core.avatars.orders.decisions.sending import (
    delayed,
    found,
    held,
    lost,
    lost_meanwhile,
    not_found,
    not_sent,
    refused,
    refused_in_vain,
    taken,
)
from core.avatars.orders.order import ACTIVE, UNDER_WAY, Order, Status
from core.avatars.orders.submissions import Fate, Submission, error_columns


def decide(order: Order, sent: Submission | None, news: News, now: float, terms: Terms) -> Change:
    """What news changes for an order, as both rows are now; `sent` is its last submission."""
    decision = TABLE.get((order.status, news.what))
    return decision(Case(order, sent, news, now, terms)) if decision else NOTHING


def decide_late(
    order: Order, sent: Submission, news: News, now: float, terms: Terms, again_seconds: float
) -> Change:
    """The same for a submission that was given up, and is asked after still."""
    case = Case(order, sent, news, now, terms)
    if news.what is What.MADE:
        return made_late(case, again_seconds)
    if news.what is What.FAILED:
        cost = sent.price_usd if may_be_charged(case.failure) else 0.0
        failed = {"fate": Fate.FAILED, "cost_usd": cost, "ended_at": now, "watch_until": None}
        return Change(sent={**failed, **error_columns(case.failure)}, booked=True)
    until = None if now >= float(sent.watch_until or 0) else sent.watch_until
    return Change(sent={"next_check_at": now + again_seconds, "watch_until": until})


S, W = Status, What
Decision = Callable[[Case], Change]


def rows(
    statuses: tuple[Status, ...], **decisions: Decision
) -> dict[tuple[Status, What], Decision]:
    return {(s, W[name]): made for s in statuses for name, made in decisions.items()}


_ENDING = {"IMPOSSIBLE": impossible, "GIVEN_UP": given_up, "STOPPED": stopped, "KEPT": kept,
           "MADE": made, "FAILED": failed, "DELAYED": delayed}  # fmt: skip

TABLE: Mapping[tuple[Status, What], Decision] = {
    **rows(tuple(Status), TAKEN=taken, LOST=lost_meanwhile),
    **rows(ACTIVE, **_ENDING),
    **rows((S.READY, S.PREPARING), HELD=held, FOUND=found),
    **rows((S.SUBMITTING, S.UNCERTAIN), FOUND=found, REFUSED=refused),
    **rows((S.SUBMITTING,), LOST=lost),
    **rows((S.UNCERTAIN,), NOT_SENT=not_sent, NOT_FOUND=not_found),
    **rows(UNDER_WAY, GOES_ON=goes_on, AWAY=away),
    **rows((S.SAVING,), AWAY=not_kept, HELD=not_kept),
    **rows((S.CANCELLING,), STOPPING=stopping, FAILED=stopped_by_failure,
            IMPOSSIBLE=stopped_by_failure, GIVEN_UP=stopped_by_failure, AWAY=away_cancelling,
            HELD=held_cancelling, REFUSED=refused_in_vain, FOUND=found, NOT_SENT=not_sent,
            NOT_FOUND=not_found),
}  # fmt: skip
"""Each row is a status and the news that counts there; a later row replaces an earlier one."""
