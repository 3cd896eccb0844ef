"""What the pages say of people, money and fal is what a stranger counts from the definitions.

On both databases, over made-up people and rows as no story tells them, around days on which the
clocks change.
"""

from __future__ import annotations

import datetime
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.avatars.photos.inspection.verdict import MISTAKABLE
from core.operation.metrics.errors import Group
from dashboard.codes import STATE
from dashboard.pages.funnel import WAY
from tests.dashboard import drawn
from tests.dashboard.numbers.counting import BERLIN, BUDGET, Case, in_slots, moment, stack
from tests.metrics.history import quantile, table
from tests.metrics.recount import Period, Recount


def test_what_fal_said(case: Case, see: Callable[..., AppTest], rows: Recount) -> None:
    tab, period = see("errors"), case.period
    failed = rows.failures(period)
    expected = Counter((period.slot(event.at), "failed") for event in failed)
    assert stack(period, drawn.chart(tab, "failed calls")) == expected
    groups = rows.groups(period)
    shown = drawn.table(tab, "news", "trend")
    assert len(shown) == len(groups) <= 20
    assert [row["n"] for row in shown] == sorted(map(len, groups.values()), reverse=True)
    for row in shown:
        key = (row["endpoint"], row["error_type"], row["message"])
        events = groups[key]
        assert row["n"] == len(events)
        assert row["users"] == rows.users_of(events)
        assert list(row["trend"]) == in_slots(period, [event.at for event in events])
        assert moment(row["first"]) == pytest.approx(min(event.at for event in events))
        assert moment(row["last"]) == pytest.approx(max(event.at for event in events))
        assert moment(row["ever"]) == pytest.approx(rows.ever(key))
        assert row["news"] == ("new" if rows.ever(key) >= period.start else "returning")
    listed = drawn.table(tab, "took", "waited")
    assert {row["id"].replace("-", "") for row in listed} == rows.unsettled()


def test_a_problem_opened(case: Case, see: Callable[..., AppTest], rows: Recount) -> None:
    period = case.period
    key, events = max(rows.groups(period).items(), key=lambda group: len(group[1]))
    name = Group(*key, "", 0, 0, 0.0, 0.0, 0.0).key
    tab = see("errors", group=name)
    expected = Counter((period.slot(event.at), "failed") for event in events)
    assert stack(period, drawn.chart(tab, "failed calls")) == expected
    listed = drawn.table(tab, "phase", "http_status")
    newest = sorted((event.at for event in events), reverse=True)[:200]
    assert [moment(row["at"]) for row in listed] == pytest.approx(newest)


@pytest.mark.parametrize("among", [{}, {"channel": "web", "speaks": "ru"}], ids=str)
def test_where_people_stop(
    case: Case, see: Callable[..., AppTest], rows: Recount, among: dict[str, str]
) -> None:
    tab, period = see("funnel", who="moved", **among), case.period
    chosen = among.get("channel", ""), among.get("speaks", "")
    reached, stays = rows.reached(period, *chosen), rows.stays(period, *chosen)
    idle = (case.now - 3600) // 60 * 60
    stopped = rows.stopped(period, idle, *chosen)
    bars = drawn.charts(tab)[0][1]
    assert [(bar["state"], bar["value"]) for bar in bars] == [
        (STATE[s], reached.get(s, 0)) for s in WAY
    ]
    shown = {row["state"]: row for row in drawn.table(tab, "reached", "stopped")}
    assert shown.keys() == reached.keys() | stopped.keys()
    for state, row in shown.items():
        assert (row["reached"], row["stopped"]) == (reached.get(state, 0), stopped[state])
        for name, q in (("p50", 0.5), ("p90", 0.9)):
            if state in stays:
                assert row[name] == pytest.approx(quantile(stays[state], q))
            else:
                assert row[name] is None or math.isnan(row[name])


def test_which_photos_are_refused_and_who_knew_better(
    case: Case, see: Callable[..., AppTest], rows: Recount
) -> None:
    tab, period = see("photos"), case.period
    next(found for found in tab.toggle if found.key == "better").set_value(True).run()
    refused = rows.refused(period, "", "")
    listed = drawn.table(tab, "reason", "people")
    assert {row["reason"]: (row["photos"], row["people"]) for row in listed} == {
        reason: (len(them), len({photo.user_id for photo in them}))
        for reason, them in refused.items()
    }
    better = drawn.metrics(tab)["Refusals that people overruled"]
    doubted = overruled = 0
    for photo in rows.photos:
        if period.holds(photo.created_at):
            kept = metadata(photo).get("overruled") in MISTAKABLE
            refusal = photo.validation_status == "invalid" and photo.reason in MISTAKABLE
            doubted += kept or refusal
            overruled += kept
    assert better.value == (f"{100 * overruled / doubted:.1f}%" if doubted else "–")
    assert not doubted or (f"{doubted:,} " in better.help and f" {overruled:,};" in better.help)


def more(usd: float) -> str:
    """A change in dollars; none reads as none."""
    said = f"{'-' if usd < 0 else '+'}${abs(usd):,.2f}"
    return said if said.strip("+-$0.,") else ""


def metadata(photo: Any) -> dict[str, Any]:
    kept = photo.photo_metadata
    found: dict[str, Any] = json.loads(kept) if isinstance(kept, str) else kept
    return found


def test_what_it_costs(case: Case, see: Callable[..., AppTest], rows: Recount) -> None:
    tab, period = see("cost"), case.period
    shown = drawn.metrics(tab)
    booked, before = rows.booked(period), rows.booked(period.before)
    total = sum(usd for *_, usd in booked)
    wasted = rows.spent(period, "failed", "cancelled")
    completed = sum(status == "completed" for _, _, _, status, _ in booked)
    each = (rows.spent(period, "completed") + wasted) / completed
    assert shown["Spent"].value == f"${total:,.2f}"
    assert shown["Spent"].delta == more(total - sum(usd for *_, usd in before))
    assert shown["A successful avatar"].value == f"${each:,.2f}"
    assert shown["Wasted"].value == f"${wasted:,.2f}"
    today = datetime.datetime.fromtimestamp(case.now, BERLIN).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    tomorrow = today + datetime.timedelta(days=1)
    spent_today = rows.sent(Period(today.timestamp(), tomorrow.timestamp(), "test", BERLIN))
    assert shown["Today’s budget"].value == f"${spent_today:,.2f} / ${BUDGET:,.2f}"
    by_slot: dict[Any, float] = defaultdict(float)
    by_profile: dict[Any, list[tuple[str, float]]] = defaultdict(list)
    for ordered, kind, profile, status, usd in booked:
        by_slot[period.slot(ordered), kind] += usd
        by_profile[kind, profile].append((status, usd))
    assert stack(period, drawn.chart(tab, "US dollars")) == pytest.approx(dict(by_slot))
    listed = drawn.table(tab, "profile", "usd")
    assert {(row["training_type"], row["profile"]) for row in listed} == by_profile.keys()
    for row in listed:
        them = by_profile[row["training_type"], row["profile"]]
        assert row["usd"] == pytest.approx(sum(usd for _, usd in them))
        lost = sum(usd for status, usd in them if status in ("failed", "cancelled"))
        assert row["wasted"] == pytest.approx(lost)
        assert row["runs"] == len(them)


def test_deliveries_webhooks_and_what_is_on_its_way_out(
    case: Case, see: Callable[..., AppTest], rows: Recount
) -> None:
    tab, period = see("operations"), case.period
    shown = {label: metric.value for label, metric in drawn.metrics(tab).items()}
    outcomes = Counter(n.outcome for n in rows.notices if period.holds(n.created_at))
    assert shown["Pending notices"] == f"{outcomes['pending'] + outcomes['sending']:,}"
    assert shown["Notices that may have arrived"] == f"{outcomes['uncertain']:,}"
    assert shown["Notices that were refused"] == f"{outcomes['blocked'] + outcomes['failed']:,}"
    chats = rows.conversations.values()
    assert shown["Chats that blocked the bot"] == f"{sum(bool(c.unreachable) for c in chats):,}"
    alone = sum(c.not_before > case.now for c in chats)
    assert shown["Chats to be left alone for now"] == f"{alone:,}"
    ended = rows.ended_runs(period)
    told = [run.finished_at for run in ended if run.finished_by == "webhook"]
    polled = sum(run.finished_by == "poll" for run in ended)
    assert shown["Ends reported by fal"] == f"{len(told):,}"
    last = datetime.datetime.fromtimestamp(max(told), BERLIN)
    assert f"{last:%Y-%m-%d %H:%M:%S}" in drawn.metrics(tab)["Ends reported by fal"].help
    percent = 100 * polled / (polled + len(told))
    assert shown["Ends found by polling"] == f"{polled:,} ({percent:.1f}%)"
    assert shown["Pending deletions"] == f"{len(table('doomed_objects')):,}"
    erasures = drawn.table(tab, "since", "age")
    waiting = sorted(u.erasing_at for u in rows.people.values() if u.erasing_at is not None)
    assert [moment(row["since"]) for row in erasures] == pytest.approx(waiting)
    assert [row["age"] for row in erasures] == pytest.approx(
        [max(0.0, case.now - since) for since in waiting]
    )
    exports = [row for row in table("exports") if row.made_at is None]
    listed = drawn.table(tab, "ordered_at", "age")
    assert sorted(row["id"].replace("-", "") for row in listed) == sorted(e.id for e in exports)
    aside = sorted((e.failed_at for e in rows.inbox if e.failed_at is not None), reverse=True)
    shown_aside = drawn.table(tab, "failed_at", "attempts")
    assert [moment(row["failed_at"]) for row in shown_aside] == pytest.approx(aside)
    audit = sorted(table("audit"), key=lambda row: -int(row.id))
    assert [row["subject"] for row in drawn.table(see("audit"), "subject", "detail")] == [
        row.subject for row in audit
    ]


def test_who_somebody_is(case: Case, see: Callable[..., AppTest], rows: Recount) -> None:
    listed = drawn.table(see("people"), "chat", "avatars")
    latest = sorted((c.active_at for c in rows.conversations.values()), reverse=True)[:50]
    assert [moment(row["active_at"]) for row in listed] == pytest.approx(latest)
    avatars = Counter(a.user_id for a in rows.avatars if a.name)
    runs = Counter(r.user_id for r in rows.runs)
    for row in listed:
        user = row["user_id"].replace("-", "")
        assert (row["avatars"], row["runs"]) == (avatars[user], runs[user])
    user = max(rows.people, key=lambda user: (runs[user], user))
    tab = see("people", user=user)
    mine = [a for a in rows.avatars if a.user_id == user]
    shown = drawn.table(tab, "avatar_type", "updated_at")
    assert {row["id"].replace("-", "") for row in shown} == {avatar.id for avatar in mine}
    trained = drawn.table(tab, "took", "waited")
    assert {row["id"].replace("-", "") for row in trained} == {
        run.id for run in rows.runs if run.user_id == user
    }
    chats = {c.id for c in rows.conversations.values() if c.user_id == user}
    owned = {run.id: run for run in rows.runs if run.user_id == user}
    happened = Counter(
        {
            "turn": sum(move.conversation_id in chats for move in rows.moves),
            "notice": sum(notice.conversation_id in chats for notice in rows.notices),
            "call": sum(event.run_id in owned for event in rows.events),
            "photo": sum(photo.user_id == user for photo in rows.photos),
            "pictures": sum(
                1 + (order.finished_at is not None)
                for order in rows.painted
                if order.user_id == user
            ),
            "action": sum(done.subject.replace("-", "") == user for done in table("audit")),
            "run": len(owned) + sum(r.finished_at is not None for r in owned.values()),
            "avatar": len(mine),
        }
    )
    timeline = drawn.table(tab, "kind", "about")
    assert happened.total() <= 300
    assert Counter(row["kind"] for row in timeline) == +happened
