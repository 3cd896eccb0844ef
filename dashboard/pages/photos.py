"""Photos: how many are accepted over time, why others are refused, and who knew better."""

from __future__ import annotations

import streamlit as st

from core.operation.metrics import photos
from dashboard import charts, codes
from dashboard.formats import moved, number, percent
from dashboard.tables import Column, table
from dashboard.view import View


def draw(view: View) -> None:
    """The page."""
    t = view.t
    found = view.ask_calmly(photos.judged, view.calm)
    before = view.ask_calmly(photos.judged, view.calm.before)
    _counts(view, found, before)
    rows = [
        {"start": at.start, "kind": kind, "value": n}
        for at in view.ask_calmly(photos.judged_by_time, view.calm)
        for kind, n in (("valid", at.accepted), ("invalid", at.refused))
        if n
    ]
    charts.stacked(view, rows, t("photos"), t("verdict"))
    st.subheader(t("Refused photos"), anchor=False)
    table(view, "refusals", [
        Column("reason", t("Reason"), words=codes.PHOTO),
        Column("photos", t("Photos"), "number",
               t("Photos that came in the period and are refused still, without deleted ones.")),
        Column("people", t("People"), "number", t("How many people sent them.")),
    ], view.ask_calmly(photos.refusals, view.calm),
        empty=t("Nothing in the chosen period."))  # fmt: skip
    st.subheader(t("By channel"), anchor=False)
    table(view, "judged", [
        Column("channel", t("Channel"), words=codes.CHANNEL),
        Column("accepted", t("Accepted"), "number"), Column("refused", t("Refused"), "number"),
        Column("percent", t("Accepted, in percent"), "percent"),
    ], found, empty=t("Nothing in the chosen period."))  # fmt: skip
    _overruled(view)


def _counts(view: View, found: list[photos.Judged], before: list[photos.Judged]) -> None:
    t = view.t
    now, past = photos.together(found), photos.together(before)
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
    found = view.ask_calmly(photos.overruled, view.calm)
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
