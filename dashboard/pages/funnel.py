"""Where people stop, and which photos are refused."""

from __future__ import annotations

from types import SimpleNamespace

import streamlit as st

from core.metrics import funnel, photos
from core.metrics.scope import DAY, HOUR, Scope
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

AT_ONCE = 8 * DAY
"""Up to so long a period is looked at as a whole at once."""


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
    dwells = {dwell.state: dwell for dwell in _dwells(view, scope, channel, language)}
    st.subheader(t("The way to an avatar"), anchor=False)
    if not reached:
        st.caption(t("Nothing in the chosen period."))
    else:
        rows = [{"state": state, "value": reached.get(state, 0)} for state in WAY]
        charts.steps(rows, t("conversations"), t("State"))
    stay = t("From a move to this state until the next move to another one, both in the period.")
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
    stays = [
        Column("p50", t("Stay, median"), "seconds", stay),
        Column("p90", t("Stay, p90"), "seconds", stay),
    ] if dwells else []  # fmt: skip
    table(view, "states", [
        Column("state", t("State")),
        Column("reached", t("Came"), "number",
               t("Conversations that came to this state from another one in the period, each "
                 "counted once.")),
        Column("stopped", t("Stopped"), "number",
               t("Conversations last active in the period that are here, idle for an hour.")),
        *stays,
    ], shown, empty=t("Nothing in the chosen period."))  # fmt: skip
    _refusals(view, scope, channel, language)


def _refusals(view: View, scope: Scope, channel: str, language: str) -> None:
    t = view.t
    st.subheader(t("Refused photos"), anchor=False)
    table(view, "refusals", [
        Column("reason", t("Reason")),
        Column("photos", t("Photos"), "number",
               t("Photos that came in the period and are refused still, without deleted ones.")),
        Column("people", t("People"), "number", t("How many people sent them.")),
    ], view.ask_calmly(photos.refusals, scope, channel, language),
        empty=t("Nothing in the chosen period."))  # fmt: skip
    if not st.toggle(t("Show how often people knew better (takes some seconds)"), key="better"):
        return
    found = view.ask_calmly(photos.overruled, scope)
    st.metric(
        t("Refusals that people overruled"),
        "–" if found.share is None else f"{100 * found.share:.1f}%",
        help=t(
            "Of {all} photos of the period that were refused for what may be our mistake, people "
            "kept {n}; in every channel and language.",
            all=f"{found.refused:,}",
            n=f"{found.overruled:,}",
        ),
    )


def _dwells(view: View, scope: Scope, channel: str, language: str) -> list[funnel.Dwell]:
    """For a long period only when asked for: each stay is looked at, which takes its seconds."""
    if scope.end - scope.start > AT_ONCE:
        wanted = view.t("Show how long they stay (takes some seconds)")
        if not st.toggle(wanted, key="stays"):
            return []
    return view.ask_calmly(funnel.dwell, scope, channel, language)
