"""A person's history as one table: each moment in words, and a click away from its row."""

from __future__ import annotations

from types import SimpleNamespace

import streamlit as st

from core.base.texts import Translator
from core.operation.metrics.journey.timeline import Moment, timeline
from core.operation.metrics.scope import text_id
from dashboard import codes
from dashboard.tables import Column, table
from dashboard.view import View

MOST = 300
_ORDER = {**codes.STATUS, "started": codes.MOMENT["started"]}
_ABOUT = {**codes.TYPE, **codes.PURPOSE, **codes.REASON}
FAMILIES: dict[str, tuple[codes.Words, codes.Words]] = {
    "turn": (codes.STATE, codes.NONE), "avatar": (codes.MOMENT, codes.NONE),
    "photo": (codes.PHOTO, codes.PHOTO), "run": (_ORDER, _ABOUT), "pictures": (_ORDER, _ABOUT),
    "call": (codes.PHASE, codes.REASON), "notice": (codes.NOTICE, codes.NOTICE),
    "support": (codes.MOMENT, codes.NONE), "action": (codes.ACTION, codes.NONE),
}  # fmt: skip
"""By its kind, which words a moment and what it is about are said in."""


def draw(view: View, user_id: str) -> None:
    """All that happened to a person."""
    t = view.t
    st.subheader(t("What happened"), anchor=False)
    table(view, "timeline", [
        Column("at", t("At"), "time"), Column("kind", t("What"), words=codes.MOMENT),
        Column("what", t("Did")), Column("about", t("About")),
    ], [_said(t, moment) for moment in view.ask(timeline, user_id)], most=MOST,
        place=lambda moment: _place(view, moment, user_id))  # fmt: skip


def _said(t: Translator, moment: Moment) -> SimpleNamespace:
    what, about = FAMILIES[moment.kind]
    known = "" if moment.kind == "turn" else codes.word(t, about, moment.about)
    return SimpleNamespace(
        at=moment.at, kind=moment.kind, what=codes.word(t, what, moment.what), about=known,
        id=moment.id,
    )  # fmt: skip


def _place(view: View, moment: SimpleNamespace, user_id: str) -> str:
    """The address of something that happened."""
    if moment.kind in ("run", "pictures"):
        return view.place("training", run=text_id(moment.id))
    if moment.kind == "avatar":
        return view.place("people", user=text_id(user_id), avatar=moment.id)
    return view.row("audit" if moment.kind == "action" else moment.kind, moment.id)
