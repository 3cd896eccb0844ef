"""One training run, opened: its row, what was asked of fal, and what may be done about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial

import streamlit as st

from core.base.errors import LikenessError
from core.base.texts import Translator
from core.operation.metrics import errors, training
from core.operation.metrics.pictures import orders
from core.operation.metrics.pictures.orders import PictureOrder
from core.operation.metrics.scope import own_id
from dashboard import codes
from dashboard.tables import Column, table
from dashboard.view import View, forget

Action = Callable[[], object]

DONE = "done-by-hand"
"""How often anything was: what asked for it is drawn anew then, shut and empty."""
ENDED_BADLY = ("failed", "cancelled")


def columns(t: Translator) -> list[Column]:
    """The columns of a table of runs."""
    return [
        Column("training_type", t("Type"), words=codes.TYPE),
        Column("status", t("Status"), words=codes.STATUS),
        Column("test_mode", t("Test"), "yes"),
        Column("avatar", t("Avatar")),
        Column("progress", t("Progress"), "bar"),
        Column("position", t("Place in the queue"), "number"),
        Column("waited", t("Waited"), "seconds", t("From its submission to its start.")),
        Column("took", t("Took"), "seconds", t("What fal says that it took, else start to end.")),
        Column("cost_usd", t("Cost"), "usd"),
        Column("error_type", t("Error"), words=codes.ERROR),
        Column("error", t("Message")),
        Column("profile", t("Profile")),
        Column("created_at", t("Created"), "time"),
        Column("finished_at", t("Finished"), "time"),
        Column("finished_by", t("Known by"), words=codes.HEARD),
        Column("request_id", t("Request id")),
        Column("id", t("Run")),
    ]


def order_columns(t: Translator) -> list[Column]:
    """The columns of a table of orders."""
    return [
        Column("number", t("Order"), "number"),
        Column("fate", t("What became of it"), words=codes.FATE),
        Column("profile", t("Profile")),
        Column("price_usd", t("Price"), "usd"),
        Column("cost_usd", t("Cost"), "usd"),
        Column("error_type", t("Error"), words=codes.ERROR),
        Column("http_status", "HTTP", "number"),
        Column("sent_at", t("Sent"), "time"),
        Column("answered_at", t("Answered"), "time"),
        Column("ended_at", t("Finished"), "time"),
        Column("request_id", t("Request id")),
    ]


def event_columns(t: Translator) -> list[Column]:
    """The columns of a table of calls of fal."""
    return [
        Column("at", t("At"), "time"),
        Column("phase", t("Phase"), words=codes.PHASE),
        Column("ok", t("Well"), "yes"),
        Column("http_status", "HTTP", "number"),
        Column("error_type", t("Error"), words=codes.ERROR),
        Column("message", t("Message")),
        Column("seconds", t("Took"), "seconds"),
        Column("endpoint", t("Endpoint")),
        Column("run_id", t("Run")),
        Column("request_id", t("Request id")),
    ]


def opened(view: View) -> bool:
    """Draw the run that the address names, with a way back; False where it names none."""
    run_id = own_id(st.query_params.get("run", ""))
    if run_id is None:
        return False
    if st.button(view.t("Back"), icon=":material/arrow_back:", key="back"):
        del st.query_params["run"]
        st.rerun()
    draw(view, run_id)
    return True


def listed(view: View, key: str, rows: Sequence[training.Run], most: int = 0) -> int | None:
    """A table of runs; which one was chosen."""
    return table(view, key, columns(view.t), rows, choose=True, most=most,
                 empty=view.t("No training."),
                 place=lambda run: view.place("training", run=run.id))  # fmt: skip


def list_to_open(view: View, key: str, rows: Sequence[training.Run], most: int = 0) -> None:
    """The same; whoever chooses one opens it."""
    chosen = listed(view, key, rows, most)
    if chosen is not None:
        st.query_params["run"] = rows[chosen].id
        st.rerun()


def draw(view: View, run_id: str) -> None:
    """One run."""
    t = view.t
    run = view.ask(training.found, run_id)
    if run is None:
        _draw_painted(view, run_id)
        return
    st.subheader(t("Run {id}", id=run.id), anchor=False)
    table(view, "run", columns(t), [run],
          place=lambda run: view.place("training", run=run.id))  # fmt: skip
    if run.user_id:
        place = view.place("people", user=run.user_id, avatar=run.avatar_id)
        st.link_button(t("Whose it is"), place, icon=":material/person:")
    acting(view, run)
    _sent(view, run_id)


def painted(view: View, key: str, rows: Sequence[PictureOrder], choose: bool = False) -> int | None:
    """A table of orders of pictures; which one was chosen."""
    t = view.t
    return table(view, key, [
        Column("status", t("Status"), words=codes.STATUS),
        Column("purpose", t("Purpose"), words=codes.PURPOSE), Column("pack", t("Style")),
        Column("pictures", t("Pictures"), "number"), Column("blocked", t("Blocked"), "number"),
        Column("took", t("Took"), "seconds"), Column("cost_usd", t("Cost"), "usd"),
        Column("error_type", t("Error"), words=codes.ERROR), Column("error", t("Message")),
        Column("test_mode", t("Test"), "yes"), Column("profile", t("Profile")),
        Column("created_at", t("Created"), "time"), Column("finished_at", t("Finished"), "time"),
        Column("request_id", t("Request id")), Column("id", t("Run")),
    ], rows, choose=choose,
        place=lambda order: view.place("training", run=order.id))  # fmt: skip


def _draw_painted(view: View, run_id: str) -> None:
    """The same of an order of pictures: nobody sees them, nor what was wished for."""
    t = view.t
    order = view.ask(orders.found, run_id)
    if order is None:
        st.caption(t("There is no such run any more."))
        return
    st.subheader(t("Order of pictures {id}", id=order.id), anchor=False)
    painted(view, "run", [order])
    if order.user_id:
        place = view.place("people", user=order.user_id, avatar=order.avatar_id)
        st.link_button(t("Whose it is"), place, icon=":material/person:")
    if view.visitor.may_act and view.ask(orders.unsettled, run_id):
        _settling(view, order)
    _sent(view, run_id)


def _sent(view: View, run_id: str) -> None:
    """What was sent of an order, and every call of fal."""
    t = view.t
    st.subheader(t("What was ordered"), anchor=False)
    table(view, "orders", order_columns(t), view.ask(training.orders_of, run_id),
          empty=t("Nothing has been ordered."),
          place=lambda order: view.row("submission", order.id))  # fmt: skip
    st.subheader(t("What was asked of fal"), anchor=False)
    table(view, "calls", event_columns(t), view.ask(errors.of_run, run_id),
          place=lambda call: view.row("call", call.id))  # fmt: skip


def acting(view: View, run: training.Run) -> None:
    """The buttons that a run's state allows, each with its question."""
    t = view.t
    if not view.visitor.may_act:
        return
    if run.status in training.ACTIVE and run.status != "cancelling":
        asked = t("Stop this training? It may have been paid for.")
        action: Action = partial(view.actions.cancel_run, run.id)
        ask(view, t("Cancel the training"), asked, f"cancel-{run.id}", action)
    if view.ask(training.unsettled, run.id):
        _settling(view, run)
    if run.status in ENDED_BADLY and run.avatar_id:
        asked = t("Train this avatar once more? It costs as much again.")
        action = partial(view.actions.retry_run, run.id)
        ask(view, t("Train again"), asked, f"retry-{run.id}", action)


def _settling(view: View, run: training.Run | PictureOrder) -> None:
    """What an admin found out about an order that may have been lost."""
    t = view.t
    with popover(t("It was ordered"), f"sent-{run.id}"):
        request_id = st.text_input(t("Its request id at fal"), key=f"id-{run.id}", max_chars=128)
        if st.button(t("Yes"), key=f"sent-{run.id}", type="primary"):
            write(view, request_id, partial(view.actions.sent, run.id, request_id))
    asked = t("Are you sure that fal has no such request? It is ordered again, and paid for.")
    action = partial(view.actions.not_sent, run.id)
    ask(view, t("It was not ordered"), asked, f"not-sent-{run.id}", action)


def ask(view: View, label: str, question: str, key: str, action: Action) -> None:
    """A button that asks first; with a yes it is done, or refused below the question."""
    with popover(label, key):
        st.text(question)
        if st.button(view.t("Yes"), key=key, type="primary"):
            act(view, action)


def write(view: View, text: str, action: Action) -> None:
    """Do what needs a text, where there is one."""
    if text.strip():
        act(view, action)
    else:
        st.caption(view.t("Nothing is written there yet."))


def popover(label: str, key: str) -> AbstractContextManager[object]:
    """What opens below a button; once anything was done by hand it is shut."""
    return st.popover(label, key=f"popover-{key}-{st.session_state.get(DONE, 0)}")


def act(view: View, action: Action) -> None:
    """Do it, and draw everything anew; what can't be done is said."""
    try:
        action()
    except LikenessError as error:
        st.error(view.t("That can’t be done now."))
        st.text(str(error))
        return
    forget()
    st.session_state[DONE] = st.session_state.get(DONE, 0) + 1
    st.rerun()
