"""Lines over time: how long trainings take, and which share of the photos is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboard.axes import (
    COLOURS,
    DASHED,
    HEIGHT,
    Mark,
    Rows,
    clock,
    colour,
    marked,
    named,
    show,
    upright,
    when,
)
from dashboard.axes import time as time_axis
from dashboard.formats import lasting, number, percent
from dashboard.view import View


def band(
    view: View, rows: Rows, kind: str, title: str, top: float | None, marks: Sequence[Mark] = ()
) -> None:
    """From the p50 to the p90 over time: rows of `start`, `middle`, `p50`, `p90` (seconds), `n`.

    Rows with `before` beside their moments are the median of the period before, moved to where it
    would be now. The axis ends at `top` seconds, if anywhere. `marks` are upright lines.
    """
    t = view.t
    frame = pd.DataFrame([*(_minutes(view, row, top) for row in rows), *marked(view, marks)])
    scale = alt.Scale(domain=[0, top / 60]) if top else alt.Scale(zero=True)
    whole = alt.Chart(frame, height=HEIGHT)
    base = whole.encode(x=time_axis(view))
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
    over = base.mark_text(baseline="top", fontWeight="bold").encode(
        y=alt.YDatum((top or 0.0) / 60), text="over:N"
    )
    drawn = area + line + before if any("before" in row for row in rows) else area + line
    if marks:
        drawn += upright(view, whole)
    show(view, drawn + over if top else drawn)


def _minutes(view: View, row: dict[str, Any], top: float | None) -> dict[str, Any]:
    t = view.t
    over = top is not None and (row.get("p90") or 0.0) > top
    return {
        "start": clock(view, row["middle"]),
        "at": when(view, row["start"]),
        **{name: row[name] / 60 if name in row else None for name in ("p50", "p90", "before")},
        "said50": lasting(t, row.get("p50")),
        "said90": lasting(t, row.get("p90")),
        "n": row.get("n"),
        "over": f"▲ {lasting(t, row['p90'])}" if over else "",
    }


def shares(view: View, rows: Rows, title: str, kinds: str, counted: str) -> None:
    """A line for each kind: rows of `start`, `middle`, `kind`, `value` (0 to 1), and of how many.

    The axis begins where the least share does: nine tenths and eight are not the same.
    """
    t = view.t
    frame = pd.DataFrame(
        [
            {"start": clock(view, row["middle"]), "at": when(view, row["start"]),
             "kind": named(t, row["kind"]), "value": row["value"],
             "said": percent(t, row["value"]), "n": number(t, row["n"])}
            for row in rows
        ]
    )  # fmt: skip
    base = alt.Chart(frame, height=HEIGHT).encode(
        x=time_axis(view),
        y=alt.Y("value:Q", title=title, axis=alt.Axis(format="%"), scale=alt.Scale(zero=False)),
        color=colour(view, (row["kind"] for row in rows), kinds),
        tooltip=[
            alt.Tooltip("at:N", title=t("At")), alt.Tooltip("kind:N", title=kinds),
            alt.Tooltip("said:N", title=title), alt.Tooltip("n:N", title=counted),
        ],
    )  # fmt: skip
    show(view, base.mark_line(point=True))
