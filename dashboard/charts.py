"""Charts. Only our own words get in: types, states, moments; nothing that a person wrote.

A `kind` is a code of ours: it has its colour, and its name in the viewer's language. A single row
is no chart, but a sentence. An axis that an outlier would stretch ends before it, with a mark.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.axes import BLUE, COLOURS, RED, ceiling, clock, colour, named, show
from dashboard.axes import time as time_axis
from dashboard.axes import told as beyond
from dashboard.formats import lasting, money, number
from dashboard.view import View

HEIGHT = 240
"""With a legend or without: neighbours have their axes of time at one height."""
DASHED = "#8a8fa3"
"""Of what is usual, and of the period before."""
Rows = Sequence[dict[str, Any]]
"""What is drawn: each a mark, by the names of its fields."""
FAR = 4
"""The timeline ends at so many times the longest p99."""


def _said(view: View, at: float) -> str:
    """An hour or a day as its chart's tooltip names it."""
    return f"{clock(view, at):%Y-%m-%d %H:%M}"


def _alone(view: View, rows: Rows, said: Callable[[float], str]) -> bool:
    """Whether there are too few rows for a chart: they are said."""
    if len(rows) > 1:
        return False
    if not rows:
        st.caption(view.t("Nothing in the chosen period."))
    for row in rows:
        kind = named(view.t, row["kind"])
        st.text(f"{_said(view, row['start'])} · {kind}: {said(row['value'])}")
    return True


def stacked(view: View, rows: Rows, title: str, kinds: str, usd: bool = False) -> None:
    """Bars over time: rows of `start`, `kind` and `value`, an amount for each kind."""
    said = partial(money if usd else number, view.t)
    if _alone(view, rows, said):
        return
    totals: dict[float, float] = defaultdict(float)
    for row in rows:
        totals[row["start"]] += row["value"]
    top = ceiling(list(totals.values()))
    scale = alt.Scale(domain=[0, top]) if top else alt.Undefined
    axis = alt.Axis(format="$.2f" if usd else "~s", tickMinStep=0 if usd else 1)
    base = alt.Chart(_stack(view, rows, said, top), height=HEIGHT)
    bars = base.mark_rect(clip=True).encode(
        x=time_axis(view),
        x2="end:T",
        y=alt.Y("low:Q", title=title, axis=axis, scale=scale),
        y2="high:Q",
        color=colour(view, (row["kind"] for row in rows), kinds),
        tooltip=_tips(view, kinds, title),
    )
    if top is None:
        show(view, bars)
        return
    marks = base.mark_text(baseline="top", align="left", fontWeight="bold").encode(
        x="start:T", y=alt.YDatum(top), text="over:N"
    )
    show(view, bars + marks)
    beyond(view, top, said)


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
                "at": _said(view, start),
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


def band(view: View, rows: Rows, kind: str, title: str, top: float | None) -> None:
    """From the p50 to the p90 over time: rows of `start`, `middle`, `p50`, `p90` (seconds), `n`.

    Rows with `before` beside their moments are the median of the period before, moved to where it
    would be now. The axis ends at `top` seconds, if anywhere.
    """
    t = view.t
    frame = pd.DataFrame([_minutes(view, row, top) for row in rows])
    scale = alt.Scale(domain=[0, top / 60]) if top else alt.Scale(zero=True)
    base = alt.Chart(frame, height=HEIGHT).encode(x=time_axis(view))
    y = alt.Y("p50:Q", title=title, scale=scale)
    kept: dict[str, Any] = {"clip": True, "invalid": "filter"}
    area = base.mark_area(opacity=0.25, color=COLOURS[kind], **kept).encode(y=y, y2="p90:Q")
    dots = alt.OverlayMarkDef(color=COLOURS[kind], size=40)
    line = base.mark_line(color=COLOURS[kind], point=dots, **kept).encode(
        y="p50:Q",
        tooltip=[
            alt.Tooltip("at:N", title=t("At")), alt.Tooltip("said50:N", title="p50"),
            alt.Tooltip("said90:N", title="p90"), alt.Tooltip("n:Q", title=t("trainings")),
        ],
    )  # fmt: skip
    before = base.mark_line(color=DASHED, strokeDash=[4, 3], **kept).encode(y="before:Q")
    marks = base.mark_text(baseline="top", fontWeight="bold").encode(
        y=alt.YDatum((top or 0.0) / 60), text="over:N"
    )
    drawn = area + line + before if any("before" in row for row in rows) else area + line
    show(view, drawn + marks if top else drawn)


def _minutes(view: View, row: dict[str, Any], top: float | None) -> dict[str, Any]:
    t = view.t
    over = top is not None and (row.get("p90") or 0.0) > top
    return {
        "start": clock(view, row["middle"]),
        "at": _said(view, row["start"]),
        **{name: row[name] / 60 if name in row else None for name in ("p50", "p90", "before")},
        "said50": lasting(t, row.get("p50")),
        "said90": lasting(t, row.get("p90")),
        "n": row.get("n"),
        "over": f"▲ {lasting(t, row['p90'])}" if over else "",
    }


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
            {"start": clock(view, row["start"]), "at": _said(view, row["start"]),
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
