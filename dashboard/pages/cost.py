"""What trainings cost."""

from __future__ import annotations

from types import SimpleNamespace

import streamlit as st

from core.operation.metrics import cost
from dashboard import charts, codes
from dashboard.formats import dearer, money
from dashboard.tables import Column, table
from dashboard.view import View
from dashboard.words import plain


def draw(view: View) -> None:
    """The page."""
    t = view.t
    spent = view.ask(cost.spent, view.scope)
    before = view.ask(cost.spent, view.scope.before)
    columns = st.columns(4)
    columns[0].metric(
        t("Spent"), money(t, spent.total), dearer(t, spent.total, before.total),
        delta_color="inverse",
        help=t(
            "Of the trainings that were ordered in the period: what they cost, or their price "
            "while that is not known. Those of forgotten people count at the beginning of their "
            "day (UTC)."
        ),
    )  # fmt: skip
    columns[1].metric(
        t("A successful avatar"), money(t, spent.each),
        help=t(
            "What the trainings of the period that have ended cost, divided by how many of them "
            "were completed."
        ),
    )  # fmt: skip
    columns[2].metric(
        t("Wasted"), money(t, spent.wasted),
        help=t("On trainings of the period that failed or were cancelled."),
    )  # fmt: skip
    _budget(view, columns[3])
    if spent.unknown:
        st.caption(t.n(
            "What {n} training cost is not known: it is in no sum.",
            "What {n} trainings cost is not known: they are in no sum.",
            spent.unknown,
        ))  # fmt: skip
    rows = [
        {"start": at.start, "kind": at.training_type, "value": at.usd}
        for at in view.ask(cost.spent_by_time, view.scope)
    ]
    charts.stacked(view, rows, t("US dollars"), t("type"), usd=True)
    _by_type(view)
    _wasted(view)
    st.subheader(t("By type and profile"), anchor=False)
    table(view, "profiles", [
        Column("training_type", t("Type"), words=codes.TYPE), Column("profile", t("Profile")),
        Column("usd", t("Spent"), "usd"), Column("wasted", t("Wasted"), "usd"),
        Column("runs", t("Trainings"), "number"),
    ], view.ask(cost.spent_on, view.scope),
        empty=t("Nothing in the chosen period."))  # fmt: skip


def _by_type(view: View) -> None:
    """What a trained avatar of each type costs."""
    t = view.t
    st.subheader(t("A trained avatar, by type"), anchor=False)
    rows = [
        SimpleNamespace(kind=kind, each=spent.each, total=spent.total, wasted=spent.wasted,
                        trained=spent.successes)
        for kind, spent in sorted(view.ask(cost.spent_by_type, view.scope).items())
    ]  # fmt: skip
    table(view, "types", [
        Column("kind", t("Type"), words=codes.TYPE), Column("each", t("A trained avatar"), "usd"),
        Column("trained", t("Trained"), "number"), Column("total", t("Spent"), "usd"),
        Column("wasted", t("Wasted"), "usd"),
    ], rows, empty=t("Nothing in the chosen period."))  # fmt: skip


def _wasted(view: View) -> None:
    """What was spent for nothing, and why; a click leads to what failed so."""
    t = view.t
    st.subheader(t("Wasted, by reason"), anchor=False)
    table(view, "waste", [
        Column("reason", t("Reason"), words=codes.ERROR),
        Column("training_type", t("Type"), words=codes.TYPE),
        Column("usd", t("Wasted"), "usd"), Column("runs", t("Trainings"), "number"),
    ], view.ask(cost.wasted_on, view.scope), empty=t("Nothing was wasted."))  # fmt: skip


def _budget(view: View, column: st.delta_generator.DeltaGenerator) -> None:
    """Today's, as it is enforced, in the mode that trainings are made in."""
    t = view.t
    budget = view.site.settings.training.daily_budget_usd
    today = (view.site.settings.zone, view.now, view.ordered)
    spent = view.ask(cost.sent_today, *today)
    if budget <= 0:
        column.metric(t("Today’s budget"), money(t, spent), help=t("No daily budget is set."))
        return
    by_night = view.ask(cost.forecast, *today)
    column.metric(
        t("Today’s budget"), f"{money(t, spent)} / {money(t, budget)}",
        help=t(
            "Orders that were sent today, or may have been, of what all of a day may cost, in the "
            "mode that trainings are made in now."
        ),
    )  # fmt: skip
    column.progress(min(1.0, spent / budget))
    said = t("Forecast for the day: {usd}", usd=money(t, by_night))
    over = t("more than the budget") if by_night > budget else t("within the budget")
    column.caption(
        f"{plain(said)} · {over}",
        help=t("What was sent today, and what was sent on average after this time of day lately."),
    )
