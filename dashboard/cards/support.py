"""What people write to support: who waits for an answer, and a person's messages to be answered."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.operation.metrics import support
from core.operation.metrics.support import Letter
from dashboard import formats
from dashboard.cards import acting
from dashboard.tables import Column, table
from dashboard.view import View


def waiting(view: View) -> None:
    """Who waits for an answer; nothing where nobody does."""
    t = view.t
    found = view.ask(support.waiting)
    if not found:
        return
    st.subheader(t("They wait for an answer"), anchor=False)
    chosen = table(view, "waiting", [
        Column("at", t("At"), "time"), Column("name", t("Name")), Column("text", t("Message")),
        Column("user_id", t("Person")),
    ], found, choose=True, most=50, hint=t("Choose a row to answer."),
        place=lambda letter: view.place("people", user=letter.user_id))  # fmt: skip
    if chosen is not None:
        st.query_params["user"] = found[chosen].user_id
        st.rerun()


def letters(view: View, user_id: str) -> None:
    """A person's messages, each with its answer or a form for one."""
    t = view.t
    found = view.ask(support.of_person, user_id)
    if not found:
        return
    st.subheader(t("Messages to support"), anchor=False)
    for letter in found:
        with st.container(border=True):
            st.caption(f"№{letter.id} · {formats.ago(t, max(0.0, view.now - letter.at))}")
            st.text(letter.text)
            _answer(view, letter)


def _answer(view: View, letter: Letter) -> None:
    """The answer that was given, or a form for one."""
    t = view.t
    if letter.answered_at is not None:
        time = f"{view.moment(letter.answered_at):%Y-%m-%d %H:%M}"
        st.caption(t("Answered {time} by {name}", time=time, name=letter.who))
        st.text(letter.answer)
    elif view.visitor.may_act:
        with acting.popover(t("Answer"), f"answer-{letter.id}"):
            text = st.text_area(
                t("Message"), max_chars=2000, key=acting.fresh(f"answer-text-{letter.id}")
            )
            if st.button(t("Send"), key=acting.fresh(f"answer-send-{letter.id}"), type="primary"):
                acting.write(
                    view, text, partial(view.actions.answer, letter.id, text), t("It is sent.")
                )
