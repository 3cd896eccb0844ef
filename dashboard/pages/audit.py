"""Who has done what by hand, who is logged in, and who tried in vain."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.operation import auth
from core.operation.metrics import people
from dashboard import codes
from dashboard.cards import acting
from dashboard.tables import Column, table
from dashboard.view import View


def draw(view: View) -> None:
    """The page."""
    t = view.t
    st.subheader(t("Done by hand"), anchor=False)
    table(view, "audit", [
        Column("at", t("At"), "time"), Column("who", t("Who")),
        Column("action", t("Did"), words=codes.ACTION),
        Column("subject", t("Subject")), Column("detail", t("Detail")),
    ], view.ask(people.audited), most=200,
        place=lambda done: view.row("audit", done.id))  # fmt: skip
    _sessions(view)
    st.subheader(t("Failed log-ins"), anchor=False)
    table(view, "attempts", [
        Column("at", t("At"), "time"), Column("name", t("Name")),
        Column("source", t("From where")),
    ], view.ask(auth.failed, view.scope.start), most=200,
        empty=t("Nobody has failed to log in."))  # fmt: skip


def _sessions(view: View) -> None:
    """Who is logged in now; an admin may end it."""
    t = view.t
    st.subheader(t("Open sessions"), anchor=False)
    found = view.ask(view.site.sessions.lasting)
    hint = t("Choose a row to end the session.")
    chosen = table(view, "sessions", [
        Column("name", t("Name")), Column("role", t("Role"), words=codes.ROLE),
        Column("created_at", t("Logged in"), "time"),
        Column("seen_at", t("Last seen"), "time"),
    ], found, choose=view.visitor.may_act, hint=hint,
        empty=t("Nobody is logged in."))  # fmt: skip
    if chosen is not None and view.visitor.may_act:
        session = found[chosen]
        asked = t("End this session of {name}? They have to log in again.", name=session.name)
        acting.ask(
            view, t("End the session"), asked, f"end-{session.id[:12]}",
            partial(view.actions.end_session, session.id), t("The session has ended."),
        )  # fmt: skip
