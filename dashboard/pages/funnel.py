"""Where people stop: those who came in the period, or all who moved in it; and who stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import NamedTuple

import streamlit as st

from core.base.texts import LANGUAGES, NAMES
from core.operation.metrics import funnel
from core.operation.metrics.journey import cohort
from core.operation.metrics.scope import HOUR, Scope
from dashboard import charts, codes, filters
from dashboard.formats import number, percent
from dashboard.tables import Column, table
from dashboard.view import View

WAY = (
    "avatar_menu", "selecting_training_type", "selecting_avatar_type", "selecting_gender",
    "entering_name", "consent", "uploading_photos", "training_in_progress", "training_completed",
)  # fmt: skip
"""The states on the way to an avatar, in their order, without those that few pass."""


class Whom(NamedTuple):
    """Whose conversations are counted: of a period, a channel and a language; "" is any."""

    scope: Scope
    channel: str
    language: str

    def takes(self, row: cohort.Came | cohort.Kept) -> bool:
        """Whether a group is among them."""
        return self.channel in ("", row.channel) and self.language in ("", row.language)


def draw(view: View) -> None:
    """The page."""
    view = view.calm
    whom, moved = _chosen(view)
    if moved:
        _moved(view, whom)
    else:
        _cohort(view, whom)


def _chosen(view: View) -> tuple[Whom, bool]:
    """Whose conversations, and whether all that moved in the period are asked about."""
    t = view.t
    everywhere = {"": t("All")}
    channels = everywhere | {
        name: codes.word(t, codes.CHANNEL, name) for name in view.ask(funnel.channels)
    }
    spoken = everywhere | {name: NAMES[name] for name in LANGUAGES}
    ways = {
        "came": t("Those who came in the period"),
        "moved": t("All who moved in the period, state by state"),
    }
    left, middle, right = st.columns(3)
    with left:
        way = filters.choice(t("Whom"), "who", ways, "came")
    with middle:
        channel = filters.choice(t("Channel"), "channel", channels, "")
    with right:
        language = filters.choice(t("Their language"), "speaks", spoken, "")
    return Whom(view.scope, channel, language), way == "moved"


def _cohort(view: View, whom: Whom) -> None:
    """How far those got who came in the period."""
    t = view.t
    st.subheader(t("The way to an avatar"), anchor=False)
    everybody, kept = view.ask(cohort.journey, whom.scope, view.now // 60 * 60)
    groups = [group for group in everybody if whom.takes(group)]
    if not groups:
        st.caption(t("Nobody came in the period."))
        return
    totals = [sum(counts) for counts in zip(*(group.reached for group in groups), strict=True)]
    names = [codes.word(t, codes.STAGE, stage) for stage in cohort.STAGES]
    charts.steps(view, [
        {"state": name, "value": n,
         "said": f"{number(t, n)} · {percent(t, n / totals[0], 0)}"}
        for name, n in zip(names, totals, strict=True)
    ], t("conversations"), t("Stage"))  # fmt: skip
    st.caption(t("Conversations that began in the period, with all that they have done up to now."))
    _stages(view, totals)
    _by_group(view, groups)
    _retention(view, [group for group in kept if whom.takes(group)])


def _stages(view: View, totals: Sequence[int]) -> None:
    t = view.t
    lost = [None, *((a - b) / a if a else None for a, b in pairwise(totals))]
    rows = [
        SimpleNamespace(stage=stage, people=n, share=100 * n / totals[0],
                        lost=None if gone is None else 100 * gone)
        for stage, n, gone in zip(cohort.STAGES, totals, lost, strict=True)
    ]  # fmt: skip
    table(view, "stages", [
        Column("stage", t("Stage"), words=codes.STAGE),
        Column("people", t("Reached"), "number"),
        Column("share", t("Of those who came"), "percent"),
        Column("lost", t("Lost since the stage before"), "percent"),
    ], rows)  # fmt: skip


def _by_group(view: View, groups: Sequence[cohort.Came]) -> None:
    """Each channel and language by itself: how many of a hundred reach each stage."""
    t = view.t
    st.subheader(t("By channel and language"), anchor=False)
    rows = [
        SimpleNamespace(
            channel=group.channel, language=group.language, came=group.reached[0],
            **{stage: 100 * n / group.reached[0]
               for stage, n in list(zip(cohort.STAGES, group.reached, strict=True))[1:]},
        )
        for group in groups
    ]  # fmt: skip
    table(view, "groups", [
        Column("channel", t("Channel"), words=codes.CHANNEL),
        Column("language", t("Language"), words=NAMES), Column("came", t("Came"), "number"),
        *(Column(stage, codes.word(t, codes.STAGE, stage), "percent")
          for stage in list(cohort.STAGES)[1:]),
    ], rows)  # fmt: skip


def _retention(view: View, groups: Sequence[cohort.Kept]) -> None:
    t = view.t
    st.subheader(t("Who comes back"), anchor=False)
    rows = []
    for days in cohort.AFTER:
        came, back = (
            sum(getattr(group, name) for group in groups if group.days == days)
            for name in ("came", "back")
        )
        share = 100 * back / came if came else None
        rows.append(SimpleNamespace(days=days, came=came, back=back, share=share))
    table(view, "retention", [
        Column("days", t("Days later, or after that"), "number"),
        Column("came", t("Came so long ago"), "number",
               t("Of those who came in the period, whoever came at least so many days ago.")),
        Column("back", t("Were active"), "number"), Column("share", t("Share"), "percent"),
    ], rows)  # fmt: skip


def _moved(view: View, whom: Whom) -> None:
    """Every state, by all who moved in the period, whenever they came."""
    t = view.t
    st.subheader(t("All who moved in the period"), anchor=False)
    came, dwells = view.ask(funnel.moved, *whom)
    reached = dict(came)
    if reached:
        rows = [
            {"state": codes.word(t, codes.STATE, state), "value": reached.get(state, 0),
             "said": number(t, reached.get(state, 0))}
            for state in WAY
        ]  # fmt: skip
        charts.steps(view, rows, t("conversations"), t("State"))
    else:
        st.caption(t("Nothing in the chosen period."))
    _states(view, whom, reached, dwells)


def _states(
    view: View, whom: Whom, reached: Mapping[str, int], dwells: Iterable[funnel.Dwell]
) -> None:
    """Each state that anybody came to: how many, who stopped there, how long they stayed."""
    t = view.t
    idle = (view.now - HOUR) // 60 * 60
    stopped = dict(view.ask(funnel.stopped, whom.scope, idle, whom.channel, whom.language))
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
