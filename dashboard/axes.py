"""What charts have in common: colours, the axis of time, where an axis ends, a reader's numbers."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import altair as alt
import streamlit as st

from core.base.texts import Translator
from core.operation.metrics.scope import DAY
from dashboard.codes import CHANNEL, SIDE, STATUS, TYPE, VERDICT, word
from dashboard.formats import SIGNS
from dashboard.view import View

GREEN, RED, GREY, BLUE, ORANGE = "#0f7f73", "#d9480f", "#b4bac9", "#5b5bd6", "#e08a00"
"""Told apart in red-green blindness too; `tests/dashboard/test_charts.py` holds how well."""
COLOURS = {
    "completed": GREEN, "failed": RED, "cancelled": GREY, "portrait": BLUE, "style": ORANGE,
    "valid": GREEN, "invalid": RED, "ours": ORANGE, "fal": RED, "nobody": GREY,
    "queued": GREY, "training": BLUE, "uncertain": RED, "saving": GREEN,
    "telegram": BLUE, "web": ORANGE, "console": GREEN,
}  # fmt: skip
OTHERS = "#5b8fd6"
HEIGHT = 240
"""With a legend or without: neighbours have their axes of time at one height."""
DASHED = "#8a8fa3"
"""Of what is usual, and of the period before."""
SHADE = "#3b4052"
"""Of a dashed line on top of bars, which lies on a bright one."""
MOST_DAYS = 15
"""Days named below a chart: more would not fit."""
OUTLYING = 3
"""An axis ends at so many times what nine tenths of the values don't exceed."""
MANY = 4
"""Of fewer values none is an outlier."""
Rows = Sequence[dict[str, Any]]
"""What is drawn: each a mark, by the names of its fields."""


class Mark(NamedTuple):
    """A moment that is marked in a chart, and what happened then: an alarm, or something usual."""

    at: float
    said: str
    alarm: bool = True


def ceiling(values: Sequence[float]) -> float | None:
    """Where an axis ends so that an outlier doesn't flatten the rest; None where there is none."""
    if len(values) < MANY:
        return None
    most = OUTLYING * sorted(values)[int(0.9 * (len(values) - 1))]
    return most if 0 < most < max(values) else None


def told(view: View, top: float | None, said: Callable[[float], str]) -> None:
    """Say that an axis ends before the values do."""
    if top is not None:
        st.caption(view.t("The axis ends at {n}: what is beyond is marked ▲.", n=said(top)))


def clock(view: View, at: float) -> datetime.datetime:
    """A moment as the clocks of the day's zone show it: browsers know only their own zone."""
    return datetime.datetime.fromtimestamp(at, view.zone).replace(tzinfo=None)


def when(view: View, at: float) -> str:
    """A moment, an hour or a day as a chart's tooltip names it."""
    return f"{clock(view, at):%Y-%m-%d %H:%M}"


def named(t: Translator, kind: str) -> str:
    """A code as it is called."""
    return word(t, {**STATUS, **TYPE, **SIDE, **VERDICT, **CHANNEL}, kind)


def colour(view: View, kinds: Iterable[str], title: str, columns: int = 3) -> alt.Color:
    """Each kind's colour; where there is but one it needs no legend."""
    known = sorted(set(kinds))
    scale = alt.Scale(
        domain=[named(view.t, kind) for kind in known],
        range=[COLOURS.get(kind, OTHERS) for kind in known],
    )
    legend = (
        alt.Legend(orient="top", title=None, columns=columns, offset=4) if len(known) > 1 else None
    )
    return alt.Color("kind:N", title=title, scale=scale, legend=legend if len(known) > 1 else None)


def marked(view: View, marks: Iterable[Mark]) -> Rows:
    """Marks as rows of a chart, for `upright`."""
    return [
        {"mark": clock(view, at), "at": when(view, at), "event": said, "alarm": alarm}
        for at, said, alarm in marks
    ]


def upright(view: View, base: alt.Chart) -> alt.Chart:
    """An upright line at each mark, red for an alarm."""
    tips = [alt.Tooltip("at:N", title=view.t("At")), alt.Tooltip("event:N", title=view.t("Event"))]
    dotted = base.mark_rule(strokeDash=[2, 3], size=2, opacity=0.8, clip=True)
    colour = alt.when(alt.datum.alarm).then(alt.value(RED)).otherwise(alt.value(DASHED))
    drawn: alt.Chart = dotted.encode(x=time(view, "mark"), color=colour, tooltip=tips)
    return drawn


def time(view: View, field: str = "start") -> alt.X:
    """The axis of the whole period, in figures: browsers name months in English alone.

    No day stands there twice: the browser's own choice would mark half of one too.
    """
    if view.scope.hourly:
        axis = alt.Axis(format="%H:%M", labelOverlap=True)
    else:
        step = math.ceil((view.scope.end - view.scope.start) / DAY / MOST_DAYS)
        days = alt.TimeIntervalStep(interval="day", step=step)
        axis = alt.Axis(format="%m-%d", labelOverlap=True, tickCount=days)
    ends = [at_clock(clock(view, at)) for at in (view.scope.start, view.scope.end)]
    return alt.X(f"{field}:T", title=None, axis=axis, scale=alt.Scale(domain=ends))


def at_clock(clock: datetime.datetime) -> alt.DateTime:
    """A clock's time as charts take it."""
    return alt.DateTime(
        year=clock.year,
        month=clock.month,
        date=clock.day,
        hours=clock.hour,
        minutes=clock.minute,
        seconds=clock.second,
    )


def show(view: View, chart: alt.Chart | alt.LayerChart) -> None:
    """Draw a chart as wide as there is room, its numbers as the reader writes them."""
    thousands, fraction = SIGNS.get(view.t.language, (",", "."))
    around = view.t("${n}", n="|").split("|")
    signs = alt.NumberLocale(decimal=fraction, thousands=thousands, grouping=[3], currency=around)
    chart = chart.configure(locale=alt.Locale(number=signs))
    st.altair_chart(chart, width="stretch", theme="streamlit")
