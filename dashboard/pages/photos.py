"""Photos: how many are accepted over time, why others are refused, and who knew better."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from core.operation.metrics import photos
from dashboard import charts, codes, lines
from dashboard.formats import moved, number, percent
from dashboard.tables import Column, table
from dashboard.view import View

ENOUGH = 10
"""Of fewer photos a share says little."""


def draw(view: View) -> None:
    """The page; its period ends once for all of it, for a moment later it may be another."""
    view = view.calm
    t = view.t
    over_time, refused = view.ask_two(photos.judged, photos.refusals, view.scope)
    before = view.ask(photos.totals, view.scope.before)
    found = photos.by_channel(over_time)
    _counts(view, photos.together(over_time), photos.together(before))
    left, right = st.columns(2)
    with left:
        st.subheader(t("Photos"), anchor=False)
        _verdicts(view, over_time, before)
    with right:
        st.subheader(t("Accepted, by channel"), anchor=False)
        _accepted(view, over_time)
    st.subheader(t("Refused photos"), anchor=False)
    table(view, "refusals", [
        Column("reason", t("Reason"), words=codes.PHOTO),
        Column("photos", t("Photos"), "number",
               t("Photos that came in the period and are refused still, without deleted ones.")),
        Column("people", t("People"), "number", t("How many people sent them.")),
    ], refused,
        empty=t("Nothing in the chosen period."))  # fmt: skip
    st.subheader(t("By channel"), anchor=False)
    table(view, "judged", [
        Column("channel", t("Channel"), words=codes.CHANNEL),
        Column("accepted", t("Accepted"), "number"), Column("refused", t("Refused"), "number"),
        Column("percent", t("Accepted, in percent"), "percent"),
    ], found, empty=t("Nothing in the chosen period."))  # fmt: skip
    _overruled(view)


def _verdicts(view: View, found: list[photos.JudgedAt], before: list[photos.JudgedAt]) -> None:
    """How many came over time, and what became of them."""
    t = view.t
    counted: Counter[tuple[float, str]] = Counter()
    past: Counter[float] = Counter()
    for at in found:
        counted.update({(at.start, "valid"): at.accepted, (at.start, "invalid"): at.refused})
    for at in before:
        past[at.start] += at.accepted + at.refused
    rows = [{"start": start, "kind": kind, "value": n} for (start, kind), n in counted.items() if n]
    charts.stacked(view, rows, t("photos"), t("verdict"), before=past)
    st.caption(t("Dashed: the period before."))


def _accepted(view: View, found: list[photos.JudgedAt]) -> None:
    """The share of each channel over time."""
    t = view.t
    middles = {bucket.start: (bucket.start + bucket.end) / 2 for bucket in view.scope.buckets}
    rows = [
        {"start": at.start, "middle": middles[at.start], "kind": at.channel, "value": share,
         "n": at.accepted + at.refused}
        for at in found
        if at.accepted + at.refused >= ENOUGH and (share := photos.together([at]).share) is not None
    ]  # fmt: skip
    if len(rows) > 1:
        lines.shares(view, rows, t("accepted"), t("channel"), t("photos"))
        st.caption(t("Without days or hours of fewer than {n} photos.", n=ENOUGH))
    else:
        st.caption(t("Too few photos for a chart over time."))


def _counts(view: View, now: photos.Judged, past: photos.Judged) -> None:
    t = view.t
    columns = st.columns(3)
    columns[0].metric(
        t("Photos"), number(t, now.accepted + now.refused),
        help=t("Photos that came in the period and have a verdict, without deleted ones."),
    )  # fmt: skip
    columns[1].metric(
        t("Accepted"), percent(t, now.share), moved(t, now.share, past.share),
        help=t("Accepted ÷ (accepted + refused); a photo that is there already counts as refused."),
    )  # fmt: skip
    columns[2].metric(t("Refused"), number(t, now.refused))


def _overruled(view: View) -> None:
    t = view.t
    if not st.toggle(t("Show how often people knew better (takes some seconds)"), key="better"):
        return
    found = view.ask(photos.overruled, view.scope)
    st.metric(
        t("Refusals that people overruled"),
        percent(t, found.share),
        help=t(
            "Of {all} photos of the period that were refused for what may be our mistake, people "
            "kept {n}; in every channel and language.",
            all=number(t, found.refused),
            n=number(t, found.overruled),
        ),
    )
