"""Where people stop, and which photos are refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import NamedTuple

import streamlit as st

from core.base.texts import LANGUAGES, NAMES
from core.operation.metrics import funnel, photos
from core.operation.metrics.scope import HOUR, Scope
from dashboard import charts, codes, filters
from dashboard.formats import number, percent
from dashboard.tables import Column, table
from dashboard.view import View

WAY = (
    "avatar_menu", "selecting_training_type", "confirming_training_type",
    "selecting_avatar_type", "selecting_gender", "entering_name", "consent", "uploading_photos",
    "confirming_photos", "confirming_training", "training_in_progress", "training_completed",
)  # fmt: skip
"""The states on the way to an avatar, in their order."""


class Whom(NamedTuple):
    """Whose conversations are counted: of a period, a channel and a language; "" is any."""

    scope: Scope
    channel: str
    language: str


def draw(view: View) -> None:
    """The page."""
    t = view.t
    whom = _chosen(view)
    st.subheader(t("The way to an avatar"), anchor=False)
    came, dwells = view.ask_calmly(funnel.moved, *whom)
    reached = dict(came)
    if reached:
        rows = [
            {"state": codes.word(t, codes.STATE, state), "value": reached.get(state, 0)}
            for state in WAY
        ]
        charts.steps(view, rows, t("conversations"), t("State"))
    else:
        st.caption(t("Nothing in the chosen period."))
    _states(view, whom, reached, dwells)
    _refusals(view, whom)


def _chosen(view: View) -> Whom:
    t = view.t
    everywhere = {"": t("All")}
    channels = everywhere | {
        name: codes.word(t, codes.CHANNEL, name) for name in view.ask(funnel.channels)
    }
    spoken = everywhere | {name: NAMES[name] for name in LANGUAGES}
    left, right = st.columns(2)
    with left:
        channel = filters.choice(t("Channel"), "channel", channels, "")
    with right:
        language = filters.choice(t("Their language"), "speaks", spoken, "")
    return Whom(view.calm, channel, language)


def _states(
    view: View, whom: Whom, reached: Mapping[str, int], dwells: Iterable[funnel.Dwell]
) -> None:
    """Each state that anybody came to: how many, who stopped there, how long they stayed."""
    t = view.t
    idle = (view.now - HOUR) // 60 * 60
    stopped = dict(view.ask_calmly(funnel.stopped, whom.scope, idle, whom.channel, whom.language))
    stays = {dwell.state: dwell for dwell in dwells}
    stay = t("From a move to this state until the next one to another, which is in the period.")
    shown = [
        SimpleNamespace(
            state=state,
            reached=reached.get(state, 0),
            stopped=stopped.get(state, 0),
            p50=stays[state].p50 if state in stays else None,
            p90=stays[state].p90 if state in stays else None,
        )
        for state in [*WAY, *sorted((reached.keys() | stopped.keys()) - set(WAY))]
        if reached.get(state) or stopped.get(state)
    ]
    table(view, "states", [
        Column("state", t("State"), words=codes.STATE),
        Column("reached", t("Came"), "number",
               t("Conversations that came to this state from another one in the period, each "
                 "counted once.")),
        Column("stopped", t("Stopped"), "number",
               t("Conversations last active in the period that are here, idle for an hour.")),
        Column("p50", t("Stay, median"), "seconds", stay),
        Column("p90", t("Stay, p90"), "seconds", stay),
    ], shown, empty=t("Nothing in the chosen period."))  # fmt: skip


def _refusals(view: View, whom: Whom) -> None:
    t = view.t
    st.subheader(t("Refused photos"), anchor=False)
    table(view, "refusals", [
        Column("reason", t("Reason"), words=codes.PHOTO),
        Column("photos", t("Photos"), "number",
               t("Photos that came in the period and are refused still, without deleted ones.")),
        Column("people", t("People"), "number", t("How many people sent them.")),
    ], view.ask_calmly(photos.refusals, *whom),
        empty=t("Nothing in the chosen period."))  # fmt: skip
    if not st.toggle(t("Show how often people knew better (takes some seconds)"), key="better"):
        return
    found = view.ask_calmly(photos.overruled, whom.scope)
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
