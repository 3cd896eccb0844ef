"""How long trainings take, by type, and how they end."""

from __future__ import annotations

import math

import streamlit as st

from core.operation.metrics import training
from dashboard import charts, codes
from dashboard.cards import lists, run
from dashboard.formats import lasting, number
from dashboard.view import View

ENOUGH = 100
"""Below so many runs a p99 says little."""
BARS = 40
WIDTH = 150
"""Pixels of a number: two stand side by side on a telephone."""
LONGEST = 1.5
"""The histogram ends at so many times the longest p99."""


def draw(view: View) -> None:
    """The page."""
    if run.opened(view):
        return
    t = view.t
    took, waited = view.ask(training.times, view.scope), view.ask(training.waits, view.scope)
    st.subheader(t("Training time"), anchor=False)
    _quantiles(view, took, t("Completed trainings; the wait in the queue is apart."))
    _histogram(view, took)
    st.subheader(t("The median over time"), anchor=False)
    trend = view.ask(training.times_by_time, view.scope)
    rows = [
        {"start": at.start, "kind": at.training_type, "value": at.p50 / 60, "n": at.n}
        for at in trend
    ]
    charts.lines(view, rows, t("minutes"), t("type"))
    st.subheader(t("Wait in the queue"), anchor=False)
    _quantiles(view, waited, t("From the submission to the start, of completed trainings."))
    _ended(view)


def _quantiles(view: View, found: list[training.Times], told: str) -> None:
    t = view.t
    if not found:
        st.caption(t("No training was completed in the period."))
    for times in found:
        beside = st.container(horizontal=True)
        beside.metric(
            codes.word(t, codes.TYPE, times.training_type),
            number(t, times.n),
            help=told,
            width=WIDTH,
        )
        for name in ("p50", "p90", "p99"):
            weak = name == "p99" and times.n < ENOUGH
            value = lasting(t, getattr(times, name))
            beside.metric(
                f":gray[{name}]" if weak else name,
                value,
                help=t("Of fewer than {n} runs: says little.", n=ENOUGH) if weak else told,
                width=WIDTH,
            )


def _histogram(view: View, took: list[training.Times]) -> None:
    t = view.t
    longest = max((times.p99 for times in took), default=0.0)
    if longest <= 0:
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
        st.caption(t("Took even longer, and not drawn: {n}", n=beyond))


def _ended(view: View) -> None:
    t = view.t
    st.subheader(t("Trainings that ended"), anchor=False)
    ended = view.ask(training.ended, view.scope)
    bars = [
        {"start": run.finished_at, "value": run.took, "kind": run.status,
         "run": f"{codes.word(t, codes.TYPE, run.training_type)} {run.avatar}".strip()}
        for run in ended
        if run.took is not None
    ]  # fmt: skip
    if bars:
        charts.runs(view, bars, t("seconds"), t("outcome"))
    if len(bars) < len(ended):
        st.caption(
            t("Ended before they began, and not drawn: {n}", n=number(t, len(ended) - len(bars)))
        )
    lists.listed(view, "ended", ended, most=500)
