"""How long trainings take, how they end and what they cost: both types side by side."""

from __future__ import annotations

import math

import streamlit as st

from core.operation.metrics import cost, overview, training
from dashboard import charts, codes, lines
from dashboard.axes import ceiling, told
from dashboard.cards import alarms, lists, run
from dashboard.formats import dearer, lasting, longer, money, moved, number, percent
from dashboard.view import View

TYPES = ("portrait", "style")
ENOUGH = 100
"""Below so many runs a p99 says little."""
BARS = 40
WIDTH = 155
"""Pixels of a number: two stand side by side on a telephone."""
LONGEST = 1.5
"""The histogram ends at so many times the longest p99."""


def draw(view: View) -> None:
    """The page."""
    if run.opened(view):
        return
    t = view.t
    st.subheader(t("Training time"), anchor=False)
    took = view.ask(training.times, view.scope)
    for kind, column in zip(TYPES, st.columns(2), strict=True):
        with column:
            _numbers(view, kind)
    _bands(view)
    st.subheader(t("Wait in the queue"), anchor=False)
    for kind, column in zip(TYPES, st.columns(2), strict=True):
        with column:
            _waits(view, kind)
    st.subheader(t("Distribution of training times"), anchor=False)
    _histogram(view, took)
    _ended(view)


def _numbers(view: View, kind: str) -> None:
    """Quantiles, success and cost of a type, each against the period before."""
    t, scope = view.t, view.scope
    now, past = (
        {times.training_type: times for times in view.ask(training.times, s)}.get(kind)
        for s in (scope, scope.before)
    )
    told = t("Completed trainings; the wait in the queue is apart.")
    n = now.n if now else 0
    st.markdown(
        f"**{codes.word(t, codes.TYPE, kind)}** · "
        + t.n("{n} training completed", "{n} trainings completed", n)
    )
    beside = st.container(horizontal=True)
    for name in ("p50", "p90", "p99"):
        weak = name == "p99" and n < ENOUGH
        value, before = (getattr(times, name) if times else None for times in (now, past))
        beside.metric(
            f":gray[{name}]" if weak else name, lasting(t, value), longer(t, value, before),
            delta_color="inverse", width=WIDTH,
            help=t("Fewer than {n} runs: not conclusive.", n=ENOUGH) if weak else told,
        )  # fmt: skip
    ended, earlier = (
        view.ask(overview.outcomes_by_type, s).get(kind) for s in (scope, scope.before)
    )
    rate, rated = (found.success if found else None for found in (ended, earlier))
    beside.metric(
        t("Success"), percent(t, rate), moved(t, rate, rated), width=WIDTH,
        help=t("completed ÷ (completed + failed), of the trainings that ended in the period."),
    )  # fmt: skip
    spent, once = (view.ask(cost.spent_by_type, s).get(kind) for s in (scope, scope.before))
    each, cheaper = (found.each if found else None for found in (spent, once))
    beside.metric(
        t("A trained avatar"), money(t, each), dearer(t, each, cheaper), delta_color="inverse",
        width=WIDTH,
        help=t(
            "What the trainings of the period that have ended cost, divided by how many of them "
            "were completed."
        ),
    )  # fmt: skip


def _bands(view: View) -> None:
    """The p50–p90 band of each type: one axis of time, one of minutes."""
    t, scope = view.t, view.scope
    now = view.ask(training.times_by_time, scope)
    before = view.ask(training.times_by_time, scope.before)
    top, span = ceiling([at.p90 for at in now]), scope.end - scope.start
    edges = (*scope.before.buckets, *scope.buckets)
    marks = alarms.marks(view)
    middles = {bucket.start: (bucket.start + bucket.end) / 2 for bucket in edges}
    for kind, column in zip(TYPES, st.columns(2), strict=True):
        rows = [
            {
                "start": at.start,
                "middle": middles[at.start],
                "p50": at.p50,
                "p90": at.p90,
                "n": at.n,
            }
            for at in now
            if at.training_type == kind
        ]
        past = [
            {"start": at.start + span, "middle": middles[at.start] + span, "before": at.p50}
            for at in before
            if at.training_type == kind
        ]
        with column:
            if len(rows) > 1:
                lines.band(view, [*rows, *past], kind, t("minutes"), top, marks)
            else:
                st.caption(t("Too few trainings for a chart over time."))
    if now:
        st.caption(
            t("The line is the median, the band goes up to the p90; dashed: the period before.")
        )
        if marks:
            st.caption(alarms.explained(view, marks))
        told(view, top, lambda seconds: lasting(t, seconds))


def _waits(view: View, kind: str) -> None:
    t, scope = view.t, view.scope
    now, past = (
        {times.training_type: times for times in view.ask(training.waits, s)}.get(kind)
        for s in (scope, scope.before)
    )
    beside = st.container(horizontal=True)
    for name in ("p50", "p90", "p99"):
        value, before = (getattr(times, name) if times else None for times in (now, past))
        beside.metric(
            f"{codes.word(t, codes.TYPE, kind)}: {name}", lasting(t, value),
            longer(t, value, before), delta_color="inverse", width=WIDTH,
            help=t("From the submission to the start, of completed trainings."),
        )  # fmt: skip


def _histogram(view: View, took: list[training.Times]) -> None:
    t = view.t
    longest = max((times.p99 for times in took), default=0.0)
    if longest <= 0:
        st.caption(t("No training was completed in the period."))
        return
    width = float(max(1, math.ceil(longest / BARS)))
    bars = view.ask(training.histogram, view.scope, width)
    rows = [
        {"from": bar.seconds / 60, "kind": bar.training_type, "value": bar.n}
        for bar in bars
        if bar.seconds <= LONGEST * longest
    ]
    charts.histogram(view, rows, t("minutes"), t("trainings"), t("type"), width / 60)
    beyond = sum(bar.n for bar in bars if bar.seconds > LONGEST * longest)
    if beyond:
        st.caption(t("Longer still, not drawn: {n}", n=number(t, beyond)))


def _ended(view: View) -> None:
    t = view.t
    st.subheader(t("Trainings that ended"), anchor=False)
    ended = view.ask(training.ended, view.scope)
    bars = [
        {"start": run.finished_at, "value": run.took, "kind": run.status,
         "run": f"{codes.word(t, codes.TYPE, run.training_type)} {run.id[:8]}"}
        for run in ended
        if run.took is not None
    ]  # fmt: skip
    if bars:
        charts.runs(view, bars, t("minutes, each run"), t("outcome"))
    if len(bars) < len(ended):
        missing = number(t, len(ended) - len(bars))
        st.caption(t("Ended before they began, not drawn: {n}", n=missing))
    lists.listed(view, "ended", ended, most=500)
