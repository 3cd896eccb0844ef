"""Is it healthy, and how does it go: the specification's four metrics first."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.base.texts import Translator
from core.operation import alerts
from core.operation.metrics import errors, health, overview, training
from core.operation.metrics.scope import DAY
from dashboard import charts
from dashboard.tables import Column, table
from dashboard.view import View
from dashboard.words import unless_nought

LATELY = 7 * DAY
"""An older call of fal says nothing of how it is now."""
SILENT_SECONDS = 60.0
"""A part that has not said for so long that it lives is shown as silent."""


def draw(view: View) -> None:
    """The page."""
    _banners(view)
    _metrics(view)
    _trends(view)
    _alerts(view)
    view.as_of()
    view.asked.clear()
    st.subheader(view.t("Parts"), anchor=False)
    view.live(_parts)


def rules(t: Translator) -> dict[str, str]:
    """What each rule says."""
    return {
        "success": t("Too few trainings succeed (percent)"),
        "fal_errors": t("fal fails often"),
        "queue": t("A training waits too long to begin (minutes)"),
        "waiting": t("Something waits too long to be handled or shown (minutes)"),
        "heartbeat": t("A process is silent (seconds)"),
        "uncertain": t("Orders that may or may not have arrived"),
        "results": t("Trainings that were paid for, and whose result can’t be fetched"),
        "budget": t("The day’s budget is nearly spent (percent)"),
        "remote": t("fal still keeps what was to be deleted there (minutes)"),
        "new_error": t("fal says something new"),
        "stopped": t("Trainings are not ordered"),
        "deadline": t("Trainings did not end in time and were given up"),
        "webhooks": t("Webhooks are configured, and none has arrived"),
    }


def _banners(view: View) -> None:
    t = view.t
    if view.site.ordered == "test":
        st.info(t("Test mode is on: new trainings are simulated."), icon=":material/science:")
    beats = view.ask(health.beats)
    lives = [beat for beat in beats if view.now - beat.at < SILENT_SECONDS]
    if not any(beat.part == "worker" for beat in lives):
        st.warning(t("No worker is running: nothing moves, and the numbers may be stale."))


def _metrics(view: View) -> None:
    t, scope = view.t, view.scope
    columns = st.columns([1, 1, 1.4, 1])
    created, before = (view.ask(overview.avatars_created, s) for s in (scope, scope.before))
    columns[0].metric(
        t("Avatars created"), f"{created:,}", _change(created, before), border=True,
        help=t(
            "Avatars with a name that were begun in the period. Of deleted ones a number of each "
            "day is left: it counts at the beginning of its day (UTC)."
        ),
        chart_data=[float(at.n) for at in view.ask(overview.avatars_created_by_time, scope)],
    )  # fmt: skip
    ended, earlier = (view.ask(overview.outcomes, s) for s in (scope, scope.before))
    by_time = view.ask(overview.outcomes_by_time, scope)
    columns[1].metric(
        t("Training success"), _percent(ended.success), _points(t, ended.success, earlier.success),
        border=True,
        help=t(
            "completed ÷ (completed + failed), of the trainings that ended in the period. Those "
            "of forgotten people count at the beginning of the day (UTC) on which they were "
            "ordered. The line leaves out the days or hours in which none did."
        ),
        chart_data=[100 * at.success for at in by_time if at.success is not None],
    )  # fmt: skip
    with columns[2]:
        _times(view)
    calls, past = (view.ask(errors.calls, s) for s in (scope, scope.before))
    columns[3].metric(
        t("fal errors"), f"{calls.errors:,}", _change(calls.errors, past.errors),
        delta_color="inverse", border=True,
        help=t(
            "Calls of fal that failed, retries included. One that belongs to no training counts "
            "as production."
        ),
        chart_data=[float(at.errors) for at in view.ask(errors.calls_by_time, scope)],
    )  # fmt: skip


def _times(view: View) -> None:
    t = view.t
    now = {times.training_type: times for times in view.ask(training.times, view.scope)}
    before = {times.training_type: times for times in view.ask(training.times, view.scope.before)}
    with st.container(border=True):
        for kind in ("portrait", "style"):
            times, past = now.get(kind), before.get(kind)
            delta = times and past and unless_nought(f"{(times.p50 - past.p50) / 60:+.1f}")
            st.metric(
                t("Training time: {type}", type=charts.named(t, kind)),
                t("{n} min", n=f"{times.p50 / 60:.1f}") if times else "–",
                t("{n} min", n=delta) if delta else None,
                delta_color="inverse",
                help=t(
                    "The median of completed trainings: what fal says that it took, else from "
                    "their start to their end, without the wait in the queue."
                ),
            )


def _trends(view: View) -> None:
    t = view.t
    left, right = st.columns(2)
    with left:
        st.subheader(t("Trainings that ended"), anchor=False)
        rows = [
            {"start": at.start, "kind": kind, "value": value}
            for at in view.ask(overview.outcomes_by_time, view.scope)
            for kind, value in zip(at._fields[1:], at[1:], strict=True)
            if value
        ]
        charts.stacked(view, rows, t("trainings"), t("outcome"))
    with right:
        st.subheader(t("Avatars created"), anchor=False)
        created = view.ask(overview.avatars_created_by_time, view.scope)
        bars = [{"start": at.start, "kind": "avatars", "value": at.n} for at in created if at.n]
        charts.stacked(view, bars, t("avatars"), "")


def _alerts(view: View) -> None:
    t = view.t
    known = view.ask(alerts.recent, view.now)
    st.subheader(t("Alerts"), anchor=False)
    said = rules(t)
    for alert in [alert for alert in known if alert.resolved_at is None]:
        since = view.moment(alert.fired_at)
        st.error(
            t(
                "{rule}: {value}, the limit is {limit}; since {time}",
                rule=said.get(alert.rule, alert.rule),
                value=f"{alert.value:,.4g}",
                limit=f"{alert.threshold:,.4g}",
                time=f"{since:%Y-%m-%d %H:%M}",
            )
        )
        st.text(alert.subject) if alert.subject else None
    if not known:
        st.caption(t("None has ever fired."))
        return
    with st.expander(t("All alerts")):
        table(view, "alerts", [
            Column("rule", t("Rule")), Column("subject", t("Of what")),
            Column("value", t("Value"), "number"), Column("threshold", t("Limit"), "number"),
            Column("fired_at", t("Fired"), "time"), Column("resolved_at", t("Resolved"), "time"),
            Column("silenced", t("Silenced"), "yes"),
        ], known, place=lambda alert: view.row("alert", alert.id), most=100)  # fmt: skip


def _parts(view: View) -> None:
    t, now = view.t, view.now
    newest: set[str] = set()
    beats = []
    for beat in view.ask(health.beats):
        if now - beat.at <= SILENT_SECONDS or beat.part not in newest:
            beats.append(beat)
        newest.add(beat.part)
    alive = t("Red: it has not said for {n} s that it lives, or something troubles it.",
              n=round(SILENT_SECONDS))  # fmt: skip
    cells = [
        *((beat.part, *_beat(t, beat, now), alive) for beat in beats),
        (t("Unhandled events"), *_waits(t, view.ask(health.unhandled), now, 300),
         t("What people or timers did and nobody has applied yet; not what was set aside.")),
        (t("Unshown screens"), *_waits(t, view.ask(health.unshown), now, 300),
         t("Chats of messengers whose screen has changed since it was shown, without those that "
           "blocked the bot.")),
        (t("Trainings in the queue"), *_waits(t, view.ask(health.queued, view.scope), now, 1800),
         t("Ordered, and not begun yet: ready, preparing, submitting or queued; since their "
           "order.")),
        (t("Overdue trainings"), *_waits(t, view.ask(health.overdue, view.scope, now), now, 120),
         t("Under way, and nobody has looked at them though their time has come.")),
        ("fal", *_fal(view), t("How the newest call of fal ended, of the chosen trainings.")),
    ]  # fmt: skip
    _cells(cells)


def _cells(cells: Sequence[tuple[str, str, str, str]]) -> None:
    """Label, colour, text and definition, four in a row."""
    for start in range(0, len(cells), 4):
        columns = st.columns(4)
        for column, (label, colour, text, told) in zip(
            columns, cells[start : start + 4], strict=False
        ):
            with column.container(border=True):
                st.badge(label, color=colour, help=told)  # type: ignore[arg-type]  # one of its colours
                st.text(text)


def _beat(t: Translator, beat: health.Beat, now: float) -> tuple[str, str]:
    silent = now - beat.at
    text = f"{beat.process} {beat.version}"
    if beat.trouble:
        return "red", f"{text}\n{beat.trouble}"
    if silent > SILENT_SECONDS:
        return "red", text + "\n" + t("silent for {time}", time=lasting(t, silent))
    return "green", text


def _waits(t: Translator, waiting: health.Waiting, now: float, late: float) -> tuple[str, str]:
    if waiting.since is None or not waiting.n:
        return "green", t("none waits")
    oldest = max(0.0, now - waiting.since)
    text = t("{n} waiting, the oldest for {time}", n=waiting.n, time=lasting(t, oldest))
    return ("red" if oldest > late else "green"), text


def _fal(view: View) -> tuple[str, str]:
    t = view.t
    since = view.now - LATELY
    well, failed = (view.ask(health.fal_last, view.scope, ok, since) for ok in (True, False))
    if well is None and failed is None:
        return "gray", t("not called for a week")
    if well is None or (failed is not None and failed > well):
        return "red", t("the last call failed")
    return "green", t("answered {time} ago", time=lasting(t, max(0.0, view.now - well)))


def lasting(t: Translator, seconds: float) -> str:
    """A length of time in one unit."""
    if seconds < 90:
        return t("{n} s", n=round(seconds))
    if seconds < 5400:
        return t("{n} min", n=round(seconds / 60))
    if seconds < 172_800:
        return t("{n} h", n=round(seconds / 3600))
    return t("{n} d", n=round(seconds / 86_400))


def _change(now: float, before: float) -> str | None:
    return unless_nought(f"{100 * (now - before) / before:+.0f}%") if before else None


def _points(t: Translator, now: float | None, before: float | None) -> str | None:
    if now is None or before is None:
        return None
    change = unless_nought(f"{100 * (now - before):+.1f}")
    return change and t("{n} pp", n=change)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}%"
