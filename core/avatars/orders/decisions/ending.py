"""Decisions about an order that was taken: it goes on, is made and kept, fails, is cancelled."""

from __future__ import annotations

from dataclasses import replace

from core.avatars.orders.decisions.news import (
    ASKED_ENOUGH,
    CANCELLED,
    CHARGED,
    NEARLY,
    NOTHING,
    RESULT_GONE,
    Case,
    Change,
    Hook,
    What,
)
from core.avatars.orders.order import (
    DAY,
    NO_ERROR,
    NO_SUBMISSION,
    UNDER_WAY,
    Order,
    Status,
    error_of,
)
from core.avatars.orders.submissions import Fate, Submission, error_columns
from core.avatars.ports import Failure


def goes_on(c: Case) -> Change:
    """Progress never goes back, and the person hears of it every few seconds at most."""
    order = c.order
    running = Status.RUNNING in (order.status, c.standing.status)
    started = order.started_at or (c.now if running else None)
    progress = max(order.progress, percent(c, started))
    telling = not 0 <= c.now - order.told_at < c.terms.policy.tick_seconds
    columns: dict[str, object] = {
        "status": Status.RUNNING if running else Status.QUEUED,
        "progress": progress,
        "position": None if running else c.standing.position,
        "started_at": started,
        "queue_seconds": queued(order, started),
        "told_at": c.now if telling else order.told_at,
        # a webhook has come while we asked: what it says is not known yet
        "next_check_at": c.now + c.terms.poll_seconds if order.next_check_at else 0,
        **NO_ERROR,
    }
    place = f"{Status.RUNNING}:{progress}" if running else f"queued:{columns['position']}"
    moved: Hook = "progressed" if progress != order.progress else ""
    return Change(columns, tell=("progress", place) if telling else None, hook=moved)


def percent(c: Case, started: float | None) -> int:
    """What the provider says, else what the usual time makes of it."""
    said = c.standing.percent
    return (
        0
        if said is None and started is None
        else min(c.terms.estimate if said is None else said, NEARLY)
    )


def queued(order: Order, started: float | None) -> float | None:
    """How long it has waited at the provider, once it has begun."""
    if started is None or order.submitted_at is None:
        return None
    return max(0.0, started - float(order.submitted_at))


def begun(order: Order, now: float, took: float | None) -> float | None:
    """When one that was never seen running has begun: it may have done it all since its order."""
    if order.submitted_at is None or took is None:
        return order.submitted_at
    return max(float(order.submitted_at), now - took)


def made(c: Case) -> Change:
    took = c.standing.training_seconds
    started = c.order.started_at or begun(c.order, c.now, took)
    found = {
        "started_at": started,
        "queue_seconds": queued(c.order, started),
        "training_seconds": took,
        "finished_by": c.finished_by,
    }
    if not (c.terms.leaves and c.terms.wanted):
        return completed(c, **found)
    if c.order.saving_at is not None:
        return NOTHING
    cancelling = c.order.status is Status.CANCELLING
    saving = {
        "status": Status.CANCELLING if cancelling else Status.SAVING,
        "saving_at": c.now,
        "position": None,
        "progress": NEARLY,
        "deadline_at": c.now + DAY,
        "next_check_at": 0,
    }
    return Change({**found, **saving, **NO_ERROR}, tell=("progress", "saving"))


def completed(c: Case, **more: object) -> Change:
    return Change(
        {**end(c, Status.COMPLETED, c.order.finished_by), "progress": 100, **NO_ERROR, **more},
        c.over(Fate.COMPLETED, True),
        ("finished", Status.COMPLETED),
        "completed",
        judged=True,
    )


def failed(c: Case) -> Change:
    """One that failed by no fault of ours is sent again; any other is over."""
    theirs = c.failure.error_class == "retry" or c.failure.undelivered
    left = c.order.attempts < c.terms.policy.attempts
    if not (theirs and left and c.order.status in UNDER_WAY):
        return failed_for_good(c, c.finished_by)
    ready = {"status": Status.READY, **NO_SUBMISSION, **c.again(), "finished_by": ""}
    sent = c.over(Fate.FAILED, may_be_charged(c.failure), c.failure)
    return Change(ready, sent, ("progress", f"again:{c.order.attempts}"), judged=True)


def failed_for_good(c: Case, by: str) -> Change:
    adopted = c.sent is not None and c.sent.fate is Fate.TAKEN and c.sent.watch_until is not None
    return Change(
        {**end(c, Status.FAILED, by), **error_of(c.failure)},
        c.over(Fate.FAILED, may_be_charged(c.failure), c.failure),
        ("failed", f"{Status.FAILED}{' again' if adopted else ''}"),
        "ended",
        judged=True,
    )


def impossible(c: Case) -> Change:
    return replace(failed_for_good(c, "us"), sent=c.over(Fate.FAILED, c.news.charged, c.failure))


def given_up(c: Case) -> Change:
    """It is not waited for any more. It may be made still, so its price is booked.

    It is asked after for a while from now on; one that was found once before, no longer than that.
    What was made can't be made later: asking after it would only find it made, and gone.
    """
    if c.order.saving_at is not None:
        return replace(failed_for_good(c, "us"), sent=c.over(Fate.FAILED, True, c.failure))
    watch = None
    if c.sent is not None and c.sent.request_id is not None:
        watch = c.sent.watch_until or c.now + c.terms.policy.watch_seconds
    given_up = {**c.over(Fate.ABANDONED, True, c.failure)}
    if given_up:
        given_up |= {"next_check_at": c.now, "watch_until": watch}
    return replace(failed_for_good(c, "us"), sent=given_up)


def away(c: Case) -> Change:
    if c.failure.undelivered and c.order.failures >= ASKED_ENOUGH:
        return failed(replace(c, news=replace(c.news, by="poll")))
    if c.overdue(DAY):
        return given_up(c)
    return unread(c, Change(c.again())) if c.failure.ended else Change(c.again())


def unread(c: Case, change: Change, failures: int | None = None) -> Change:
    """What came of it can't be had for long. It stays open, for it may be there later.

    Until then its provider has delivered nothing.
    """
    so_far = c.order.failures if failures is None else failures
    if so_far < ASKED_ENOUGH or c.failure.stop_submitting:
        return change  # a key that is refused says nothing of the provider
    if c.sent is None or c.sent.fate is not Fate.TAKEN or c.sent.ended_at is not None:
        return change
    sent = {"ended_at": c.now, **error_columns(c.failure)}
    told = ("progress", f"unread:{c.order.submission}")
    return replace(change, sent=sent, tell=told, judged=True)


# while its result is copied


def kept(c: Case) -> Change:
    return completed(c)


def not_kept(c: Case) -> Change:
    """Try again to copy the result, for it is paid: a day long, or until it is surely gone.

    The person is told at once that it can't be had now, and may stop waiting.
    """
    missing = c.failure.error_type in c.terms.missing
    afresh = missing and c.order.error_type not in c.terms.missing
    failures = 0 if afresh else c.order.failures  # what went wrong before was of another kind
    if (missing and failures + 1 >= c.terms.policy.fetches) or c.overdue():
        why = f"{c.failure.error_type}: {c.failure.message}"
        lost = Failure(RESULT_GONE, "operator", why, c.failure.http_status)
        gone = replace(c, news=replace(c.news, failure=lost, charged=True))
        end = stopped_by_failure if c.order.status is Status.CANCELLING else given_up
        return replace(end(gone), said="a result that is paid for can't be had")
    waits = Change(c.again(failures), tell=c.telling(c.order.status))
    return waits if c.news.what is What.HELD else unread(c, waits, failures)


# while it is cancelled


def stopping(c: Case) -> Change:
    return Change({"next_check_at": c.now + c.terms.poll_seconds})


def stopped(c: Case) -> Change:
    return cancelled(c, CANCELLED, c.news.charged, c.finished_by or "us")


def stopped_by_failure(c: Case) -> Change:
    """One that had begun may be charged, whatever became of it."""
    given_up = c.news.charged or c.news.what is What.GIVEN_UP
    known = c.news.what in (What.IMPOSSIBLE, What.GIVEN_UP, What.AWAY, What.HELD)
    charged = given_up if known else may_be_charged(c.failure)
    by = "us" if known else c.finished_by
    return cancelled(c, c.failure, charged or bool(c.order.started_at), by)


def cancelled(c: Case, failure: Failure, charged: bool, by: str) -> Change:
    why = {} if failure is CANCELLED else error_of(failure)
    return Change(
        {**end(c, Status.CANCELLED, by), **why},
        c.over(Fate.CANCELLED, charged, failure),
        ("cancelled", Status.CANCELLED),
        "ended",
    )


def away_cancelling(c: Case) -> Change:
    if c.order.saving_at is not None:
        return not_kept(c)
    if c.overdue(DAY):
        return stopped(replace(c, news=replace(c.news, charged=True)))
    return unread(c, Change(c.again())) if c.failure.ended else Change(c.again())


def held_cancelling(c: Case) -> Change:
    return not_kept(c) if c.order.saving_at is not None else NOTHING


def end(c: Case, status: Status, by: str) -> dict[str, object]:
    return {
        "status": status,
        "position": None,
        "finished_at": c.now,
        "finished_by": by,
        "data_url": "",
        "intent_at": None,
    }


def made_late(c: Case, again_seconds: float) -> Change:
    """The person's where they can have it, else only booked; while they are busy, it waits."""
    assert c.sent is not None, "it was given up"
    last = c.order.status is Status.FAILED and c.order.submission == c.sent.number
    if c.terms.place == "taken" or not last:
        return Change(sent=made_after_all(c.sent, c.now), hook="unwanted", booked=True)
    if c.terms.place == "busy":
        until = max(float(c.sent.watch_until or 0), c.now + 2 * again_seconds)
        return Change(sent={"next_check_at": c.now + again_seconds, "watch_until": until})
    going: dict[str, object] = {
        "status": Status.RUNNING, "progress": NEARLY, "position": None, "finished_at": None,
        "finished_by": "", "cost_usd": None, "deadline_at": c.now + DAY, "next_check_at": 0,
        "attempts": max(c.order.attempts, c.terms.policy.attempts), **NO_ERROR,
    }  # fmt: skip
    reopened = {"fate": Fate.TAKEN, "cost_usd": None, "ended_at": None, **error_columns(None)}
    said = "an order that was given up was made after all"
    return Change(going, reopened, hook="resumed", said=said)


def made_after_all(sent: Submission, now: float) -> dict[str, object]:
    """The columns of a submission that had ended otherwise, and was made and is paid for."""
    if sent.fate is Fate.COMPLETED:
        return {}
    done = {"fate": Fate.COMPLETED, "cost_usd": sent.price_usd, "ended_at": now}
    return {**done, "watch_until": None}


def may_be_charged(failure: Failure) -> bool:
    """Whether an order that failed like this may have been charged."""
    return failure.error_class == "person" or failure.http_status in CHARGED
