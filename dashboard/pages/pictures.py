"""Pictures: how many, how soon, how they are liked, and what they cost."""

from __future__ import annotations

import streamlit as st

from core.base.texts import Translator
from core.operation.metrics.pictures import orders, totals
from dashboard import charts
from dashboard.cards import lists, run
from dashboard.formats import money, number, percent
from dashboard.tables import Column, table
from dashboard.view import View


def draw(view: View) -> None:
    """The page."""
    if run.opened(view):
        return
    t = view.t
    ordered, times = view.ask_two(totals.ordered, totals.times, view.scope)
    ended, first = view.ask_two(totals.ended_by_time, totals.previews, view.scope)
    packs, likeness = view.ask_two(totals.packs, totals.likeness, view.scope)
    _counts(t, ordered)
    _money(view, ordered, first)
    rows = [{"start": at.start, "kind": at.status, "value": at.n} for at in ended]
    charts.stacked(view, rows, t("orders"), t("outcome"))
    _profiles(view, view.ask(totals.by_profile, view.scope), times, likeness)
    st.subheader(t("One by one"), anchor=False)
    lists.painted(view, "painted", view.ask(orders.ordered, view.scope), most=200)
    st.subheader(t("Styles"), anchor=False)
    table(view, "styles", [
        Column("pack", t("Style"), help=t("Empty: people’s own words, which nobody sees here.")),
        Column("orders", t("Orders"), "number"), Column("pictures", t("Pictures"), "number"),
        Column("favourites", t("Favourites"), "number"),
        Column("share", t("Favourites, in percent"), "percent"),
    ], packs,
        empty=t("Nothing in the chosen period."))  # fmt: skip


def _counts(t: Translator, ordered: totals.Ordered) -> None:
    columns = st.columns(4)
    columns[0].metric(
        t("Ordered"), number(t, ordered.pictures),
        help=t("Pictures, first ones after a training included, by the moment of their order."),
    )  # fmt: skip
    columns[1].metric(
        t("Made"), number(t, ordered.made),
        help=t("Painted, and accepted by every check; deleted ones too."),
    )  # fmt: skip
    columns[2].metric(
        t("Held back"), number(t, ordered.blocked),
        help=t("Held back by a safety check, fal’s or ours."),
    )  # fmt: skip
    columns[3].metric(
        t("Failed orders"), number(t, ordered.failed),
        help=t("Orders of which no picture came, whatever the reason."),
    )  # fmt: skip


def _money(view: View, ordered: totals.Ordered, first: totals.Previews) -> None:
    t = view.t
    gone = view.ask(totals.forgotten, view.scope)
    columns = st.columns(4)
    columns[0].metric(
        t("Spent"), money(t, ordered.usd + gone.usd),
        help=t(
            "What the pictures of the period cost, or their price while that is not known. Those "
            "of forgotten people count at the beginning of their day (UTC)."
        ),
    )  # fmt: skip
    columns[1].metric(
        t("A picture"), money(t, ordered.each, 3),
        help=t("What the orders of the period cost, divided by the pictures that were made."),
    )  # fmt: skip
    columns[2].metric(
        t("An avatar’s pictures"), money(t, ordered.an_avatar, 3),
        help=t("The same, divided by the avatars that pictures were ordered of."),
    )  # fmt: skip
    columns[3].metric(
        t("First pictures that led to more"),
        percent(t, first.share, 0),
        help=t(
            "Of the avatars that got first pictures in the period, those of which somebody has "
            "asked for more since."
        ),
    )  # fmt: skip
    if ordered.unknown:
        st.caption(t.n(
            "What {n} order cost is not known: it is in no sum.",
            "What {n} orders cost is not known: they are in no sum.",
            ordered.unknown,
        ))  # fmt: skip


def _profiles(
    view: View,
    profiles: list[totals.Profile],
    times: list[totals.Times],
    likeness: list[totals.Likeness],
) -> None:
    t = view.t
    empty = t("Nothing in the chosen period.")
    st.subheader(t("By profile"), anchor=False)
    table(view, "painters", [
        Column("profile", t("Profile")), Column("orders", t("Orders"), "number"),
        Column("made", t("Made"), "number"), Column("blocked", t("Held back"), "number"),
        Column("failed", t("Failed orders"), "number"), Column("usd", t("Spent"), "usd"),
    ], profiles, empty=empty)  # fmt: skip
    st.subheader(t("Time to pictures"), anchor=False)
    table(view, "times", [
        Column("profile", t("Profile")), Column("n", t("Orders"), "number"),
        *(Column(name, name, "seconds", t("From the order until its pictures were here."))
          for name in ("p50", "p90", "p99")),
    ], times, empty=empty)  # fmt: skip
    st.subheader(t("How like they are"), anchor=False)
    table(view, "likeness", [
        Column("profile", t("Profile")), Column("n", t("Pictures"), "number"),
        Column("median", t("Median likeness"), "number",
               t("The cosine between a face and those of the photos: 1 is the same picture.")),
    ], likeness, empty=empty)  # fmt: skip
