"""What the pages say of trainings is what a stranger counts from the definitions.

On both databases, over made-up people and rows as no story tells them, around days on which the
clocks change.
"""

from __future__ import annotations

import datetime
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.base import db
from tests.dashboard import drawn
from tests.dashboard.numbers.counting import (
    BERLIN,
    DAY,
    Case,
    change,
    dashed,
    dollars,
    in_slots,
    moment,
    stack,
    success,
)
from tests.metrics.history import quantile
from tests.metrics.recount import ENDED, Period, Recount, paid, took, waited


def test_the_four_metrics_and_what_they_were_before(
    case: Case, see: Callable[..., AppTest], rows: Recount
) -> None:
    tab, period = see("overview"), case.period
    shown = drawn.metrics(tab)
    created, past = rows.created(period), rows.created(period.before)
    assert shown["Avatars created"].value == f"{len(created):,}"
    assert shown["Avatars created"].delta == change(len(created), len(past))
    assert drawn.line(shown["Avatars created"]) == in_slots(period, created)
    ended, earlier = rows.ended(period), rows.ended(period.before)
    now, before = success(ended), success(earlier)
    assert now is not None
    assert shown["Training success"].value == f"{100 * now:.1f}%"
    moved = "" if before is None else f"{100 * (now - before):+.1f}"
    delta = f"{moved} pp" if moved.strip("+-0.") else ""
    assert shown["Training success"].delta == delta
    by_slot: dict[Any, list[tuple[float, str]]] = defaultdict(list)
    for ending in ended:
        by_slot[period.slot(ending[0])].append(ending)
    shares = [success(by_slot[slot]) for slot in period.slots()]
    line = [100 * value for value in shares if value is not None]
    assert drawn.line(shown["Training success"]) == pytest.approx(line)
    failed, failed_before = rows.failures(period), rows.failures(period.before)
    calls, calls_before = rows.calls(period), rows.calls(period.before)
    share = 100 * len(failed) / len(calls)
    assert shown["fal errors"].value == f"{len(failed):,} · {share:.1f}%"
    points = f"{share - 100 * len(failed_before) / len(calls_before):+.1f}" if calls_before else ""
    assert shown["fal errors"].delta == (f"{points} pp" if points.strip("+-0.") else "")
    assert drawn.line(shown["fal errors"]) == in_slots(period, [e.at for e in failed])
    medians = rows.quantiles(period, took, 0.5)
    medians_before = rows.quantiles(period.before, took, 0.5)
    for kind in ("portrait", "style"):
        metric = shown[f"Training time: {kind}"]
        median = medians.get(kind)
        assert metric.value == ("–" if median is None else lasting(median))
        both = median is not None and kind in medians_before
        longer = round(median) - round(medians_before[kind]) if both else 0
        delta = f"{'+' if longer > 0 else '-'}{lasting(abs(longer))}" if longer else ""
        assert metric.delta == delta
    endings = Counter((period.slot(moment), status) for moment, status in ended)
    assert stack(period, drawn.chart(tab, "trainings")) == endings
    avatars = Counter((period.slot(moment), "avatars") for moment in created)
    assert stack(period, drawn.chart(tab, "avatars")) == avatars
    once = in_slots(period.before, [moment for moment, _ in earlier])
    assert dashed(drawn.chart(tab, "trainings")) == once
    assert dashed(drawn.chart(tab, "avatars")) == in_slots(period.before, past)


def test_alerts_and_deployments_are_marked(case: Case, see: Callable[..., AppTest]) -> None:
    db.run("DELETE FROM deployments")
    for at, version in ((case.start, "1.0"), (case.end, "1.1")):
        db.run("INSERT INTO deployments (at, version) VALUES (?, ?)", at, version)
    fired = [at for (at,) in db.run("SELECT fired_at FROM alerts") if case.period.holds(at)]
    for subject, at in (("first", case.start), ("too late", case.end)):
        db.run(
            "INSERT INTO alerts (rule, subject, value, threshold, fired_at) "
            "VALUES ('queue', ?, 12, 10, ?)",
            *(subject, at),
        )
    drawn_rows = drawn.chart(see("overview"), "avatars")
    marks = [row for row in drawn_rows if row["mark"] == row["mark"]]
    start = datetime.datetime.fromtimestamp(case.start, BERLIN).replace(tzinfo=None)
    alarms, others = ([m for m in marks if m["alarm"] is which] for which in (True, False))
    assert len(alarms) == len(fired) + 1
    assert start in [mark["mark"].to_pydatetime() for mark in alarms]
    assert [(m["event"], m["mark"].to_pydatetime()) for m in others] == [("Version 1.0", start)]


def lasting(seconds: float) -> str:
    """Its two largest units, the smaller one rounded; below a second, a tenth."""
    if 0 < seconds < 0.95:
        return f"{seconds:.1f} s"
    names = {86_400: "d", 3600: "h", 60: "min", 1: "s"}
    total = math.floor(seconds + 0.5) if seconds % 1 != 0.5 else round(seconds)
    for larger, smaller in ((86_400, 3600), (3600, 60), (60, 1)):
        if total >= larger:
            n = (2 * total + smaller) // (2 * smaller)
            whole, rest = divmod(n, larger // smaller)
            tail = f" {rest} {names[smaller]}" if rest else ""
            if (larger, whole) in ((3600, 24), (60, 60)):
                return "1 d" if larger == 3600 else "1 h"
            return f"{whole} {names[larger]}{tail}"
    return f"{total} s"


def waits(now: float, since: list[float]) -> str:
    if not since:
        return "none waits"
    return f"{len(since)} waiting, the oldest for {lasting(max(0.0, now - min(since)))}"


def test_what_waits_and_who_is_silent(
    case: Case, see: Callable[..., AppTest], rows: Recount
) -> None:
    cells, now, period = drawn.badges(see("overview")), case.now, case.period
    texts = {label: text for label, (_, text) in cells.items()}
    events = [e for e in rows.inbox if e.handled_at is None and e.failed_at is None]
    assert texts["Unhandled events"] == waits(now, [e.received_at for e in events])
    unshown = [
        c.differs_since
        for c in rows.conversations.values()
        if c.revision > c.shown_revision and not c.unreachable
        and c.channel not in ("web", "console")
    ]  # fmt: skip
    assert texts["Unshown screens"] == waits(now, unshown)
    there = [r for r in rows.runs if period.takes(r)]
    begun = [r.created_at for r in there
             if r.status in ("ready", "preparing", "submitting", "queued")]  # fmt: skip
    assert texts["Trainings in the queue"] == waits(now, begun)
    due = [r.next_check_at for r in there
           if r.status not in ENDED and 0 < r.next_check_at < now]  # fmt: skip
    assert texts["Overdue trainings"] == waits(now, due)
    calls = [e for e in rows.events if rows.of_mode(period, e)]
    well, failed = (max(e.at for e in calls if bool(e.ok) is ok) for ok in (True, False))
    answered = f"answered {lasting(max(0.0, now - well))} ago"
    assert texts["fal"] == ("the last call failed" if failed > well else answered)
    assert cells["web page"] == ("red", "machine:1 1\nstorage: gone")
    assert cells["worker"] == ("green", "machine:0 1")


def long(now: float | None, before: float | None) -> str:
    """By how much a length of time has changed."""
    by = 0 if now is None or before is None else round(now) - round(before)
    return f"{'+' if by > 0 else '-'}{lasting(abs(by))}" if by else ""


def test_how_long_trainings_take_and_wait(
    case: Case, see: Callable[..., AppTest], rows: Recount
) -> None:
    tab, period = see("training"), case.period
    shown = [(m.label, m.value, m.delta) for m in tab.metric if re.search(r"\bp\d\d\b", m.label)]
    expected = []
    for of in (took, waited):
        for kind in ("portrait", "style"):
            n = len(rows.seconds(period, of).get(kind, []))
            for name, q in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
                now, before = (rows.quantiles(p, of, q).get(kind) for p in (period, period.before))
                weak = f":gray[{name}]" if q == 0.99 and n < 100 else name
                label = weak if of is took else f"{kind}: {name}"
                value = "–" if now is None else lasting(now)
                expected.append((label, value, long(now, before)))
    assert sorted(shown) == sorted(expected)
    seconds = rows.seconds(period, took)
    longest = max(rows.quantiles(period, took, 0.99).values())
    width = max(1, math.ceil(longest / 40))
    bars = Counter((value // width, kind) for kind, them in seconds.items() for _, value in them)
    within = {bar: n for bar, n in bars.items() if bar[0] * width <= 1.5 * longest}
    histogram = drawn.chart(tab, "trainings")
    drawn_bars = {(round(row["from"] * 60 / width), row["kind"]): row["value"] for row in histogram}
    assert drawn_bars == within
    beyond = bars.total() - sum(within.values())
    captions = [caption.value for caption in tab.caption]
    assert any(text.endswith(f"not drawn: {beyond}") for text in captions) or not beyond


def test_the_band_of_each_type_over_time(
    case: Case, see: Callable[..., AppTest], rows: Recount
) -> None:
    tab, period = see("training"), case.period
    span = period.end - period.start
    bands = [found for spec, found in drawn.charts(tab) if drawn.title(spec, "y") == "minutes"]
    for kind in ("portrait", "style"):
        now: dict[Any, list[float]] = defaultdict(list)
        for ended, value in rows.seconds(period, took).get(kind, []):
            now[period.slot(ended)].append(value)
        before: dict[Any, list[float]] = defaultdict(list)
        for ended, value in rows.seconds(period.before, took).get(kind, []):
            before[period.before.slot(ended)].append(value)
        if len(now) < 2:
            continue
        band = bands.pop(0)
        own = [row for row in band if row["p50"] == row["p50"]]
        assert len(own) == len(now)
        for row, them in zip(own, (now[slot] for slot in sorted(now)), strict=True):
            assert row["n"] == len(them)
            assert row["p50"] == pytest.approx(quantile(them, 0.5) / 60)
            assert row["p90"] == pytest.approx(quantile(them, 0.9) / 60)
        past = [row for row in band if row["before"] == row["before"]]
        medians = [quantile(before[slot], 0.5) / 60 for slot in sorted(before)]
        assert [row["before"] for row in past] == pytest.approx(medians)
        for row in past:
            clock = row["start"].to_pydatetime().replace(tzinfo=BERLIN).timestamp()
            assert period.start - 3600 <= clock <= period.start + span + 3600
    assert not bands


def test_the_success_and_the_cost_of_each_type(
    case: Case, see: Callable[..., AppTest], rows: Recount
) -> None:
    tab, period = see("training"), case.period
    shown = {name: [m.value for m in tab.metric if m.label == name]
             for name in ("Success", "A trained avatar")}  # fmt: skip
    rates, costs = [], []
    for kind in ("portrait", "style"):
        endings = Counter(r.status for r in rows.ended_runs(period) if r.training_type == kind)
        endings.update(e.status for e in rows._entries(period) if e.training_type == kind)
        judged = endings["completed"] + endings["failed"]
        rates.append(f"{100 * endings['completed'] / judged:.1f}%" if judged else "–")
        them = [(status, usd) for _, of, _, status, usd in rows.booked(period) if of == kind]
        done = sum(status == "completed" for status, _ in them)
        paid_for = sum(usd for status, usd in them if status in ENDED)
        costs.append(pytest.approx(paid_for / done, abs=0.0051) if done else None)
    assert shown["Success"] == rates
    assert [dollars(cost) for cost in shown["A trained avatar"]] == costs


def test_the_runs_that_ended_are_listed_and_drawn(
    case: Case, see: Callable[..., AppTest], rows: Recount
) -> None:
    tab = see("training")
    ended = rows.ended_runs(case.period)
    assert len(ended) < 500
    listed = {row["id"].replace("-", ""): row for row in drawn.table(tab, "took", "waited")}
    assert listed.keys() == {run.id for run in ended}
    for run in ended:
        row = listed[run.id]
        assert row["status"] == run.status
        assert row["test_mode"] == bool(run.test_mode)
        assert row["cost_usd"] == pytest.approx(paid(run))
        for name, of in (("took", took), ("waited", waited)):
            value = of(run)
            if value is None:
                assert row[name] is None or math.isnan(row[name])
            else:
                assert row[name] == pytest.approx(value)
        assert moment(row["created_at"]) == pytest.approx(run.created_at)
        assert moment(row["finished_at"]) == pytest.approx(run.finished_at)
    bars = drawn.chart(tab, "minutes, each run")
    drawn_bars = Counter((row["kind"], round(row["value"], 3)) for row in bars)
    known = [(run.status, took(run)) for run in ended]
    assert drawn_bars == Counter(
        (s, round(value / 60, 3)) for s, value in known if value is not None
    )
    missing = sum(value is None for _, value in known)
    captions = [caption.value for caption in tab.caption]
    assert any(text.endswith(f"not drawn: {missing}") for text in captions) or not missing


def test_what_runs_now_against_the_usual_time(
    case: Case, see: Callable[..., AppTest], rows: Recount
) -> None:
    tab, period = see("running"), case.period
    active = [r for r in rows.runs if r.status not in ENDED and period.takes(r)]
    assert {row["id"].replace("-", "") for row in drawn.table(tab, "status", "progress")} == {
        run.id for run in active
    }
    month = Period(case.now - 30 * DAY, case.now, case.mode, BERLIN)
    usual, late = (rows.quantiles(month, took, q) for q in (0.5, 0.99))
    ((_, bars),) = drawn.charts(tab)
    oldest = sorted(active, key=lambda run: run.created_at)[:60]
    assert len(bars) == len(oldest)
    expected: Counter[Any] = Counter()
    for run in oldest:
        begun = run.created_at if run.started_at is None else run.started_at
        minutes = (case.now - begun) / 60
        kind = run.training_type
        flagged = run.started_at is not None and minutes * 60 > late.get(kind, math.inf)
        name = f"{'⚠ ' if flagged else ''}{kind}"
        expected[name, run.status, round(minutes, 3), round(usual[kind] / 60, 3)] += 1
    shown = Counter(
        (row["run"].rsplit(" ", 2)[0], row["kind"], round(row["minutes"], 3),
         round(row["usual"], 3))
        for row in bars
    )  # fmt: skip
    if len(active) <= 60:
        assert shown == expected
