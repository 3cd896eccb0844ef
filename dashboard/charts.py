"""Charts. Only our own words get in: types, states, moments; nothing that a person wrote."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.view import View

COLOURS = {
    "completed": "#2e9e6b", "failed": "#d64545", "cancelled": "#8a8fa3",
    "portrait": "#5b5bd6", "style": "#e08a00",
    "queued": "#8a8fa3", "training": "#5b5bd6", "uncertain": "#d64545", "saving": "#2e9e6b",
}  # fmt: skip
OTHERS = "#5b8fd6"
HEIGHT = 260


def _clock(view: View, at: float) -> datetime.datetime:
    """A moment as the clocks of the day's zone show it: browsers know only their own zone."""
    return datetime.datetime.fromtimestamp(at, view.zone).replace(tzinfo=None)


def _scale(values: Iterable[str]) -> alt.Scale:
    known = sorted(set(values))
    return alt.Scale(domain=known, range=[COLOURS.get(value, OTHERS) for value in known])


def show(chart: Any) -> None:
    """Draw a chart as wide as there is room."""
    st.altair_chart(chart, width="stretch", theme="streamlit")


def stacked(
    view: View, rows: Sequence[dict[str, Any]], title: str, kinds: str, money: bool = False
) -> None:
    """Bars over time: rows of `start`, `kind` and `value`, an amount for each kind."""
    if not rows:
        st.caption(view.t("Nothing here."))
        return
    frame = _stack(view, rows)
    show(
        alt.Chart(frame, height=HEIGHT)
        .mark_rect()
        .encode(
            x=alt.X("start:T", title=None),
            x2="end:T",
            y=alt.Y("low:Q", title=title, axis=alt.Axis(format="$.2f" if money else "~s")),
            y2="high:Q",
            color=alt.Color("kind:N", title=kinds, scale=_scale(frame["kind"])),
            tooltip=["start:T", "kind:N", "value:Q"],
        )
    )


def _stack(view: View, rows: Sequence[dict[str, Any]]) -> Any:
    """Rectangles, as wide as their hour or day, each on top of the one before."""
    ends = {bucket.start: bucket.end for bucket in view.scope.buckets}
    tops: dict[float, float] = {}
    stack = []
    for row in rows:
        low = tops.get(row["start"], 0.0)
        tops[row["start"]] = low + row["value"]
        start, end = row["start"], ends.get(row["start"], row["start"])
        gap = (end - start) * 0.04
        stack.append(
            {
                "start": _clock(view, start + gap),
                "end": _clock(view, end - gap),
                "kind": row["kind"],
                "value": row["value"],
                "low": low,
                "high": tops[start],
            }
        )
    return pd.DataFrame(stack)


def lines(view: View, rows: Sequence[dict[str, Any]], title: str, kinds: str) -> None:
    """Lines over time: rows of `start`, `kind` and `value`."""
    if not rows:
        st.caption(view.t("Nothing here."))
        return
    frame = pd.DataFrame([{**row, "start": _clock(view, row["start"])} for row in rows])
    show(
        alt.Chart(frame, height=HEIGHT)
        .mark_line(point=True)
        .encode(
            x=alt.X("start:T", title=None),
            y=alt.Y("value:Q", title=title, scale=alt.Scale(zero=True)),
            color=alt.Color("kind:N", title=kinds, scale=_scale(frame["kind"])),
            tooltip=["start:T", "kind:N", alt.Tooltip("value:Q", format=".1f"), "n:Q"],
        )
    )


def histogram(rows: Sequence[dict[str, Any]], x: str, y: str, kinds: str, width: float) -> None:
    """Bars so many units wide: rows of `from`, `kind` and `value`."""
    frame = pd.DataFrame([{**row, "to": row["from"] + width} for row in rows])
    show(
        alt.Chart(frame, height=HEIGHT)
        .mark_bar(opacity=0.75)
        .encode(
            x=alt.X("from:Q", title=x, bin="binned"),
            x2="to:Q",
            y=alt.Y("value:Q", title=y, stack=True),
            color=alt.Color("kind:N", title=kinds, scale=_scale(frame["kind"])),
            tooltip=["from:Q", "to:Q", "kind:N", "value:Q"],
        )
    )


def steps(rows: Sequence[dict[str, Any]], x: str) -> None:
    """A bar for each state, in the order given: rows of `state` and `value`."""
    frame = pd.DataFrame(rows)
    show(
        alt.Chart(frame, height=24 * len(frame) + 40)
        .mark_bar(color=COLOURS["portrait"])
        .encode(
            x=alt.X("value:Q", title=x),
            y=alt.Y("state:N", title=None, sort=None, axis=alt.Axis(labelLimit=220)),
            tooltip=["state:N", "value:Q"],
        )
    )


def runs(view: View, rows: Sequence[dict[str, Any]], y: str, kinds: str) -> None:
    """A dot for each run: rows of `start`, `value` (seconds), `kind` (its outcome), `type`."""
    frame = pd.DataFrame([{**row, "start": _clock(view, row["start"])} for row in rows])
    show(
        alt.Chart(frame, height=HEIGHT)
        .mark_bar(width=3)
        .encode(
            x=alt.X("start:T", title=None),
            y=alt.Y("value:Q", title=y),
            color=alt.Color("kind:N", title=kinds, scale=_scale(frame["kind"])),
            tooltip=["start:T", "type:N", "kind:N", alt.Tooltip("value:Q", format=".0f"), "run:N"],
        )
    )


def timeline(rows: Sequence[dict[str, Any]], x: str, kinds: str) -> None:
    """A bar for each run under way, beside the usual time of its type and its p99.

    Rows of `run`, `minutes`, `usual`, `late` (minutes, or None) and `kind`.
    """
    frame = pd.DataFrame(rows)
    base = alt.Chart(frame, height=26 * len(frame) + 90).encode(
        y=alt.Y("run:N", title=None, sort=None, axis=alt.Axis(labelLimit=300))
    )
    bars = base.mark_bar().encode(
        x=alt.X("minutes:Q", title=x),
        color=alt.Color("kind:N", title=kinds, scale=_scale(frame["kind"])),
        tooltip=["run:N", "kind:N", alt.Tooltip("minutes:Q", format=".1f")],
    )
    usual = base.mark_tick(thickness=2, color="#8a8fa3").encode(x="usual:Q")
    late = base.mark_tick(thickness=3, color=COLOURS["failed"]).encode(x="late:Q")
    show(bars + usual + late)
