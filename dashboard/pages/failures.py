"""What fails: trainings by reason and type, how many people it met, and what it cost."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import streamlit as st

from core.operation.metrics import overview, training
from core.operation.metrics.runs import failures
from dashboard import charts, codes
from dashboard.cards import lists, run
from dashboard.cards.heading import title
from dashboard.formats import dearer, money, moved, number, percent
from dashboard.tables import Column, table
from dashboard.view import View

NAMELESS = "none"
"""A reason that is not known, in an address."""


def draw(view: View) -> None:
    """The page."""
    if run.opened(view):
        return
    reason = st.query_params.get("reason")
    if reason is not None:
        _group(view, reason, st.query_params.get("type", ""))
        return
    groups = view.ask(failures.groups, view.scope)
    _counts(view, groups)
    _groups(view, groups)
    _trend(view)


def _counts(view: View, groups: list[failures.Failed]) -> None:
    t, scope = view.t, view.scope
    now, before = (view.ask(failures.total, s) for s in (scope, scope.before))
    ended, earlier = (view.ask(overview.outcomes, s) for s in (scope, scope.before))
    ours = sum(group.n for group in groups if codes.side(group.error_type) == "ours")
    columns = st.columns(4)
    rate, past = ended.failed_share, earlier.failed_share
    said = number(t, now.n) if rate is None else f"{number(t, now.n)} · {percent(t, rate)}"
    columns[0].metric(
        t("Failed trainings"), said,
        moved(t, rate, past), delta_color="inverse",
        help=t("Of the trainings that were completed or failed in the period."),
    )  # fmt: skip
    columns[1].metric(
        t("People"), number(t, now.people),
        help=t("Whose trainings failed; of forgotten people nobody knows."),
    )  # fmt: skip
    columns[2].metric(
        t("Dollars"), money(t, now.usd), dearer(t, now.usd, before.usd), delta_color="inverse",
        help=t("What the failed trainings cost."),
    )  # fmt: skip
    columns[3].metric(
        t("Ours"), number(t, ours),
        help=t(
            "Failed for what is in our hands: a deadline, our photo store, photos, damaged models."
        ),
    )  # fmt: skip


def _groups(view: View, groups: list[failures.Failed]) -> None:
    t = view.t
    shown = [
        SimpleNamespace(**group._asdict(), side=codes.side(group.error_type)) for group in groups
    ]
    chosen = table(view, "failures", [
        Column("error_type", t("Reason"), words=codes.ERROR),
        Column("training_type", t("Type"), words=codes.TYPE),
        Column("side", t("Where"), words=codes.SIDE),
        Column("n", t("Trainings"), "number"), Column("people", t("People"), "number"),
        Column("usd", t("Dollars"), "usd"), Column("last", t("Last"), "time"),
        Column("error_class", t("Whose turn"), words=codes.TURN),
    ], shown, choose=True, most=200, empty=t("No training failed in the period."),
        place=lambda group: view.place("failures", reason=group.error_type or NAMELESS,
                                       type=group.training_type))  # fmt: skip
    if chosen is not None:
        st.query_params["reason"] = groups[chosen].error_type or NAMELESS
        st.query_params["type"] = groups[chosen].training_type
        st.rerun()


def _trend(view: View) -> None:
    counted: Counter[tuple[float, str]] = Counter()
    for at in view.ask(failures.by_time, view.scope):
        counted[at.start, codes.side(at.error_type)] += at.n
    rows = [{"start": start, "kind": kind, "value": n} for (start, kind), n in counted.items()]
    if rows:
        charts.stacked(view, rows, view.t("failed trainings"), view.t("where"))


def _group(view: View, reason: str, kind: str) -> None:
    """A group opened to its runs."""
    t = view.t
    if st.button(t("All failures"), icon=":material/arrow_back:"):
        for name in ("reason", "type"):
            st.query_params.pop(name, None)
        st.rerun()
    reason = "" if reason == NAMELESS else reason
    title(codes.word(t, codes.ERROR, reason), codes.word(t, codes.TYPE, kind))
    if reason == failures.FORGOTTEN:
        st.caption(t("Nothing is left of forgotten people that could be opened."))
        return
    found = view.ask(training.failed, view.scope, reason, kind)
    lists.listed(view, "failed", found, most=200)
