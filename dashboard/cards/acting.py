"""Doing something by hand: asked first, with a reason where it is owed, and told what came of it.

Whatever was done, its question is drawn anew under another key: a second press of the same button
finds nothing to press.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import NamedTuple

import streamlit as st

from core.base.errors import LikenessError
from core.operation.admin_actions import Outcome
from dashboard.view import View, forget
from dashboard.words import plain

DONE = "done-by-hand"
"""How often anything was."""
RECEIPT = "receipt"
"""What came of the last one, until it is told."""
LONGEST_REASON = 200

Action = Callable[..., Outcome]


class Receipt(NamedTuple):
    """What came of an action, and where it can be looked at."""

    text: str
    place: str


def ask(
    view: View,
    label: str,
    question: str,
    key: str,
    action: Action,
    done: str,
    lead: Callable[[Outcome], str] | None = None,
    *,
    why: bool = False,
) -> None:
    """A button that asks first; with a yes it is done, or refused below the question.

    `done` says what came of it; `lead` gives the place to look at it, else that is the audit's row.
    With `why` the action takes a reason, and there is no yes without one.
    """
    with popover(label, key):
        st.text(question)
        reason = ""
        if why:
            reason = st.text_input(
                view.t("Why?"), key=fresh(f"why-{key}"), max_chars=LONGEST_REASON,
                placeholder=view.t("It is kept in the audit."),
            )  # fmt: skip
        if not st.button(view.t("Yes"), key=fresh(key), type="primary"):
            return
        if why:
            write(view, reason, partial(action, reason.strip()), done, lead)
        else:
            act(view, action, done, lead)


def write(
    view: View,
    text: str,
    action: Action,
    done: str,
    lead: Callable[[Outcome], str] | None = None,
) -> None:
    """Do what needs a text, where there is one."""
    if text.strip():
        act(view, action, done, lead)
    else:
        st.caption(view.t("Nothing is written there yet."))


def popover(label: str, key: str) -> AbstractContextManager[object]:
    """What opens below a button; once anything was done by hand it is shut."""
    return st.popover(label, key=fresh(f"popover-{key}"))


def act(
    view: View, action: Action, done: str, lead: Callable[[Outcome], str] | None = None
) -> None:
    """Do it, and draw everything anew; what can't be done is said."""
    try:
        outcome = action()
    except LikenessError as error:
        st.error(view.t("That can’t be done now."))
        st.text(str(error))
        return
    forget()
    st.session_state[DONE] = st.session_state.get(DONE, 0) + 1
    st.session_state[RECEIPT] = _receipt(view, outcome, done, lead)
    st.rerun()


def told(view: View) -> None:
    """Say what came of the last action, once."""
    receipt: Receipt | None = st.session_state.pop(RECEIPT, None)
    if receipt is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.success(plain(receipt.text), icon=":material/check:")
        if receipt.place:
            view.link(view.t("Look at it"), receipt.place)


def _receipt(
    view: View, outcome: Outcome, done: str, lead: Callable[[Outcome], str] | None
) -> Receipt:
    if not outcome.changed:
        return Receipt(view.t("It was so already: nothing changed."), "")
    if lead is not None:
        return Receipt(done, lead(outcome))
    return Receipt(done, view.row("audit", outcome.audit))


def fresh(key: str) -> str:
    """A key that is another one once anything was done."""
    return f"{key}-{st.session_state.get(DONE, 0)}"
