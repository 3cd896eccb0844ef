"""Charts. Only our own words get in: types, states, moments; nothing that a person wrote.

A `kind` is a code of ours: it has its colour, and its name in the viewer's language. A single row
is no chart, but a sentence. An axis that an outlier would stretch ends before it, with a mark.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.axes import (
    BLUE,
    DASHED,
    HEIGHT,
    RED,
    SHADE,
    Mark,
    Rows,
    ceiling,
    clock,
    colour,
    marked,
    named,
    show,
    upright,
    when,
)
from dashboard.axes import time as time_axis
from dashboard.axes import told as beyond
from dashboard.formats import lasting, money, number
from dashboard.view import View

FAR = 4
"""The timeline ends at so many times the longest p99."""


def _alone(view: View, rows: Rows, said: Callable[[float], str]) -> bool:
    """Whether there are too few rows for a chart: they are said."""
    if len(rows) > 1:
        return False
    if not rows:
        st.caption(view.t("Nothing in the chosen period."))
    for row in rows:
        kind = named(view.t, row["kind"])
        st.text(f"{when(view, row['start'])} · {kind}: {said(row['value'])}")
    return True


def stacked(
    view: View,
    rows: Rows,
    title: str,
    kinds: str,
    usd: bool = False,
    *,
    before: Mapping[float, float] | None = None,
    marks: Sequence[Mark] = (),
) -> None:
    """Bars over time: rows of `start`, `kind` and `value`, an amount for each kind.

    `before` is the amount of each hour or day of the period before: a dashed line. `marks` are
    upright lines.
    """
    said = partial(money if usd else number, view.t)
    if _alone(view, rows, said):
        return
    totals: dict[float, float] = defaultdict(float)
    for row in rows:
        totals[row["start"]] += row["value"]
    top = ceiling(list(totals.values()))
    scale = alt.Scale(domain=[0, top]) if top else alt.Undefined
    axis = alt.Axis(format="$.2f" if usd else "~s", tickMinStep=0 if usd else 1)
    more = [*(_before(view, before) if before is not None else ()), *marked(view, marks)]
    frame = pd.concat([_stack(view, rows, said, top), pd.DataFrame(more)])
    base = alt.Chart(frame, height=HEIGHT)
    bars = base.mark_rect(clip=True).encode(
        x=time_axis(view),
        x2="end:T",
        y=alt.Y("low:Q", title=title, axis=axis, scale=scale),
        y2="high:Q",
        color=colour(view, (row["kind"] for row in rows), kinds),
        tooltip=_tips(view, kinds, title),
    )
    layers: list[alt.Chart] = [bars]
    if before is not None:
        layers += _over(view, base)
    if marks:
        layers.append(upright(view, base))
    if top is not None:
        over = base.mark_text(baseline="top", align="left", fontWeight="bold")
        layers.append(over.encode(x="start:T", y=alt.YDatum(top), text="over:N"))
    show(view, alt.LayerChart(layer=layers) if len(layers) > 1 else bars)
    beyond(view, top, said)


def _over(view: View, base: alt.Chart) -> list[alt.Chart]:
    """A dashed line that is seen on bars and beside them, on a dark page too."""
    on_time = base.encode(x=time_axis(view), y="before:Q")
    return [
        on_time.mark_line(color="#fff", size=4, opacity=0.6, clip=True, invalid="filter"),
        on_time.mark_line(color=SHADE, size=1.5, strokeDash=[4, 3], clip=True, invalid="filter"),
    ]


def _before(view: View, amounts: Mapping[float, float]) -> Rows:
    """The period before, each amount in the middle of where its hour or day would be now."""
    span = view.scope.end - view.scope.start
    return [
        {"start": clock(view, span + (bucket.start + bucket.end) / 2),
         "before": amounts.get(bucket.start, 0.0)}
        for bucket in view.scope.before.buckets
    ]  # fmt: skip


def _tips(view: View, kinds: str, title: str) -> list[alt.Tooltip]:
    kind = alt.Tooltip("kind:N", title=kinds or title)
    return [alt.Tooltip("at:N", title=view.t("At")), kind, alt.Tooltip("said:N", title=title)]


def _stack(
    view: View, rows: Rows, said: Callable[[float], str], top: float | None = None
) -> pd.DataFrame:
    """Rectangles, as wide as their hour or day, each on top of the one before.

    An hour that comes twice, when clocks go back, is one place. What goes beyond `top` says so.
    """
    ends = {bucket.start: bucket.end for bucket in view.scope.buckets}
    stack: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        place = stack[clock(view, row["start"])]
        low = place[-1]["high"] if place else 0.0
        start, end = row["start"], ends.get(row["start"], row["start"])
        gap = (end - start) * 0.04
        place.append(
            {
                "start": clock(view, start + gap),
                "end": clock(view, end - gap),
                "at": when(view, start),
                "kind": named(view.t, row["kind"]),
                "value": row["value"],
                "said": said(row["value"]),
                "low": low,
                "high": low + row["value"],
                "over": "",
            }
        )
    for place in stack.values():
        if top is not None and place[-1]["high"] > top:
            place[-1]["over"] = f"▲ {said(place[-1]['high'])}"
    return pd.DataFrame([rectangle for place in stack.values() for rectangle in place])


def histogram(view: View, rows: Rows, x: str, y: str, kinds: str, width: float) -> None:
    """Bars so many units wide: rows of `from`, `kind` and `value`."""
    frame = pd.DataFrame(
        [
            {**row, "kind": named(view.t, row["kind"]), "to": row["from"] + width,
             "said": lasting(view.t, 60 * row["from"])}
            for row in rows
        ]
    )  # fmt: skip
    show(
        view,
        alt.Chart(frame, height=HEIGHT)
        .mark_bar(opacity=0.75)
        .encode(
            x=alt.X("from:Q", title=x, bin="binned"),
            x2="to:Q",
            y=alt.Y("value:Q", title=y, stack=True, axis=alt.Axis(tickMinStep=1)),
            color=colour(view, (row["kind"] for row in rows), kinds),
            tooltip=[
                alt.Tooltip("said:N", title=x),
                alt.Tooltip("kind:N", title=kinds),
                alt.Tooltip("value:Q", title=y),
            ],
        ),
    )


def steps(view: View, rows: Rows, x: str, y: str) -> None:
    """A bar for each state, in the order given: rows of `state`, `value` and what is `said`."""
    frame = pd.DataFrame(rows)
    names = alt.Axis(labelLimit=220, labelOverlap=False)
    base = alt.Chart(frame, height=max(HEIGHT, 30 * len(frame))).encode(
        x=alt.X("value:Q", title=x, axis=None),
        y=alt.Y("state:N", title=None, sort=None, axis=names),
        tooltip=[alt.Tooltip("state:N", title=y), alt.Tooltip("said:N", title=x)],
    )
    words = base.mark_text(align="left", dx=4).encode(text="said:N")
    show(view, base.mark_bar(color=BLUE) + words)


def runs(view: View, rows: Rows, y: str, kinds: str) -> None:
    """A bar for each run: rows of `start`, `value` (seconds), `kind` (its outcome), `run`."""
    said = partial(lasting, view.t)
    if _alone(view, rows, said):
        return
    top = ceiling([row["value"] for row in rows])
    frame = pd.DataFrame(
        [
            {"start": clock(view, row["start"]), "at": when(view, row["start"]),
             "kind": named(view.t, row["kind"]), "value": row["value"] / 60, "run": row["run"],
             "said": said(row["value"]), "over": "▲" if top and row["value"] > top else ""}
            for row in rows
        ]
    )  # fmt: skip
    scale = alt.Scale(domain=[0, top / 60]) if top else alt.Undefined
    base = alt.Chart(frame, height=HEIGHT).encode(x=time_axis(view))
    bars = base.mark_bar(width=3, clip=True).encode(
        y=alt.Y("value:Q", title=y, scale=scale),
        color=colour(view, (row["kind"] for row in rows), kinds),
        tooltip=[alt.Tooltip("run:N", title=view.t("Run")), *_tips(view, kinds, y)],
    )
    if top is None:
        show(view, bars)
        return
    marks = base.mark_text(baseline="top").encode(y=alt.YDatum(top / 60), text="over:N")
    show(view, bars + marks)
    beyond(view, top, said)


def timeline(view: View, rows: Rows, x: str, kinds: str) -> None:
    """A bar for each run under way, beside the usual time of its type and its p99.

    Rows of `run`, `minutes`, `usual`, `late` (minutes, or None) and `kind`. A bar that is far
    beyond the p99 ends at the edge, so that the others can be told apart.
    """
    t = view.t
    frame = pd.DataFrame(
        [
            {**row, "kind": named(t, row["kind"]), "said": lasting(t, 60 * row["minutes"])}
            for row in rows
        ]
    )
    longest = max(row["minutes"] for row in rows)
    late_at = max((row["late"] for row in rows if row["late"]), default=longest)
    scale = alt.Scale(domain=[0, max(0.1, min(1.05 * longest, FAR * late_at), late_at)])
    height = 26 * len(frame) + 24 * len({row["kind"] for row in rows}) + 70
    base = alt.Chart(frame, height=height).encode(
        y=alt.Y("run:N", title=None, sort=None, axis=alt.Axis(labelLimit=300, labelOverlap=False))
    )
    bars = base.mark_bar(clip=True).encode(
        x=alt.X("minutes:Q", title=x, scale=scale),
        color=colour(view, (row["kind"] for row in rows), kinds, 1),
        tooltip=[
            alt.Tooltip("run:N", title=t("Run")),
            alt.Tooltip("kind:N", title=kinds),
            alt.Tooltip("said:N", title=x),
        ],
    )
    usual = base.mark_tick(thickness=2, color=DASHED).encode(x="usual:Q")
    late = base.mark_tick(thickness=3, color=RED).encode(x="late:Q")
    show(view, bars + usual + late)
