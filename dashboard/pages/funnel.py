"""Where people stop, and which photos are refused."""

from __future__ import annotations

from types import SimpleNamespace

import streamlit as st

from core.metrics import funnel, photos
from core.metrics.scope import HOUR
from core.texts import LANGUAGES, NAMES
from dashboard import charts, filters
from dashboard.tables import Column, table
from dashboard.view import View

WAY = (
    "avatar_menu", "selecting_training_type", "confirming_training_type",
    "selecting_avatar_type", "selecting_gender", "entering_name", "consent", "uploading_photos",
    "confirming_photos", "confirming_training", "training_in_progress", "training_completed",
)  # fmt: skip
"""The states on the way to an avatar, in their order."""


def draw(view: View) -> None:
    """The page."""
    t = view.t
    everywhere = {"": t("All")}
    left, right = st.columns(2)
    known = view.ask(funnel.channels)
    with left:
        channel = filters.choice(
            t("Channel"), "channel", everywhere | {name: name for name in known}, ""
        )
    with right:
        spoken = everywhere | {name: NAMES[name] for name in LANGUAGES}
        language = filters.choice(t("Their language"), "speaks", spoken, "")
    scope = view.calm
    reached = dict(view.ask_calmly(funnel.reached, scope, channel, language))
    idle = (view.now - HOUR) // 60 * 60
    stopped = dict(view.ask_calmly(funnel.stopped, scope, idle, channel, language))
    stays = view.ask_calmly(funnel.dwell, scope, channel, language)
    dwells = {dwell.state: dwell for dwell in stays}
    st.subheader(t("The way to an avatar"), anchor=False)
    if not reached:
        st.caption(t("Nothing here."))
    else:
        rows = [{"state": state, "value": reached.get(state, 0)} for state in WAY]
        charts.steps(rows, t("conversations"))
    states = [*WAY, *sorted((reached.keys() | stopped.keys()) - set(WAY))]
    shown = [
        SimpleNamespace(
            state=state,
            reached=reached.get(state, 0),
            stopped=stopped.get(state, 0),
            p50=dwells[state].p50 if state in dwells else None,
            p90=dwells[state].p90 if state in dwells else None,
        )
        for state in states
        if reached.get(state) or stopped.get(state)
    ]
    table(view, "states", [
        Column("state", t("State")),
        Column("reached", t("Came"), "number",
               t("Conversations that came to this state in the period, each counted once.")),
        Column("stopped", t("Stopped"), "number",
               t("Conversations last active in the period that are here, idle for an hour.")),
        Column("p50", t("Stay, median"), "seconds", t("Until they moved on, in the period.")),
        Column("p90", t("Stay, p90"), "seconds"),
    ], shown)  # fmt: skip
    st.subheader(t("Refused photos"), anchor=False)
    table(view, "refusals", [
        Column("reason", t("Reason")), Column("photos", t("Photos"), "number"),
        Column("people", t("People"), "number"),
    ], view.ask_calmly(photos.refusals, scope))  # fmt: skip
