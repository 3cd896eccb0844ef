"""The table of status and news, row by row: no database, no clock."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from core.avatars.orders.decisions.news import (
    ASKED_ENOUGH,
    NOTHING,
    Change,
    News,
    Terms,
    What,
)
from core.avatars.orders.decisions.table import TABLE, decide, decide_late
from core.avatars.orders.kind import Policy
from core.avatars.orders.order import ACTIVE, DAY, Order, Status
from core.avatars.orders.submissions import Fate, Submission
from core.avatars.ports import ErrorClass, Failure, Handle, Standing

NOW = 1000.0
HANDLE = Handle("o", "p", "r-1", "http://s", "http://r", "http://c")
MADE = Standing("completed", result={"url": "http://w"})
TERMS = Terms(
    Policy(attempts=3, watch_seconds=50.0, tick_seconds=10.0),
    poll_seconds=7.0,
    deadline_seconds=600.0,
    estimate=40,
    missing=("http_404",),
)
ENDS = {Status.COMPLETED, Status.FAILED, Status.CANCELLED}


def failure(error_type: str = "x", error_class: ErrorClass = "retry", **more: Any) -> Failure:
    return Failure(error_type, error_class, "in words", **more)


def order(status: Status, **columns: Any) -> Order:
    plain = {"id": uuid.UUID(int=1), "submission": 1, "attempts": 1, "created_at": 0.0}
    return Order(status=status, **{**plain, **columns})


def sent(fate: Fate = Fate.TAKEN, **columns: Any) -> Submission:
    plain = {"number": 1, "price_usd": 2.0, "request_id": "r-1", "sent_at": 900.0}
    return Submission(fate=fate, **{**plain, **columns})


def decided(was: Order, about: Submission | None, news: News, terms: Terms = TERMS) -> Change:
    return decide(was, about, news, NOW, terms)


def row(status: Status, fate: Fate, news: News, **columns: Any) -> tuple[Any, Any, Any]:
    """The new status, the submission's new fate with its cost, and whom it tells."""
    change = decided(order(status, **columns), sent(fate), news)
    told = change.tell[0] if change.tell else None
    return change.order.get("status"), (change.sent.get("fate"), change.sent.get("cost_usd")), told


S, F, W = Status, Fate, What
LOST = News(W.LOST, failure("lost"))
TAKEN = News(W.TAKEN, handle=HANDLE)
UNTOUCHED = (None, None)

ROWS = [
    (S.READY, F.REFUSED, News(W.HELD, failure("budget")), (S.READY, UNTOUCHED, "progress")),
    (S.PREPARING, F.REFUSED, News(W.HELD, failure("x")), (S.READY, UNTOUCHED, "progress")),
    (S.READY, F.REFUSED, News(W.DELAYED, failure()), (None, UNTOUCHED, None)),
    (S.READY, F.NOT_SENT, TAKEN, (S.QUEUED, (F.TAKEN, None), None)),
    (S.SUBMITTING, F.SENDING, LOST, (S.UNCERTAIN, (F.UNCERTAIN, None), "progress")),
    (S.CANCELLING, F.SENDING, LOST, (None, (F.UNCERTAIN, None), None)),
    (S.SUBMITTING, F.SENDING, TAKEN, (S.QUEUED, (F.TAKEN, None), None)),
    (S.UNCERTAIN, F.UNCERTAIN, TAKEN, (S.QUEUED, (F.TAKEN, None), None)),
    (S.CANCELLING, F.SENDING, TAKEN, (None, (F.TAKEN, None), None)),
    (S.CANCELLED, F.NOT_SENT, TAKEN, (None, (F.TAKEN, None), None)),
    (S.SUBMITTING, F.SENDING, News(W.REFUSED, failure("http_429")),
     (S.READY, (F.REFUSED, 0.0), "progress")),
    (S.SUBMITTING, F.SENDING, News(W.REFUSED, failure("bad", "person")),
     (S.FAILED, (F.REFUSED, 0.0), "failed")),
    (S.CANCELLING, F.SENDING, News(W.REFUSED, failure()), (None, (F.REFUSED, 0.0), None)),
    (S.UNCERTAIN, F.UNCERTAIN, News(W.FOUND, handle=HANDLE), (S.QUEUED, (F.TAKEN, None), None)),
    (S.CANCELLING, F.UNCERTAIN, News(W.FOUND, handle=HANDLE),
     (S.CANCELLING, (F.TAKEN, None), None)),
    (S.UNCERTAIN, F.UNCERTAIN, News(W.NOT_SENT), (S.READY, (F.NOT_SENT, 0.0), None)),
    (S.CANCELLING, F.UNCERTAIN, News(W.NOT_SENT), (S.CANCELLING, (F.NOT_SENT, 0.0), None)),
    (S.UNCERTAIN, F.UNCERTAIN, News(W.NOT_FOUND, seconds=30), (None, UNTOUCHED, None)),
    (S.QUEUED, F.TAKEN, News(W.GOES_ON, standing=Standing("queued", position=2)),
     (S.QUEUED, UNTOUCHED, "progress")),
    (S.QUEUED, F.TAKEN, News(W.GOES_ON, standing=Standing("training", 30)),
     (S.RUNNING, UNTOUCHED, "progress")),
    (S.RUNNING, F.TAKEN, News(W.GOES_ON, standing=Standing("queued")),
     (S.RUNNING, UNTOUCHED, "progress")),
    (S.CANCELLING, F.TAKEN, News(W.GOES_ON, standing=Standing("queued")),
     (None, UNTOUCHED, None)),
    (S.RUNNING, F.TAKEN, News(W.MADE, standing=MADE),
     (S.COMPLETED, (F.COMPLETED, 2.0), "finished")),
    (S.CANCELLING, F.TAKEN, News(W.MADE, standing=MADE),
     (S.COMPLETED, (F.COMPLETED, 2.0), "finished")),
    (S.SAVING, F.TAKEN, News(W.KEPT, standing=MADE), (S.COMPLETED, (F.COMPLETED, 2.0), "finished")),
    (S.RUNNING, F.TAKEN, News(W.FAILED, failure("theirs")), (S.READY, (F.FAILED, 0.0), "progress")),
    (S.RUNNING, F.TAKEN, News(W.FAILED, failure("ours", "operator")),
     (S.FAILED, (F.FAILED, 0.0), "failed")),
    (S.RUNNING, F.TAKEN, News(W.FAILED, failure("faces", "person")),
     (S.FAILED, (F.FAILED, 2.0), "failed")),
    (S.SAVING, F.TAKEN, News(W.FAILED, failure("late")), (S.FAILED, (F.FAILED, 0.0), "failed")),
    (S.CANCELLING, F.TAKEN, News(W.FAILED, failure()),
     (S.CANCELLED, (F.CANCELLED, 0.0), "cancelled")),
    (S.QUEUED, F.TAKEN, News(W.AWAY, failure()), (None, UNTOUCHED, None)),
    (S.RUNNING, F.TAKEN, News(W.GIVEN_UP, failure("deadline", "operator")),
     (S.FAILED, (F.ABANDONED, 2.0), "failed")),
    (S.CANCELLING, F.TAKEN, News(W.GIVEN_UP, failure("deadline")),
     (S.CANCELLED, (F.CANCELLED, 2.0), "cancelled")),
    (S.PREPARING, F.REFUSED, News(W.IMPOSSIBLE, failure()), (S.FAILED, UNTOUCHED, "failed")),
    (S.QUEUED, F.TAKEN, News(W.IMPOSSIBLE, failure()), (S.FAILED, (F.FAILED, 0.0), "failed")),
    (S.CANCELLING, F.TAKEN, News(W.STOPPING), (None, UNTOUCHED, None)),
    (S.CANCELLING, F.TAKEN, News(W.STOPPED), (S.CANCELLED, (F.CANCELLED, 0.0), "cancelled")),
    (S.CANCELLING, F.TAKEN, News(W.STOPPED, charged=True),
     (S.CANCELLED, (F.CANCELLED, 2.0), "cancelled")),
    (S.CANCELLING, F.TAKEN, News(W.AWAY, failure()), (None, UNTOUCHED, None)),
    (S.SAVING, F.TAKEN, News(W.AWAY, failure()), (None, UNTOUCHED, "progress")),
    (S.SAVING, F.TAKEN, News(W.HELD, failure()), (None, UNTOUCHED, "progress")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "fate", "news", "expected"), ROWS, ids=[f"{r[0]} {r[1]} {r[2].what}" for r in ROWS]
)
def test_a_row_of_the_table(status: Status, fate: Fate, news: News, expected: Any) -> None:
    assert row(status, fate, news) == expected


def test_each_of_a_kind_of_news_has_a_row() -> None:
    assert {what for _, what in TABLE} == {*What}


@pytest.mark.parametrize("status", sorted(ENDS))
@pytest.mark.parametrize("what", sorted(set(What) - {What.TAKEN, What.LOST}))
def test_what_is_over_is_changed_by_no_news(status: Status, what: What) -> None:
    news = News(what, failure(), MADE, HANDLE)
    assert decided(order(status), sent(Fate.COMPLETED), news) == NOTHING


@pytest.mark.parametrize("status", ACTIVE)
@pytest.mark.parametrize("what", sorted(What))
def test_an_end_is_judged_told_and_leaves_no_submission_open(status: Status, what: What) -> None:
    change = decided(order(status), sent(), News(what, failure(), MADE, HANDLE))
    if change.order.get("status") in ENDS:
        assert change.order["finished_at"] == NOW
        assert change.sent["fate"] not in (Fate.SENDING, Fate.UNCERTAIN, Fate.TAKEN)
        assert change.tell is not None
        assert change.hook in ("completed", "ended")


def test_no_submission_is_taken_twice() -> None:
    change = decided(order(S.QUEUED, request_id="another"), sent(Fate.SENDING), TAKEN)
    assert (dict(change.order), change.sent["fate"]) == ({}, Fate.TAKEN)
    assert change.said == "an order was taken twice"


def test_a_webhook_that_was_faster_leaves_the_addresses_to_the_answer() -> None:
    change = decided(order(S.RUNNING, request_id="r-1"), sent(Fate.TAKEN), TAKEN)
    assert change.order["status_url"] == "http://s"
    assert change.sent == {}


def test_progress_never_goes_back_and_is_told_every_few_seconds() -> None:
    running = order(S.RUNNING, progress=60, told_at=NOW - 3, next_check_at=NOW)
    change = decided(running, sent(), News(W.GOES_ON, standing=Standing("training", 30)))
    assert (change.order["progress"], change.tell, change.hook) == (60, None, "")
    assert change.order["next_check_at"] == NOW + 7


def test_a_webhook_that_came_while_it_was_asked_after_is_not_forgotten() -> None:
    woken = order(S.RUNNING, next_check_at=0)
    change = decided(woken, sent(), News(W.GOES_ON, standing=Standing("training", 30)))
    assert change.order["next_check_at"] == 0


def test_without_the_providers_word_the_usual_time_says_how_far_it_is() -> None:
    news = News(W.GOES_ON, standing=Standing("training"))
    assert decided(order(S.QUEUED), sent(), news).order["progress"] == 40


def test_a_result_that_is_to_be_kept_is_copied_before_anybody_is_told() -> None:
    keeps = Terms(TERMS.policy, leaves=True)
    news = News(W.MADE, standing=MADE)
    change = decided(order(S.RUNNING), sent(), news, keeps)
    assert (change.order["status"], change.order["saving_at"]) == (S.SAVING, NOW)
    assert change.sent == {}
    assert decided(order(S.SAVING, saving_at=1.0), sent(), news, keeps) == NOTHING
    unwanted = Terms(TERMS.policy, leaves=True, wanted=False)
    assert decided(order(S.RUNNING), sent(), news, unwanted).order["status"] == S.COMPLETED


def test_after_its_last_try_one_that_fails_by_no_fault_of_ours_is_over() -> None:
    assert row(S.RUNNING, F.TAKEN, News(W.FAILED, failure()), attempts=3)[0] == S.FAILED


def test_what_had_begun_before_it_was_cancelled_may_be_charged() -> None:
    stopped = row(S.CANCELLING, F.TAKEN, News(W.FAILED, failure()), started_at=5.0)
    assert stopped[1] == (F.CANCELLED, 2.0)


def test_one_that_is_away_for_a_day_beyond_its_deadline_is_given_up_and_watched() -> None:
    change = decided(order(S.RUNNING, deadline_at=NOW - DAY), sent(), News(W.AWAY, failure()))
    assert (change.order["status"], change.sent["fate"]) == (S.FAILED, F.ABANDONED)
    assert change.sent["watch_until"] == NOW + 50
    unknown = sent(request_id=None)
    assert decided(
        order(S.RUNNING), unknown, News(W.GIVEN_UP, failure())
    ).sent["watch_until"] is None  # fmt: skip


def test_a_result_that_can_not_be_read_for_long_is_judged_once() -> None:
    news = News(W.AWAY, failure(ended=True))
    waiting = order(S.RUNNING, failures=ASKED_ENOUGH)
    change = decided(waiting, sent(), news)
    assert (change.judged, change.sent["ended_at"]) == (True, NOW)
    assert not decided(waiting, sent(ended_at=1.0), news).judged
    assert not decided(order(S.RUNNING), sent(), news).judged
    delivers_nothing = News(W.AWAY, failure(undelivered=True))
    assert decided(waiting, sent(), delivers_nothing).order["status"] == S.READY


def test_a_result_that_is_surely_gone_ends_it_and_is_paid() -> None:
    gone = News(W.AWAY, failure("http_404", http_status=404))
    tried = {"failures": Policy().fetches - 1, "error_type": "http_404", "saving_at": 1.0}
    assert row(S.SAVING, F.TAKEN, gone, **tried) == (S.FAILED, (F.FAILED, 2.0), "failed")
    cancelled = row(S.CANCELLING, F.TAKEN, gone, **tried)
    assert cancelled == (S.CANCELLED, (F.CANCELLED, 2.0), "cancelled")
    afresh = row(S.SAVING, F.TAKEN, gone, **{**tried, "error_type": "http_503"})
    assert afresh[0] is None, "what went wrong before was of another kind"


@pytest.mark.parametrize(
    ("place", "last", "fate", "hook"),
    [
        ("free", True, F.TAKEN, "resumed"),
        ("busy", True, None, ""),
        ("taken", True, F.COMPLETED, "unwanted"),
        ("free", False, F.COMPLETED, "unwanted"),
    ],
)
def test_a_late_success_is_theirs_where_they_can_have_it(
    place: Any, last: bool, fate: Fate | None, hook: str
) -> None:
    over = order(S.FAILED, submission=1 if last else 2)
    given_up = sent(F.ABANDONED, watch_until=NOW + 9)
    terms = Terms(TERMS.policy, place=place)
    change = decide_late(over, given_up, News(W.MADE, standing=MADE), NOW, terms, 120.0)
    assert (change.sent.get("fate"), change.hook) == (fate, hook)
    assert change.order.get("status") == (S.RUNNING if hook == "resumed" else None)


def test_one_that_was_given_up_is_asked_after_until_its_time_is_over() -> None:
    on = News(W.GOES_ON, standing=Standing("queued"))
    watched = decide_late(order(S.FAILED), sent(watch_until=NOW + 9), on, NOW, TERMS, 120.0)
    assert watched.sent == {"next_check_at": NOW + 120, "watch_until": NOW + 9}
    over = decide_late(order(S.FAILED), sent(watch_until=NOW), on, NOW, TERMS, 120.0)
    assert over.sent["watch_until"] is None
    failed = News(W.FAILED, failure("faces", "person"))
    late = decide_late(order(S.FAILED), sent(watch_until=NOW + 9), failed, NOW, TERMS, 120.0)
    assert (late.sent["fate"], late.sent["cost_usd"], late.booked) == (F.FAILED, 2.0, True)
