"""Any one row by its address, with the ways to what it belongs to."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import Any

import streamlit as st

from core.operation.metrics import records
from core.operation.metrics.scope import seconds_of
from dashboard import codes
from dashboard.cards.heading import title
from dashboard.tables import Column, table
from dashboard.view import View

KNOWN = {
    "action": codes.ACTION, "phase": codes.PHASE, "fate": codes.FATE,
    "validation_status": codes.PHOTO, "dest": codes.STATE, "name": codes.NOTICE,
}  # fmt: skip
"""The columns that a row is known by, and their words."""


def draw(view: View) -> None:
    """The page; what is asked for stands in the address."""
    t = view.t
    kind, name = st.query_params.get("of", ""), st.query_params.get("id", "")
    found = view.ask(records.record, kind, name)
    if found is None:
        st.caption(t("There is no such row any more."))
        return
    title(codes.word(t, codes.MOMENT, kind), *_about(view, found))
    _ways(view, found)
    rows = [SimpleNamespace(name=name, value=_said(view, name, value))
            for name, value in found.items()]  # fmt: skip
    table(view, "row", [Column("name", t("Column")), Column("value", t("Value"))], rows)


def _about(view: View, found: dict[str, Any]) -> list[str]:
    """What a row is known by: action, author, time."""
    t = view.t
    said = [
        codes.word(t, KNOWN[column], str(value))
        for column, value in found.items()
        if column in KNOWN
    ]
    moments = ("at", "fired_at", "received_at", "ordered_at", "created_at", "sent_at")
    first = next((found[name] for name in moments if found.get(name)), None)
    return [*said, _said(view, "at", first)] if first else said


def _ways(view: View, found: dict[str, Any]) -> None:
    t = view.t
    run_id, avatar_id = (found.get(name) or "" for name in ("run_id", "avatar_id"))
    user_id = view.ask(records.owner, found)
    if user_id:
        place = view.place("people", user=user_id, avatar=avatar_id)
        view.link(t("Owner"), place, ":material/person:")
    if run_id:
        view.link(t("Its training"), view.place("training", run=run_id),
                       ":material/timer:")  # fmt: skip


def _said(view: View, name: str, value: Any) -> str:
    """A value as a text; moments in the zone of the day."""
    if value is None:
        return ""
    if name in ("at", "created_at", "updated_at") or name.endswith("_at"):
        seconds = seconds_of(value) if isinstance(value, str | datetime.datetime) else value
        return f"{view.moment(seconds):%Y-%m-%d %H:%M:%S}" if seconds else "–"
    return str(value)
