"""Is it healthy, and how does it go: the specification's four metrics first."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.base.texts import Translator
from core.operation.metrics import errors, health, overview, training
from core.operation.metrics.scope import DAY
from dashboard import charts, codes
from dashboard.cards import alarms
from dashboard.cards.alarms import SILENT_SECONDS
from dashboard.formats import ago, grown, lasting, longer, moved, number, percent
from dashboard.view import View

LATELY = 7 * DAY
"""An older call of fal says nothing of how it is now."""


def draw(view: View) -> None:
    """The page."""
    view.live(alarms.draw, dated=False)
    _metrics(view)
    _trends(view)
    view.as_of()
    st.subheader(view.t("Parts"), anchor=False)
    view.live(_parts)
    alarms.history(view)
    view.asked.clear()  # each part has said its age


def _metrics(view: View) -> None:
    t, scope = view.t, view.scope
    columns = st.columns(4)
    created, before = (view.ask(overview.avatars_created, s) for s in (scope, scope.before))
    columns[0].metric(
        t("Avatars created"), number(t, created), grown(t, created, before), border=True,
        help=t(
            "Avatars with a name that were begun in the period. Of deleted ones a number of each "
            "day is left: it counts at the beginning of its day (UTC)."
        ),
        chart_data=[float(at.n) for at in view.ask(overview.avatars_created_by_time, scope)],
    )  # fmt: skip
    ended, earlier = (view.ask(overview.outcomes, s) for s in (scope, scope.before))
    by_time = view.ask(overview.outcomes_by_time, scope)
    columns[1].metric(
        t("Training success"), percent(t, ended.success), moved(t, ended.success, earlier.success),
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
        t("fal errors"), _of_calls(t, calls), moved(t, calls.rate, past.rate),
        delta_color="inverse", border=True,
        help=t(
            "Calls of fal that failed, retries included, and their share of all calls. One that "
            "belongs to no training counts as production."
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
            st.metric(
                t("Training time: {type}", type=codes.word(t, codes.TYPE, kind)),
                lasting(t, times.p50) if times else "–",
                longer(t, times.p50, past.p50) if times and past else None,
                delta_color="inverse",
                help=t(
                    "The median of completed trainings: what fal says that it took, else from "
                    "their start to their end, without the wait in the queue."
                ),
            )


def _trends(view: View) -> None:
    """Both charts, each with the period before, and with what happened in this one."""
    t, marks = view.t, alarms.marks(view)
    left, right = st.columns(2)
    with left:
        st.subheader(t("Trainings that ended"), anchor=False)
        rows = [
            {"start": at.start, "kind": kind, "value": value}
            for at in view.ask(overview.outcomes_by_time, view.scope)
            for kind, value in zip(at._fields[1:], at[1:], strict=True)
            if value
        ]
        ended = view.ask(overview.outcomes_by_time, view.scope.before)
        before = {at.start: float(sum(at[1:])) for at in ended}
        charts.stacked(view, rows, t("trainings"), t("outcome"), before=before, marks=marks)
    with right:
        st.subheader(t("Avatars created"), anchor=False)
        created, past = (
            {at.start: float(at.n) for at in view.ask(overview.avatars_created_by_time, scope)}
            for scope in (view.scope, view.scope.before)
        )
        bars = [{"start": at, "kind": "avatars", "value": n} for at, n in created.items() if n]
        charts.stacked(view, bars, t("avatars"), "", before=past, marks=marks)
    st.caption(f"{t('Dashed: the period before.')} {alarms.explained(view, marks)}".strip())


def _parts(view: View) -> None:
    t, now = view.t, view.now
    newest: set[str] = set()
    beats = []
    for beat in view.ask(health.beats):
        if now - beat.at <= SILENT_SECONDS or beat.part not in newest:
            beats.append(beat)
        newest.add(beat.part)
    alive = t("Red: silent for {n} s, or in trouble.",
              n=round(SILENT_SECONDS))  # fmt: skip
    cells = [
        *((codes.word(t, codes.PART, beat.part), *_beat(t, beat, now), alive) for beat in beats),
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
    text = f"{beat.process.rpartition(':')[0]} {beat.version}"
    if beat.trouble:
        return "red", f"{text}\n{beat.trouble}"
    if silent > SILENT_SECONDS:
        return "red", text + "\n" + t("silent for {time}", time=lasting(t, silent))
    return "green", text


def _waits(t: Translator, waiting: health.Waiting, now: float, late: float) -> tuple[str, str]:
    if waiting.since is None or not waiting.n:
        return "green", t("none waits")
    oldest = max(0.0, now - waiting.since)
    text = t("{n} waiting, the oldest for {time}", n=number(t, waiting.n), time=lasting(t, oldest))
    return ("red" if oldest > late else "green"), text


def _fal(view: View) -> tuple[str, str]:
    t = view.t
    since = view.now - LATELY
    well, failed = (view.ask(health.fal_last, view.scope, ok, since) for ok in (True, False))
    if well is None and failed is None:
        return "gray", t("not called for a week")
    if well is None or (failed is not None and failed > well):
        return "red", t("the last call failed")
    return "green", t("answered {ago}", ago=ago(t, max(0.0, view.now - well)))


def _of_calls(t: Translator, calls: errors.Calls) -> str:
    said = number(t, calls.errors)
    return f"{said} · {percent(t, calls.rate)}" if calls.calls else said
