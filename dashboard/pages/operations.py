"""Operating by hand: pause, replay, silence; deliveries, webhooks, settings, the audit."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import streamlit as st

from core.base.processes.heartbeat import version
from core.base.settings import describe
from core.operation import alerts
from core.operation.metrics import health
from core.operation.metrics.journey import waiting
from dashboard import codes
from dashboard.cards import acting, alarms
from dashboard.formats import number, percent
from dashboard.tables import Column, table
from dashboard.view import View

PAUSED = "trainings_paused"


def draw(view: View) -> None:
    """The page."""
    _switches(view)
    _waiting(view)
    _delivery(view)
    _leaving(view)
    _quarantine(view)
    _silence(view)
    t = view.t
    st.subheader(t("Settings in force"), anchor=False)
    st.text(t("Version {version}", version=version()))
    with st.expander(t("Show the settings")):
        st.code(describe(view.site.settings), language="toml")


def _switches(view: View) -> None:
    t = view.t
    st.subheader(t("New trainings"), anchor=False)
    on = view.ask(health.controls)
    if PAUSED in on:
        st.warning(t("Paused: nothing is submitted until it is resumed."))
    elif view.visitor.may_act:
        asked = t("Submit no new training until you resume? Those that run go on.")
        done = t("New trainings are paused.")
        acting.ask(view, t("Pause new trainings"), asked, "pause", view.actions.pause, done)
    if not on:
        st.caption(t("No switch is on: trainings are submitted as they are ordered."))
    rows = [
        SimpleNamespace(name=name, value=value, at=at, by=by)
        for name, (value, at, by) in on.items()
    ]
    if rows:
        table(view, "switches", [
            Column("name", t("Switch"), words=codes.SWITCH), Column("value", t("Value")),
            Column("at", t("Since"), "time"), Column("by", t("By")),
        ], rows, place=lambda switch: view.row("switch", switch.name))  # fmt: skip
    for name in on if view.visitor.may_act else ():
        label = (
            t("Resume")
            if name == PAUSED
            else t("Turn off: {name}", name=codes.word(t, codes.SWITCH, name))
        )
        action = partial(view.actions.resume, name)
        asked, done = t("Turn this switch off now?"), t("The switch is off.")
        acting.ask(view, label, asked, f"resume-{name}", action, done)


def _waiting(view: View) -> None:
    """What people did and nobody has applied, and screens that nobody was shown."""
    t = view.t
    if not (found := view.ask(waiting.waiting)):
        return
    st.subheader(t("What waits"), anchor=False)
    table(view, "waiting", [
        Column("kind", t("What"), words=codes.WAITS),
        Column("since", t("Since"), "time"), Column("channel", t("Channel"), words=codes.CHANNEL),
        Column("name", t("Name")), Column("state", t("State"), words=codes.STATE),
    ], found, most=200,
        place=lambda one: view.place("people", user=one.user_id))  # fmt: skip


def _delivery(view: View) -> None:
    t = view.t
    st.subheader(t("Deliveries"), anchor=False)
    notices = view.ask(health.notices, view.scope)
    hooks = view.ask(health.webhooks, view.scope)
    last = view.moment(hooks.last_at)
    doomed = view.ask(health.doomed)
    asked = "" if hooks.polled is None else f" ({percent(t, hooks.polled)})"
    cells = (
        (t("Pending notices"), number(t, notices.pending),
         t("Notices made in the period that are not sent yet, or are being sent.")),
        (t("Notices that may have arrived"), number(t, notices.uncertain),
         t("Notices made in the period whose sending broke off; they are not repeated.")),
        (t("Notices that were refused"), number(t, notices.blocked + notices.failed),
         t("Notices made in the period that could not be sent: the person blocked the bot, or "
           "the channel refused them.")),
        (t("Chats that blocked the bot"), number(t, view.ask(health.unreachable)),
         t("All of them, whenever that was.")),
        (t("Chats to be left alone for now"), number(t, view.ask(health.asked_to_wait, view.now)),
         t("Their channel asked to wait, or could not be reached.")),
        (t("Ends reported by fal"), number(t, hooks.webhook),
         t("Trainings that ended in the period and of whose end a webhook told us. The last one: "
           "{time}", time=f"{last:%Y-%m-%d %H:%M:%S}" if last else "–")),
        (t("Ends found by polling"), f"{number(t, hooks.poll)}{asked}",
         t("Trainings that ended in the period and of whose end polling told us, since no webhook "
           "did; and their share of both.")),
        (t("Pending deletions"), number(t, doomed.n),
         t("Places in the store that the worker will clear: a file each, or all of an avatar or of "
           "a person.")),
    )  # fmt: skip
    for start in (0, 4):
        columns = st.columns(4)
        for column, (label, value, told) in zip(columns, cells[start : start + 4], strict=True):
            column.metric(label, value, help=told)


def _leaving(view: View) -> None:
    """Those who asked for everything of theirs: to be erased, or to have it."""
    t = view.t
    st.subheader(t("Erasures under way"), anchor=False)
    table(view, "erasures", [
        Column("user_id", t("Person")), Column("since", t("Asked for"), "time"),
        Column("age", t("Waits for"), "seconds"),
    ], view.ask(health.erasures, view.now), most=200,
        place=lambda erasing: view.place("people", user=erasing.user_id))  # fmt: skip
    _copies(view)
    st.subheader(t("Pending exports"), anchor=False)
    table(view, "exports", [
        Column("user_id", t("Person")), Column("ordered_at", t("Asked for"), "time"),
        Column("age", t("Waits for"), "seconds"), Column("attempts", t("Tries"), "number"),
        Column("next_check_at", t("Next try"), "time"), Column("id", t("Order")),
    ], view.ask(health.exports, view.now), most=200,
        place=lambda order: view.row("export", order.id))  # fmt: skip


def _copies(view: View) -> None:
    """What fal keeps and must not; models can only be deleted there by hand."""
    t = view.t
    st.subheader(t("To be deleted at fal"), anchor=False)
    found = view.ask(health.copies, view.scope)
    kinds = {"request": t("A request’s data and files"), "model": t("A model that stays at fal")}
    rows = [SimpleNamespace(**{**copy._asdict(), "kind": kinds[copy.kind]}) for copy in found]
    for row, copy in zip(rows, found, strict=True):
        row.next_check_at = copy.next_check_at if copy.kind == "request" else None
    chosen = table(view, "copies", [
        Column("kind", t("What")), Column("name", t("Name at fal")),
        Column("endpoint", t("Endpoint")), Column("at", t("Since"), "time"),
        Column("attempts", t("Tries"), "number"),
        Column("error_type", t("Error"), words=codes.ERROR),
        Column("next_check_at", t("Next try"), "time"),
    ], rows, choose=view.visitor.may_act, most=200, hint=t("Choose a row that is gone at fal."),
        place=lambda copy: view.row("copy", copy.id))  # fmt: skip
    if chosen is not None and view.visitor.may_act:
        copy = found[chosen]
        asked = t("Is {name} deleted at fal? We stop waiting for it.", name=copy.name)
        action = partial(view.actions.deleted_there, copy.id)
        done = t("We no longer wait for it.")
        acting.ask(view, t("It is deleted there"), asked, f"copy-{copy.id}", action, done)


def _quarantine(view: View) -> None:
    t = view.t
    st.subheader(t("Events that were set aside"), anchor=False)
    found = view.ask(health.quarantined)
    chosen = table(view, "quarantine", [
        Column("id", t("Event"), "number"), Column("channel", t("Channel"), words=codes.CHANNEL),
        Column("kind", t("What"), words=codes.MOMENT), Column("received_at", t("Came"), "time"),
        Column("failed_at", t("Set aside"), "time"), Column("attempts", t("Tries"), "number"),
        Column("error", t("Error")), Column("conversation_id", t("Conversation"), "number"),
    ], found, choose=view.visitor.may_act, most=200, hint=t("Choose a row to try it again."),
        place=lambda event: view.row("event", event.id))  # fmt: skip
    if chosen is not None and view.visitor.may_act:
        event_id = found[chosen].id
        asked = t("Apply this event now, though later ones were applied already?")
        action = partial(view.actions.replay, event_id)
        label, done = t("Try event {n} again", n=event_id), t("The event is tried again.")
        acting.ask(view, label, asked, f"replay-{event_id}", action, done)


def _silence(view: View) -> None:
    t = view.t
    said = alarms.rules(t)
    silent = view.ask(alerts.silences, view.now)
    if silent or view.visitor.may_act:
        st.subheader(t("Silence alerts"), anchor=False)
    for rule, until, who in silent:
        time = f"{view.moment(until):%Y-%m-%d %H:%M}"
        st.text(
            t("Silent until {time}, by {name}: {rule}",
              time=time, name=who, rule=said.get(rule, rule))
        )  # fmt: skip
    if not view.visitor.may_act:
        return
    rule = st.selectbox(t("Rule"), alerts.RULES, format_func=lambda rule: said[rule])
    hours = st.select_slider(t("Hours"), (0, 1, 4, 12, 24, 72, 168), value=4)
    if st.button(t("Silence"), key="silence"):
        done = t("This rule is silenced for a while.") if hours else t("Its alerts are sent again.")
        acting.act(view, partial(view.actions.silence, rule, float(hours)), done)
