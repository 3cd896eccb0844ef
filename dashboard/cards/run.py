"""One order, opened: how far it came, what it waits for, what fal said, what may be done."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.base.texts import Translator
from core.operation.admin_actions import Outcome
from core.operation.metrics import errors, training
from core.operation.metrics.pictures import orders
from core.operation.metrics.runs.course import Course, course
from core.operation.metrics.scope import own_id
from dashboard import codes, formats
from dashboard.cards import acting
from dashboard.cards.heading import Step, steps, title
from dashboard.cards.lists import event_columns, order_columns
from dashboard.tables import table
from dashboard.view import View

ENDED_BADLY = ("failed", "cancelled")
LATE = 60.0
"""So many seconds after its time a step is overdue."""


def opened(view: View) -> bool:
    """Draw the run that the address names, with a way back; False where it names none."""
    run_id = own_id(st.query_params.get("run", ""))
    if run_id is None:
        return False
    if st.button(view.t("Back: {page}", page=view.title), icon=":material/arrow_back:", key="back"):
        del st.query_params["run"]
        st.rerun()
    draw(view, run_id)
    return True


def draw(view: View, run_id: str) -> None:
    """One run."""
    t = view.t
    found = view.ask(course, run_id)
    if found is None:
        st.caption(t("There is no such run any more."))
        return
    run = view.ask(training.found, run_id) if found.kind == "training" else None
    kind = codes.word(t, codes.TYPE, run.training_type) if run else t("pictures")
    title(found.avatar or found.who, kind, ended(t, found, view.now))
    steps(view, _steps(t, found))
    st.text(_facts(view, found))
    st.text(_next(view, found))
    _doing(view, found)
    _sent(view, run_id)
    st.caption(t("Run {id}", id=found.id))


def ended(t: Translator, found: Course, now: float) -> str:
    """What has become of it, and in how long: “failed after 9 min”."""
    since = found.started_at or found.submitted_at or found.created_at
    length = formats.lasting(t, (found.finished_at or now) - since)
    said = codes.word(t, codes.STATUS, found.status)
    if found.over:
        return t("{status} after {length}", status=said, length=length)
    return t("{status} for {length}", status=said, length=length)


def _steps(t: Translator, found: Course) -> list[Step]:
    """Ordered, queued, training, saved; what was skipped is left out where it is over."""
    last = codes.word(t, codes.STATUS, found.status) if found.status in ENDED_BADLY else t("saved")
    known = [
        Step(t("ordered"), found.created_at),
        Step(t("queued"), found.submitted_at),
        Step(t("training") if found.kind == "training" else t("painting"), found.started_at),
        Step(last, found.finished_at),
    ]
    return [step for step in known if step.at is not None or not found.over]


def _facts(view: View, found: Course) -> str:
    """Why it ended so, who can help, and until when it may last."""
    t = view.t
    said = []
    if found.error_type:
        why = codes.word(t, codes.ERROR, found.error_type)
        own = f" ({found.error_type}: {found.error})" if found.error else f" ({found.error_type})"
        said.append(t("Why: {why}", why=why) + own)
    if not found.over and found.progress:
        said.append(t("Progress: {n}", n=formats.percent(t, found.progress / 100, 0)))
    if not found.over and found.position is not None:
        said.append(t("Place in the queue: {n}", n=found.position))
    if found.deadline_at is not None and not found.over:
        left = formats.ago(t, view.now - found.deadline_at)
        clock = f"{view.moment(found.deadline_at):%H:%M}"
        said.append(t("Deadline: {clock}, {left}", clock=clock, left=left))
    if found.sent > 1:
        said.append(t("Sent to fal {n} times", n=found.sent))
    if found.failures:
        said.append(t("Failed tries since the last step: {n}", n=found.failures))
    return "\n".join(said)


def _next(view: View, found: Course) -> str:
    """What happens next, and whose turn it is."""
    t = view.t
    if found.status == "completed":
        return t("Next: nothing, it is done.")
    if found.over:
        turn = codes.word(t, codes.TURN, found.error_class)
        return t("Next: nothing happens by itself. Whose turn: {turn}.", turn=turn)
    if found.status == "uncertain":
        return t("Next: look on fal’s page of requests whether it is there, and say so below.")
    if not found.next_check_at:
        return t("Next: a check as soon as a worker is free.")
    late = view.now - found.next_check_at
    if late > LATE:
        ago = formats.ago(t, late)
        return t("Next: a check that was due {ago}. Is a worker running?", ago=ago)
    return t("Next: a check {ago}.", ago=formats.ago(t, min(late, 0)))


def _doing(view: View, found: Course) -> None:
    """The way to its person, and the buttons that a run's state allows, each with its question."""
    with st.container(horizontal=True):
        if found.user_id:
            place = view.place("people", user=found.user_id, avatar=found.avatar_id)
            view.link(view.t("Owner"), place, ":material/person:")
        if view.visitor.may_act:
            _acting(view, found)


def _acting(view: View, found: Course) -> None:
    t, of_training = view.t, found.kind == "training"
    here = partial(_place, view, found.id)
    if of_training and found.status in training.ACTIVE and found.status != "cancelling":
        acting.ask(
            view, t("Cancel the training"), t("Stop this training? It may have been paid for."),
            f"cancel-{found.id}", partial(view.actions.cancel_run, found.id),
            t("The training is being stopped."), here, why=True,
        )  # fmt: skip
    unsettled = training.unsettled if of_training else orders.unsettled
    if view.ask(unsettled, found.id):
        _settling(view, found)
    if of_training and found.status in ENDED_BADLY and found.avatar_id:
        acting.ask(
            view, t("Train again"), t("Train this avatar once more? It costs as much again."),
            f"retry-{found.id}", partial(view.actions.retry_run, found.id),
            t("A new training was ordered."), lambda outcome: _place(view, outcome.made, outcome),
            why=True,
        )  # fmt: skip


def _settling(view: View, found: Course) -> None:
    """What an admin found out about an order that may have been lost."""
    t, here = view.t, partial(_place, view, found.id)
    with acting.popover(t("It was ordered"), f"sent-{found.id}"):
        request_id = st.text_input(
            t("Its request id at fal"), key=acting.fresh(f"id-{found.id}"), max_chars=128
        )
        if st.button(t("Yes"), key=acting.fresh(f"sent-{found.id}"), type="primary"):
            action = partial(view.actions.sent, found.id, request_id)
            acting.write(view, request_id, action, t("It goes on under this request."), here)
    acting.ask(
        view, t("It was not ordered"),
        t("Are you sure that fal has no such request? It is ordered again, and paid for."),
        f"not-sent-{found.id}", partial(view.actions.not_sent, found.id),
        t("It is ordered again."), here, why=True,
    )  # fmt: skip


def _place(view: View, run_id: str, _: Outcome) -> str:
    return view.place("training", run=run_id)


def _sent(view: View, run_id: str) -> None:
    """What was sent of an order, and every call of fal."""
    t = view.t
    st.subheader(t("What was asked of fal"), anchor=False)
    table(view, "calls", event_columns(t), view.ask(errors.of_run, run_id),
          place=lambda call: view.row("call", call.id))  # fmt: skip
    st.subheader(t("What was ordered"), anchor=False)
    table(view, "orders", order_columns(t), view.ask(training.orders_of, run_id),
          empty=t("Nothing has been ordered."),
          place=lambda order: view.row("submission", order.id))  # fmt: skip
