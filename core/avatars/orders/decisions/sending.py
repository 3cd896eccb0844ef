"""Decisions about an order that is being sent: held, refused, lost, taken, found."""

from __future__ import annotations

from dataclasses import replace

from core.avatars.orders.decisions.ending import failed_for_good
from core.avatars.orders.decisions.news import NOTHING, Case, Change
from core.avatars.orders.order import FINDABLE, NO_ERROR, Status, error_of, handle_columns
from core.avatars.orders.submissions import NOTHING_ORDERED, Fate, error_columns


def held(c: Case) -> Change:
    return Change({"status": Status.READY, **c.again()}, tell=c.telling(Status.READY))


def delayed(c: Case) -> Change:
    return Change(c.again())


def refused(c: Case) -> Change:
    """Nothing was ordered. It waits for the operator or for time; the person's faults end it."""
    refused = refusal(c)
    if c.failure.error_class == "person":
        return replace(failed_for_good(c, "us"), sent=refused)
    waits = {"status": Status.READY, "intent_at": None, **c.again()}
    return Change(waits, refused, c.telling(Status.READY))


def refused_in_vain(c: Case) -> Change:
    return Change({"intent_at": None, "next_check_at": 0}, refusal(c))


def refusal(c: Case) -> dict[str, object]:
    free = {"cost_usd": 0.0, "answered_at": c.now, "ended_at": c.now}
    return c.fate((Fate.SENDING,), Fate.REFUSED, **free, **error_columns(c.failure))


def lost(c: Case) -> Change:
    """It is never sent again by itself."""
    columns = {"status": Status.UNCERTAIN, **error_of(c.failure)}
    said = "nobody knows whether an order was taken"
    return replace(lost_meanwhile(c), order=columns, tell=c.telling(Status.UNCERTAIN), said=said)


def lost_meanwhile(c: Case) -> Change:
    """One that its person has stopped stays in `cancelling` until that is known."""
    return Change(sent=c.fate((Fate.SENDING,), Fate.UNCERTAIN, **error_columns(c.failure)))


def taken(c: Case) -> Change:
    """Ask after it from now on; one that was taken for lost meanwhile is found again.

    One that is being cancelled keeps the deadline of that.
    """
    accepted = acceptance(c)
    if not accepted:  # a webhook was faster than the answer, and may have ended the order
        known = c.order.request_id == c.handle.request_id
        return Change(handle_columns(c.handle)) if known else NOTHING
    if c.order.request_id not in (None, c.handle.request_id):
        return Change(sent=accepted, said="an order was taken twice")
    ordered: dict[str, object] = {
        **handle_columns(c.handle),
        **NO_ERROR,
        "attempts": c.order.attempts + 1,
        "intent_at": None,
        "submitted_at": c.now,
        "next_check_at": 0,
    }
    if c.order.status is Status.CANCELLING:
        return Change(ordered, accepted)
    if c.order.status not in FINDABLE:
        return Change(sent=accepted)
    queued = {"status": Status.QUEUED, "deadline_at": c.now + c.terms.deadline_seconds}
    return Change({**ordered, **queued}, accepted)


def acceptance(c: Case) -> dict[str, object]:
    return c.fate(
        (Fate.SENDING, Fate.UNCERTAIN, *NOTHING_ORDERED),
        Fate.TAKEN,
        **handle_columns(c.handle),
        answered_at=c.now,
        cost_usd=None,
        ended_at=None,
        **error_columns(None),
    )


def found(c: Case) -> Change:
    """Go on as if its answer had come."""
    cancelling = c.order.status is Status.CANCELLING
    columns: dict[str, object] = {
        "status": Status.CANCELLING if cancelling else Status.QUEUED,
        "request_id": c.handle.request_id,
        "attempts": c.order.attempts + 1,
        "submitted_at": c.order.intent_at or c.now,
        "deadline_at": c.now + c.terms.deadline_seconds,
        "intent_at": None,
        "next_check_at": 0,
        **NO_ERROR,
    }
    by = {"finished_by": c.news.by} if c.news.by else {}
    return Change({**columns, **by}, acceptance(c), said="a lost order was found")


def not_sent(c: Case) -> Change:
    status = Status.READY if c.order.status is Status.UNCERTAIN else c.order.status
    free = {"cost_usd": 0.0, "ended_at": c.now}
    return Change(
        {"status": status, "intent_at": None, "next_check_at": 0, **NO_ERROR},
        c.fate((Fate.SENDING, Fate.UNCERTAIN), Fate.NOT_SENT, **free),
    )


def not_found(c: Case) -> Change:
    return Change({"next_check_at": c.now + c.news.seconds, "failures": c.order.failures + 1})
