"""Who came and how far they got, who came back, photos, forecast and waste: counted once more."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.operation.metrics import cost
from core.operation.metrics.journey.cohort import AFTER, STAGES
from dashboard.codes import STAGE
from tests.dashboard import drawn
from tests.dashboard.numbers.counting import BERLIN, DAY, Case, stack
from tests.metrics.recount import Recount, paid

AMONG: list[dict[str, str]] = [{}, {"channel": "web", "speaks": "ru"}]


def came(rows: Recount, case: Case, among: dict[str, str]) -> list[Any]:
    """The conversations that began in the period, of a channel and a language."""
    chosen = among.get("channel", ""), among.get("speaks", "")
    return [
        conversation
        for conversation in rows.conversations.values()
        if case.period.holds(conversation.created_at) and rows.among(conversation.id, *chosen)
    ]


def farthest(rows: Recount, case: Case) -> dict[Any, int]:
    """The number of each conversation's farthest stage since the period began."""
    number = {state: n for n, states in enumerate(STAGES.values()) for state in states}
    found: dict[Any, int] = defaultdict(int)
    for move in rows.moves:
        if move.at >= case.start and move.source != move.dest and move.dest in number:
            found[move.conversation_id] = max(found[move.conversation_id], number[move.dest])
    return found


@pytest.mark.parametrize("among", AMONG, ids=str)
def test_how_far_those_got_who_came(
    case: Case, see: Callable[..., AppTest], rows: Recount, among: dict[str, str]
) -> None:
    tab, them = see("funnel", **among), came(rows, case, among)
    got = farthest(rows, case)
    totals = [sum(got[one.id] >= n for one in them) for n in range(len(STAGES))]
    assert totals[0] == len(them) > 0
    bars = drawn.charts(tab)[0][1]
    assert [(bar["state"], bar["value"]) for bar in bars] == list(
        zip(STAGE.values(), totals, strict=True)
    )
    assert bars[1]["said"] == f"{totals[1]:,} · {100 * totals[1] / totals[0]:.0f}%"
    shown = drawn.table(tab, "stage", "lost")
    assert [row["people"] for row in shown] == totals
    for (before, now), row in zip(pairwise(totals), shown[1:], strict=True):
        assert row["share"] == pytest.approx(100 * now / totals[0])
        if before:
            assert row["lost"] == pytest.approx(100 * (before - now) / before)
    groups = Counter((one.channel, rows.people[one.user_id].language) for one in them)
    listed = drawn.table(tab, "language", "trained")
    assert {(row["channel"], row["language"]): row["came"] for row in listed} == groups
    for row in listed:
        own = [one for one in them if (one.channel, rows.people[one.user_id].language)
               == (row["channel"], row["language"])]  # fmt: skip
        for n, stage in list(enumerate(STAGES))[1:]:
            reached = sum(got[one.id] >= n for one in own)
            assert row[stage] == pytest.approx(100 * reached / len(own))


@pytest.mark.parametrize("among", AMONG, ids=str)
def test_who_comes_back(
    case: Case, see: Callable[..., AppTest], rows: Recount, among: dict[str, str]
) -> None:
    them, now = came(rows, case, among), case.now // 60 * 60
    listed = {row["days"]: row for row in drawn.table(see("funnel", **among), "days", "back")}
    assert tuple(listed) == AFTER
    for days, row in listed.items():
        old = [one for one in them if one.created_at <= now - days * DAY]
        back = sum(one.active_at >= one.created_at + days * DAY for one in old)
        assert (row["came"], row["back"]) == (len(old), back)
        if old:
            assert row["share"] == pytest.approx(100 * back / len(old))


def test_photos_that_are_accepted(case: Case, see: Callable[..., AppTest], rows: Recount) -> None:
    tab, period = see("photos"), case.period
    verdicts: dict[str, Counter[str]] = defaultdict(Counter)
    slots: Counter[Any] = Counter()
    for photo in rows.photos:
        if not period.holds(photo.created_at) or photo.validation_status == "pending":
            continue
        kind = "accepted" if photo.validation_status == "valid" else "refused"
        through = rows.conversations.get(photo.conversation_id)
        verdicts[through.channel if through else ""][kind] += 1
        slots[period.slot(photo.created_at), kind] += 1
    listed = {row["channel"]: row for row in drawn.table(tab, "channel", "accepted")}
    assert listed.keys() == verdicts.keys()
    for channel, counted in verdicts.items():
        row = listed[channel]
        assert (row["accepted"], row["refused"]) == (counted["accepted"], counted["refused"])
        assert row["percent"] == pytest.approx(100 * counted["accepted"] / counted.total())
    whole: Counter[str] = sum(verdicts.values(), Counter())
    shown = drawn.metrics(tab)
    assert shown["Photos"].value == f"{whole.total():,}"
    assert shown["Accepted"].value == f"{100 * whole['accepted'] / whole.total():.1f}%"
    assert shown["Refused"].value == f"{whole['refused']:,}"
    assert stack(period, drawn.chart(tab, "photos")) == slots


def test_what_was_wasted_and_on_what(
    case: Case, see: Callable[..., AppTest], rows: Recount
) -> None:
    tab, period = see("cost"), case.period
    lost: dict[tuple[str, str], list[float]] = defaultdict(list)
    for r in rows.runs:
        if period.holds(r.created_at) and period.takes(r) and r.status in ("failed", "cancelled"):
            reason = "cancelled" if r.status == "cancelled" else r.error_type
            lost[reason, r.training_type].append(paid(r))
    for entry in rows._entries(period):
        if entry.status in ("failed", "cancelled"):
            lost["forgotten", entry.training_type].append(entry.usd)
    listed = drawn.table(tab, "reason", "usd")
    assert {(row["reason"], row["training_type"]) for row in listed} == lost.keys()
    for row in listed:
        own = lost[row["reason"], row["training_type"]]
        assert (row["usd"], row["runs"]) == (pytest.approx(sum(own)), len(own))
    wasted = sum(row["usd"] for row in listed)
    assert drawn.metrics(tab)["Wasted"].value == f"${wasted:,.2f}"
    for row in drawn.table(tab, "kind", "each"):
        them = [(status, usd) for _, kind, _, status, usd in rows.booked(period)
                if kind == row["kind"]]  # fmt: skip
        done = sum(status == "completed" for status, _ in them)
        assert row["trained"] == done
        assert row["total"] == pytest.approx(sum(usd for _, usd in them))
        over = sum(usd for status, usd in them if status in ("completed", "failed", "cancelled"))
        assert row["each"] == pytest.approx(over / done) if done else row["each"] is None


def test_what_the_day_will_have_cost(case: Case, rows: Recount) -> None:
    clock = datetime.datetime.fromtimestamp(case.now, BERLIN)
    rest, days = 0.0, 0
    orders = [order for order in rows.submissions if not rows.order[order.run_id].test_mode]
    first = min(order.sent_at for order in orders)
    for ago in range(1, 8):
        then = clock - datetime.timedelta(days=ago)
        end = datetime.datetime.combine(
            then.date() + datetime.timedelta(days=1), datetime.time(), BERLIN
        ).timestamp()
        days += first < end
        rest += sum(paid(order) for order in orders if then.timestamp() <= order.sent_at < end)
    sent = cost.sent_today("Europe/Berlin", case.now, "production")
    found = cost.forecast("Europe/Berlin", case.now, "production")
    assert found == pytest.approx(sent + rest / days)


def test_what_waits_is_listed_as_it_is_counted(
    case: Case, see: Callable[..., AppTest], rows: Recount
) -> None:
    listed = Counter(row["kind"] for row in drawn.table(see("operations"), "kind", "since"))
    events = [e for e in rows.inbox if e.handled_at is None and e.failed_at is None]
    unshown = [
        c
        for c in rows.conversations.values()
        if c.revision > c.shown_revision and not c.unreachable
        and c.channel not in ("web", "console")
    ]  # fmt: skip
    assert len(events) + len(unshown) < 200
    assert listed == +Counter({"event": len(events), "screen": len(unshown)})
