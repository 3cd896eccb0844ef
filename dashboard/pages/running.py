"""What runs now, against the usual time of its type."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.operation.metrics import training
from core.operation.metrics.scope import DAY
from dashboard import charts, codes
from dashboard.cards import lists
from dashboard.cards.run import opened
from dashboard.view import View

USUAL_DAYS = 30
SHOWN = 60


def draw(view: View) -> None:
    """The page."""
    if opened(view):
        return
    st.caption(
        view.t(
            "Grey marks the usual time of a type (the median of {n} days), red its p99. A bar "
            "begins with the training, or with its order while that waits.",
            n=USUAL_DAYS,
        )
    )
    view.live(_timeline, 5)
    st.subheader(view.t("One by one"), anchor=False)
    lists.listed(view, "active", view.ask(training.active, view.scope))


def _timeline(view: View) -> None:
    t, now = view.t, view.now
    usual = {
        times.training_type: times
        for times in view.ask(
            training.times, replace(view.scope, start=now - USUAL_DAYS * DAY, end=now)
        )
    }
    under_way = view.ask(training.active, view.scope)
    if not under_way:
        st.info(t("Nothing runs."))
        return
    rows = []
    for run in under_way[:SHOWN]:
        known = usual.get(run.training_type)
        minutes = (now - (run.started_at or run.created_at)) / 60
        late = known is not None and run.started_at is not None and minutes * 60 > known.p99
        name = f"{codes.word(t, codes.TYPE, run.training_type)} {run.id[:8]} {run.progress}%"
        rows.append(
            {
                "run": f"⚠ {name}" if late else name,
                "minutes": minutes,
                "usual": known.p50 / 60 if known else None,
                "late": known.p99 / 60 if known else None,
                "kind": run.status,
            }
        )
    charts.timeline(view, rows, t("minutes since it began"), t("status"))
    if len(under_way) > SHOWN:
        st.caption(t("The oldest {n} of {all}.", n=SHOWN, all=len(under_way)))
