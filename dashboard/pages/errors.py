"""What fal said: problems, their events, the run of an event; and orders that are uncertain."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import streamlit as st

from core.operation.metrics import errors, training
from core.operation.metrics.pictures import orders
from core.operation.metrics.pictures.orders import PictureOrder
from core.operation.metrics.training import Run
from dashboard import charts, codes
from dashboard.cards import lists, run
from dashboard.tables import Column, table
from dashboard.view import View

TRENDS = 20
"""So many of the most frequent problems get a trend: each is a query."""


def draw(view: View) -> None:
    """The page."""
    if run.opened(view):
        return
    groups = view.ask(errors.groups, view.scope)
    if wanted := st.query_params.get("group", ""):
        _group(view, next((group for group in groups if group.key == wanted), None))
        return
    uncertain = view.ask(training.uncertain), view.ask(orders.uncertain)
    if any(uncertain):
        _uncertain(view, *uncertain)
    _groups(view, groups)
    _calls(view)


def _calls(view: View) -> None:
    t = view.t
    rows = [
        {"start": at.start, "kind": "failed", "value": at.errors}
        for at in view.ask(errors.calls_by_time, view.scope)
        if at.errors
    ]
    charts.stacked(view, rows, t("failed calls"), "")


def _groups(view: View, groups: Sequence[errors.Group]) -> None:
    t = view.t
    st.subheader(t("Problems"), anchor=False)
    st.caption(t("Failures with the same endpoint, type and message."))
    shown = [_shown(view, group, n < TRENDS) for n, group in enumerate(groups)]
    chosen = table(view, "groups", [
        Column("news", t("News"), help=t("new: never before the period; returning: before it.")),
        Column("error_type", t("Error"), words=codes.ERROR), Column("message", t("Message")),
        Column("n", t("Times"), "number", t("Failures in the period, of the chosen trainings.")),
        Column("users", t("People"), "number",
               t("Whose trainings it happened to; of forgotten people nobody knows.")),
        Column("trend", t("Trend"), "trend"), Column("endpoint", t("Endpoint")),
        Column("error_class", t("Whose turn"), words=codes.TURN),
        Column("first", t("First"), "time", t("In the period.")),
        Column("last", t("Last"), "time", t("In the period.")),
        Column("ever", t("First of all"), "time",
               t("Whenever that was, simulated trainings included.")),
    ], shown, choose=True, most=200, empty=t("Nothing in the chosen period."),
        place=lambda group: view.place("errors", group=group.key))  # fmt: skip
    if chosen is not None:
        st.query_params["group"] = groups[chosen].key
        st.rerun()


def _shown(view: View, group: errors.Group, with_trend: bool) -> object:
    t = view.t
    trend = view.ask(errors.group_by_time, view.scope, group[:3]) if with_trend else []
    news = t("new") if group.ever >= view.scope.start else t("returning")
    return SimpleNamespace(**group._asdict(), key=group.key, trend=trend, news=news)


def _group(view: View, group: errors.Group | None) -> None:
    t = view.t
    if st.button(t("All problems"), icon=":material/arrow_back:"):
        del st.query_params["group"]
        st.rerun()
    if group is None:
        st.caption(t("It did not happen in this period."))
        return
    st.subheader(t("A problem"), anchor=False)
    st.text(f"{group.endpoint}\n{group.error_type}\n{group.message}")
    counts = view.ask(errors.group_by_time, view.scope, group[:3])
    rows = [
        {"start": bucket.start, "kind": "failed", "value": n}
        for bucket, n in zip(view.scope.buckets, counts, strict=True)
        if n
    ]
    charts.stacked(view, rows, t("failed calls"), "")
    events = view.ask(errors.group_events, view.scope, group[:3])
    chosen = table(view, "events", lists.event_columns(t), events, choose=True, most=200,
                   place=lambda call: view.row("call", call.id))  # fmt: skip
    if chosen is not None and events[chosen].run_id:
        st.query_params["run"] = events[chosen].run_id
        st.rerun()


def _uncertain(view: View, runs: list[Run], lost: list[PictureOrder]) -> None:
    """Orders that somebody must look for: above all else."""
    t = view.t
    st.subheader(t("Uncertain orders"), anchor=False)
    st.caption(
        t(
            "The connection broke while these were ordered: fal may be training them, or not. Look "
            "for the moment on fal’s own page of requests, then open the run here and say what you "
            "found. They are never ordered again by themselves."
        )
    )
    if runs:
        lists.listed(view, "uncertain", runs)
    if lost:
        st.subheader(t("Uncertain orders of pictures"), anchor=False)
        lists.painted(view, "uncertain-pictures", lost)
