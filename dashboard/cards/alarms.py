"""Whether all is well: the first thing on the overview, a sentence for each open alert."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.base.texts import Translator
from core.operation import alerts
from core.operation.alerts import Alert
from core.operation.metrics import health
from dashboard import formats
from dashboard.axes import Mark
from dashboard.cards import acting
from dashboard.tables import Column, table
from dashboard.view import View
from dashboard.words import plain

SILENT_SECONDS = 60.0
"""A part that has not said for so long that it lives is shown as silent."""
HOURS = 4.0
"""So long an alert is silenced from beside it."""
IN_MINUTES = ("queue", "waiting", "remote")
IN_HOURS = ("support",)
IN_PERCENT = ("success", "budget")
UNMEASURED = ("new_error", "stopped", "webhooks")
"""Their values and limits say nothing that the rule does not."""
PAGES = {
    "success": "failures", "fal_errors": "errors", "queue": "running", "waiting": "operations",
    "uncertain": "errors", "results": "failures", "budget": "cost", "remote": "operations",
    "new_error": "errors", "stopped": "operations", "deadline": "failures",
    "webhooks": "operations", "support": "people",
}  # fmt: skip
"""Where the rows of a rule are; those of a silent part stand on the overview itself."""
SOUGHT = {"deadline": {"reason": "deadline"}, "results": {"reason": "result_gone"}}
"""By what they are found there."""


def rules(t: Translator) -> dict[str, str]:
    """What each rule says."""
    return {
        "success": t("Too few trainings succeed"),
        "fal_errors": t("fal fails often"),
        "queue": t("A training waits too long to begin"),
        "waiting": t("Something waits too long to be handled or shown"),
        "heartbeat": t("A process is silent"),
        "uncertain": t("Orders that may or may not have arrived"),
        "results": t("Trainings that were paid for, and whose result can’t be fetched"),
        "budget": t("The day’s budget is nearly spent"),
        "remote": t("fal still keeps what should have been deleted there"),
        "new_error": t("fal reports something new"),
        "stopped": t("Trainings are not being ordered"),
        "deadline": t("Trainings did not end in time and were given up"),
        "webhooks": t("Webhooks are configured, and none has arrived"),
        "support": t("A message to support waits for an answer"),
    }


def draw(view: View) -> None:
    """All well, or how many alerts, and each."""
    t = view.t
    firing = [alert for alert in view.ask(alerts.recent, view.now) if alert.resolved_at is None]
    silent = not _worker_lives(view)
    n = len(firing) + silent
    if not n:
        well = t("All well")
        st.markdown(f":green[:material/check_circle: **{well}**]")
        return
    said = t.n("{n} alert", "{n} alerts", n)
    st.markdown(f":red[:material/error: **{said}**]")
    if silent:
        st.text(t("No worker is running: nothing moves, and the numbers may be stale."))
    with st.container(gap="xsmall"):
        for alert in firing:
            _alert(view, alert)


def history(view: View) -> None:
    """Every alert that has fired, the open ones first."""
    t = view.t
    known = view.ask(alerts.recent, view.now)
    said = rules(t)
    if not known:
        st.caption(t("No alert has ever fired."))
        return
    with st.expander(t("All alerts")):
        table(view, "alerts", [
            Column("rule", t("Rule"), words=said), Column("subject", t("Subject")),
            Column("value", t("Value"), "number"), Column("threshold", t("Limit"), "number"),
            Column("fired_at", t("Fired"), "time"), Column("resolved_at", t("Resolved"), "time"),
            Column("silenced", t("Silenced"), "yes"),
        ], known, place=lambda alert: view.row("alert", alert.id), most=100)  # fmt: skip


def marks(view: View) -> list[Mark]:
    """Alerts that fired in the period, and deployments, for charts over time."""
    t, said, scope = view.t, rules(view.t), view.scope
    fired = [
        Mark(alert.fired_at, said.get(alert.rule, alert.rule))
        for alert in view.ask(alerts.recent, view.now)
        if scope.start <= alert.fired_at < scope.end
    ]
    begun = view.ask(health.deployments, scope)
    return fired + [Mark(at, t("Version {version}", version=name), alarm=False)
                    for at, name in begun]  # fmt: skip


def explained(view: View, marks: Sequence[Mark]) -> str:
    """What the marks of a chart are, in a sentence; "" where it has none."""
    t = view.t
    alarms, others = (any(m.alarm is which for m in marks) for which in (True, False))
    if alarms and others:
        return t("Dotted red: an alert fired; dotted grey: a new version.")
    if alarms:
        return t("Dotted red: an alert fired.")
    return t("Dotted grey: a new version.") if others else ""


def sentence(t: Translator, alert: Alert, now: float) -> str:
    """What holds, how much, the limit, and for how long it has."""
    time = formats.lasting(t, now - alert.fired_at)
    rule = rules(t).get(alert.rule, alert.rule)
    if alert.rule in UNMEASURED:
        return t("{rule}. Began {time} ago.", rule=rule, time=time)
    return t(
        "{rule}: {value}, the limit is {limit}. Began {time} ago.",
        rule=rule,
        value=_amount(t, alert.rule, alert.value),
        limit=_amount(t, alert.rule, alert.threshold),
        time=time,
    )


def _amount(t: Translator, rule: str, value: float) -> str:
    if rule == "heartbeat":
        return formats.lasting(t, value)
    if rule in IN_HOURS:
        return formats.lasting(t, 3600 * value)
    if rule in IN_MINUTES:
        return formats.lasting(t, 60 * value)
    return formats.percent(t, value / 100) if rule in IN_PERCENT else formats.number(t, value)


def _alert(view: View, alert: Alert) -> None:
    """A sentence, the way to its rows, and silence beside it."""
    t = view.t
    beside = st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", key=f"alert-{alert.id}"
    )
    with beside:
        with st.container(gap=None):
            st.text(sentence(t, alert, view.now))
            if alert.subject:
                st.caption(plain(alert.subject))
        if page := PAGES.get(alert.rule):
            place = view.place(page, **SOUGHT.get(alert.rule, {}))
            view.link(t("Show"), place)
        if alert.silenced:
            st.caption(t("Silenced"), width="content")
        elif view.visitor.may_act:
            asked = t("Silence this rule for {time}?", time=t("{n} h", n=round(HOURS)))
            action = partial(view.actions.silence, alert.rule, HOURS)
            done = t("This rule is silenced for a while.")
            acting.ask(view, t("Silence"), asked, f"silence-{alert.id}", action, done)


def _worker_lives(view: View) -> bool:
    return any(
        beat.part == "worker" and view.now - beat.at < SILENT_SECONDS
        for beat in view.ask(health.beats)
    )
