"""Charts. Only our own words get in: types, states, moments; nothing that a person wrote.

A `kind` is a code of ours: it has its colour, and its name in the viewer's language.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from core.base.texts import Translator
from core.operation.metrics.scope import DAY
from dashboard.codes import SIDE, STATUS, TYPE, word
from dashboard.formats import SIGNS
from dashboard.view import View

GREEN, RED, GREY, BLUE, ORANGE = "#0f7f73", "#d9480f", "#b4bac9", "#5b5bd6", "#e08a00"
"""Told apart in red-green blindness too; `tests/dashboard/test_charts.py` holds how well."""
COLOURS = {
    "completed": GREEN, "failed": RED, "cancelled": GREY, "portrait": BLUE, "style": ORANGE,
    "ours": ORANGE, "fal": RED, "nobody": GREY,
    "queued": GREY, "training": BLUE, "uncertain": RED, "saving": GREEN,
}  # fmt: skip
OTHERS = "#5b8fd6"
HEIGHT = 220
MOST_DAYS = 15
"""Days named below a chart: more would not fit."""
Rows = Sequence[dict[str, Any]]
"""What is drawn: each a mark, by the names of its fields."""
FAR = 4
"""The timeline ends at so many times the longest p99."""


def _clock(view: View, at: float) -> datetime.datetime:
    """A moment as the clocks of the day's zone show it: browsers know only their own zone."""
    return datetime.datetime.fromtimestamp(at, view.zone).replace(tzinfo=None)


def named(t: Translator, kind: str) -> str:
    """A code as it is called."""
    return word(t, {**STATUS, **TYPE, **SIDE}, kind)


def _colour(view: View, kinds: Iterable[str], title: str, columns: int = 2) -> alt.Color:
    """Each kind's colour; where there is but one it needs no legend."""
    known = sorted(set(kinds))
    scale = alt.Scale(
        domain=[named(view.t, kind) for kind in known],
        range=[COLOURS.get(kind, OTHERS) for kind in known],
    )
    legend = alt.Legend(orient="bottom", title=None, columns=columns) if len(known) > 1 else None
    return alt.Color("kind:N", title=title, scale=scale, legend=legend)


def _legend(kinds: Iterable[str], columns: int = 2) -> int:
    """The height of a legend, two kinds in a row: a telephone has no room for more."""
    known = len(set(kinds))
    return 20 + 20 * math.ceil(known / columns) if known > 1 else 0


def _named(view: View, rows: Rows) -> Rows:
    return [{**row, "kind": named(view.t, row["kind"])} for row in rows]


def _time(view: View) -> alt.X:
    """The axis of the whole period, in figures: browsers name months in English alone.

    No day stands there twice: the browser's own choice would mark half of one too.
    """
    if view.scope.hourly:
        axis = alt.Axis(format="%H:%M", labelOverlap=True)
    else:
        step = math.ceil((view.scope.end - view.scope.start) / DAY / MOST_DAYS)
        days = alt.TimeIntervalStep(interval="day", step=step)
        axis = alt.Axis(format="%m-%d", labelOverlap=True, tickCount=days)
    ends = [_at(_clock(view, at)) for at in (view.scope.start, view.scope.end)]
    return alt.X("start:T", title=None, axis=axis, scale=alt.Scale(domain=ends))


def _at(clock: datetime.datetime) -> alt.DateTime:
    """A clock's time as charts take it."""
    return alt.DateTime(
        year=clock.year,
        month=clock.month,
        date=clock.day,
        hours=clock.hour,
        minutes=clock.minute,
        seconds=clock.second,
    )


def _tips(view: View, kinds: str, title: str, digits: str = "") -> list[alt.Tooltip]:
    value = alt.Tooltip("value:Q", title=title, format=digits)
    return [
        alt.Tooltip("start:T", title=view.t("At"), format="%Y-%m-%d %H:%M"),
        alt.Tooltip("kind:N", title=kinds or title),
        value,
    ]


def show(view: View, chart: alt.Chart | alt.LayerChart) -> None:
    """Draw a chart as wide as there is room, its numbers as the reader writes them."""
    thousands, fraction = SIGNS.get(view.t.language, (",", "."))
    around = view.t("${n}", n="|").split("|")
    signs = alt.NumberLocale(decimal=fraction, thousands=thousands, grouping=[3], currency=around)
    chart = chart.configure(locale=alt.Locale(number=signs))
    st.altair_chart(chart, width="stretch", theme="streamlit")


def stacked(view: View, rows: Rows, title: str, kinds: str, money: bool = False) -> None:
    """Bars over time: rows of `start`, `kind` and `value`, an amount for each kind."""
    if not rows:
        st.caption(view.t("Nothing in the chosen period."))
        return
    shape = "$.2f" if money else "~s"
    show(
        view,
        alt.Chart(_stack(view, rows), height=HEIGHT + _legend(row["kind"] for row in rows))
        .mark_rect()
        .encode(
            x=_time(view),
            x2="end:T",
            y=alt.Y(
                "low:Q", title=title, axis=alt.Axis(format=shape, tickMinStep=0 if money else 1)
            ),
            y2="high:Q",
            color=_colour(view, (row["kind"] for row in rows), kinds),
            tooltip=_tips(view, kinds, title, "$.2f" if money else ""),
        ),
    )


def _stack(view: View, rows: Rows) -> pd.DataFrame:
    """Rectangles, as wide as their hour or day, each on top of the one before.

    An hour that comes twice, when clocks go back, is one place.
    """
    ends = {bucket.start: bucket.end for bucket in view.scope.buckets}
    tops: dict[datetime.datetime, float] = {}
    stack = []
    for row in rows:
        place = _clock(view, row["start"])
        low = tops.get(place, 0.0)
        tops[place] = low + row["value"]
        start, end = row["start"], ends.get(row["start"], row["start"])
        gap = (end - start) * 0.04
        stack.append(
            {
                "start": _clock(view, start + gap),
                "end": _clock(view, end - gap),
                "kind": named(view.t, row["kind"]),
                "value": row["value"],
                "low": low,
                "high": tops[place],
            }
        )
    return pd.DataFrame(stack)


def lines(view: View, rows: Rows, title: str, kinds: str) -> None:
    """Lines over time: rows of `start`, `kind` and `value`."""
    if not rows:
        st.caption(view.t("Nothing in the chosen period."))
        return
    show(
        view,
        alt.Chart(_at_clock(view, rows), height=HEIGHT + _legend(row["kind"] for row in rows))
        .mark_line(point=True)
        .encode(
            x=_time(view),
            y=alt.Y("value:Q", title=title, scale=alt.Scale(zero=True)),
            color=_colour(view, (row["kind"] for row in rows), kinds),
            tooltip=[*_tips(view, kinds, title, ".1f"), alt.Tooltip("n:Q", title="n")],
        ),
    )


def _at_clock(view: View, rows: Rows) -> pd.DataFrame:
    moments = [{**row, "start": _clock(view, row["start"])} for row in _named(view, rows)]
    return pd.DataFrame(moments)


def histogram(view: View, rows: Rows, x: str, y: str, kinds: str, width: float) -> None:
    """Bars so many units wide: rows of `from`, `kind` and `value`."""
    frame = pd.DataFrame([{**row, "to": row["from"] + width} for row in _named(view, rows)])
    show(
        view,
        alt.Chart(frame, height=HEIGHT + _legend(row["kind"] for row in rows))
        .mark_bar(opacity=0.75)
        .encode(
            x=alt.X("from:Q", title=x, bin="binned"),
            x2="to:Q",
            y=alt.Y("value:Q", title=y, stack=True),
            color=_colour(view, (row["kind"] for row in rows), kinds),
            tooltip=[
                alt.Tooltip("from:Q", title=x, format=".1f"),
                alt.Tooltip("kind:N", title=kinds),
                alt.Tooltip("value:Q", title=y),
            ],
        ),
    )


def steps(view: View, rows: Rows, x: str, y: str) -> None:
    """A bar for each state, in the order given: rows of `state` and `value`."""
    frame = pd.DataFrame(rows)
    show(
        view,
        alt.Chart(frame, height=24 * len(frame) + 40)
        .mark_bar(color=BLUE)
        .encode(
            x=alt.X("value:Q", title=x),
            y=alt.Y("state:N", title=None, sort=None, axis=alt.Axis(labelLimit=220)),
            tooltip=[alt.Tooltip("state:N", title=y), alt.Tooltip("value:Q", title=x)],
        ),
    )


def runs(view: View, rows: Rows, y: str, kinds: str) -> None:
    """A bar for each run: rows of `start`, `value` (seconds), `kind` (its outcome), `run`."""
    show(
        view,
        alt.Chart(_at_clock(view, rows), height=HEIGHT + _legend(row["kind"] for row in rows))
        .mark_bar(width=3)
        .encode(
            x=_time(view),
            y=alt.Y("value:Q", title=y),
            color=_colour(view, (row["kind"] for row in rows), kinds),
            tooltip=[
                *_tips(view, kinds, y, ".0f"), alt.Tooltip("run:N", title=view.t("Run")),
            ],
        )
    )  # fmt: skip


def timeline(view: View, rows: Rows, x: str, kinds: str) -> None:
    """A bar for each run under way, beside the usual time of its type and its p99.

    Rows of `run`, `minutes`, `usual`, `late` (minutes, or None) and `kind`. A bar that is far
    beyond the p99 ends at the edge, so that the others can be told apart.
    """
    frame = pd.DataFrame(_named(view, rows))
    longest = max(row["minutes"] for row in rows)
    late_at = max((row["late"] for row in rows if row["late"]), default=longest)
    scale = alt.Scale(domain=[0, max(0.1, min(1.05 * longest, FAR * late_at), late_at)])
    base = alt.Chart(
        frame, height=26 * len(frame) + 70 + _legend((row["kind"] for row in rows), 1)
    ).encode(
        y=alt.Y("run:N", title=None, sort=None, axis=alt.Axis(labelLimit=300, labelOverlap=False))
    )
    bars = base.mark_bar(clip=True).encode(
        x=alt.X("minutes:Q", title=x, scale=scale),
        color=_colour(view, (row["kind"] for row in rows), kinds, 1),
        tooltip=[
            alt.Tooltip("run:N", title=view.t("Run")),
            alt.Tooltip("kind:N", title=kinds),
            alt.Tooltip("minutes:Q", title=x, format=".1f"),
        ],
    )
    usual = base.mark_tick(thickness=2, color=GREY).encode(x="usual:Q")
    late = base.mark_tick(thickness=3, color=RED).encode(x="late:Q")
    show(view, bars + usual + late)
