"""Tables: whatever people wrote is shown as text, and can be taken away as CSV."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from dashboard import codes, formats
from dashboard.view import View

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula."""
PLACE = "place"
"""The column of the rows' own addresses."""


class Column(NamedTuple):
    """A column: its heading, what it holds, its explanation, and the words of its codes.

    `kind` is text, number, time (a moment), seconds, usd, percent, bar, trend or yes.
    """

    name: str
    label: str
    kind: str = "text"
    help: str = ""
    words: codes.Words = codes.NONE


def table(
    view: View,
    key: str,
    columns: Sequence[Column],
    rows: Sequence[object],
    choose: bool = False,
    place: Callable[[Any], str] | None = None,
    most: int = 0,
    empty: str = "",
    hint: str = "",
) -> int | None:
    """Draw rows (anything with these attributes); which one was clicked, where one may `choose`.

    Else a click goes to the row's own address, where it has one.
    `place` gives a row's own address; of more than `most` rows (0: any number) it is said that
    these are not all. Where there is none, `empty` says so; `hint` says what choosing one does.
    """
    if not rows:
        st.caption(empty or view.t("Nothing here."))
        return None
    if choose and hint:
        st.caption(hint)
    places = [place(row) for row in rows] if place else []
    shown = {column.name: [_shown(view, column, row) for row in rows] for column in columns}
    frame = pd.DataFrame({PLACE: places, **shown} if place else shown)
    config = {column.name: _config(view, column) for column in columns}
    if place:
        config[PLACE] = _link(view)
    if most and len(rows) >= most:
        st.caption(view.t("There may be more: only the first {n} are shown.", n=most))
    said = {column.name: told for column in columns if (told := _told(view, column))}
    chosen = _drawn(frame, said, config, key, choose or bool(place))
    st.download_button(
        view.t("Download CSV"),
        as_csv(view, columns, rows, places),
        f"{key}.csv",
        "text/csv",
        key=f"{key}-csv",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )
    if chosen is not None and place and not choose:
        view.go(places[chosen])
    return chosen if choose else None


def _drawn(
    frame: pd.DataFrame,
    said: dict[str, Callable[[Any], str]],
    config: dict[str, Any],
    key: str,
    choose: bool,
) -> int | None:
    """Draw a table; which row was chosen, where any may be: a click anywhere in it is enough.

    It is sorted by the values themselves, whatever is `said` of them.
    """
    written = frame.style.format(said) if said else frame
    if not choose:
        st.dataframe(
            written, column_config=config, hide_index=True, key=key, width="stretch",
            placeholder=formats.NONE,
        )  # fmt: skip
        return None
    state = st.dataframe(
        written, column_config=config, hide_index=True, key=key, on_select="rerun",
        selection_mode="single-cell", width="stretch", placeholder=formats.NONE,
    )  # fmt: skip
    cells = [row for row, name in state.selection.cells if name != PLACE]
    return cells[0] if cells and cells[0] < len(frame) else None


def as_csv(
    view: View, columns: Sequence[Column], rows: Sequence[object], places: Sequence[str] = ()
) -> bytes:
    """The same rows for a spreadsheet, in which nothing is a formula; their addresses come last."""
    out = io.StringIO()
    writer = csv.writer(out)
    link = [view.t("Link")] if places else []
    writer.writerow([*(neutral(column.label) for column in columns), *link])
    for n, row in enumerate(rows):
        own = [view.address + places[n]] if places else []
        writer.writerow([*(_written(view, column, row) for column in columns), *own])
    return out.getvalue().encode("utf-8-sig")


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return (
        f"'{text}" if text.lstrip(" ").startswith(_FORMULA) or text.startswith(_FORMULA) else text
    )


def _shown(view: View, column: Column, row: object) -> object:
    value = getattr(row, column.name)
    if column.kind == "time":
        return view.moment(value)
    return None if value is None else value


def _written(view: View, column: Column, row: object) -> object:
    value = getattr(row, column.name)
    if value is None:
        return ""
    if column.kind == "time":
        moment = view.moment(value)
        return moment.isoformat(" ", "seconds") if isinstance(moment, datetime.datetime) else ""
    if column.words:
        value = codes.word(view.t, column.words, value)
    return neutral(value) if isinstance(value, str) else value


def _told(view: View, column: Column) -> Callable[[Any], str] | None:
    """How a column's values are written; None where they are as they stand."""
    t, words = view.t, column.words
    if words:
        return lambda code: codes.word(t, words, code)
    kinds: dict[str, Callable[[Any], str]] = {
        "seconds": lambda value: formats.lasting(t, value),
        "usd": lambda value: formats.money(t, value),
        "percent": lambda value: formats.percent(t, value / 100),
        "number": lambda value: formats.number(t, value, 0 if value == round(value) else 2),
    }
    said = kinds.get(column.kind)
    return said and (lambda value: formats.NONE if _missing(value) else said(value))


def _missing(value: Any) -> bool:
    return value is None or value != value


def _link(view: View) -> object:
    told = view.t("Opens this row by itself; its address can be sent to others.")
    return st.column_config.LinkColumn(
        view.t("Link"), help=told, display_text=":material/open_in_new:", width="small"
    )


def _config(view: View, column: Column) -> object:
    label, told = column.label, column.help or None
    kinds = st.column_config
    if column.kind == "time":
        return kinds.DatetimeColumn(
            label, help=told, format="YYYY-MM-DD HH:mm:ss", timezone=view.scope.zone
        )
    if column.kind == "trend":
        return kinds.BarChartColumn(label, help=told, y_min=0)
    if column.kind == "bar":
        return kinds.ProgressColumn(label, help=told, min_value=0, max_value=100, format="%d%%")
    if column.kind == "yes":
        return kinds.CheckboxColumn(label, help=told)
    if column.kind in ("number", "seconds", "usd", "percent"):
        return kinds.NumberColumn(label, help=told)
    return kinds.TextColumn(label, help=told)
