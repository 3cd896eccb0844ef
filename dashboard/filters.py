"""The period, the mode and the language: chosen at the side, and kept in the address."""

from __future__ import annotations

import datetime
from html import escape
from zoneinfo import ZoneInfo

import streamlit as st

from core.base.processes import mode as running
from core.base.texts import LANGUAGES, NAMES, Translator
from core.operation.auth import Visitor
from core.operation.metrics.scope import DAY, HOUR, Mode, Scope
from dashboard import codes
from dashboard.formats import lasting
from dashboard.site import Site
from dashboard.view import View, asked, rounded
from dashboard.words import translator

SPANS = {"1h": HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY}
MODES: tuple[Mode, ...] = ("production", "test", "both")
LONGEST = datetime.timedelta(days=400)
FARTHEST = datetime.timedelta(days=3650)
"""So far from today a chosen day may be."""


def kept(name: str, default: str, known: tuple[str, ...]) -> str:
    """A choice out of the address, else what was chosen before on another page."""
    state = f"kept-{name}"
    wanted = st.query_params.get(name, st.session_state.get(state, default))
    return wanted if wanted in known else default


def keep(name: str, value: str, default: str, moves: bool = False) -> None:
    """Put a choice into the address, and remember it for the other pages.

    The default needs no place there, unless it `moves`: an address that names it keeps its meaning.
    """
    st.session_state[f"kept-{name}"] = value
    named = name in st.query_params
    if value != default or (moves and named):
        st.query_params[name] = value
    elif named:
        del st.query_params[name]


def choice(
    label: str,
    name: str,
    options: dict[str, str],
    default: str,
    help: str = "",
    *,
    moves: bool = False,
) -> str:
    """A choice among options (value: label), in the address; see `keep`."""
    values = tuple(options)
    chosen = kept(name, default, values)
    value: str = st.selectbox(
        label,
        values,
        index=values.index(chosen),
        format_func=lambda option: options[option],
        key=f"choose-{name}-{chosen}",
        help=help or None,
    )
    keep(name, value, default, moves)
    if value != chosen:
        st.rerun()
    return value


def language() -> Translator:
    """The language that was chosen, else the browser's."""
    locale = translator(st.context.locale or "en").language
    return translator(kept("lang", locale, LANGUAGES))


def spans(t: Translator) -> dict[str, str]:
    """What the periods are called."""
    return {
        "1h": t("Last hour"),
        "24h": t("Last 24 hours"),
        "7d": t("Last 7 days"),
        "30d": t("Last 30 days"),
        "90d": t("Last 90 days"),
        "days": t("Chosen days"),
    }


def modes(t: Translator) -> dict[str, str]:
    """What the modes are called."""
    return {
        "production": t("Production"),
        "test": t("Test mode"),
        "both": t("Production and test"),
    }


def told(view: View) -> None:
    """One line: the period, the mode, and what changes are measured against."""
    t, scope = view.t, view.scope
    known = {seconds: name for name, seconds in SPANS.items()}
    first, last = view.moment(scope.start), view.moment(scope.end - 1)
    days = f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"
    parts = [
        spans(t)[known[view.span]] if view.span else days,
        modes(t)[scope.mode],
        t("compared with the {time} before", time=lasting(t, scope.end - scope.start)),
    ]
    if view.ordered == "test":
        parts.append(t("new trainings are simulated"))
    st.caption(" · ".join(parts))


def sidebar(site: Site, visitor: Visitor, t: Translator) -> View:
    """Draw the choices, and what a page is drawn with."""
    with st.sidebar:
        span = choice(t("Period"), "period", spans(t), "7d")
        mode = choice(
            t("Trainings"), "mode", modes(t), _shown(site),
            t("Simulated trainings are test mode. People and avatars count in every mode."),
            moves=True,
        )  # fmt: skip
        choice(t("Language"), "lang", dict(NAMES), t.language)
        scope = _chosen_days(t, site) if span == "days" else _until_now(site, SPANS[span])
        st.text(f"{visitor.name} ({codes.word(t, codes.ROLE, visitor.role)})")
        leave = escape(t("Log out"))
        st.html(f'<form method="post" action="/logout"><button>{leave}</button></form>')
    of_mode = next(known for known in MODES if known == mode)
    length = 0.0 if span == "days" else SPANS[span]
    start, end = scope
    return View(site, visitor, t, Scope(start, end, of_mode, site.own.time_zone), length)


def _shown(site: Site) -> Mode:
    """What is looked at unless another is chosen: the modes that anything runs in."""
    seconds = site.own.cache_seconds
    _, found = asked(seconds, running.shown, site.known, rounded(seconds))
    return found


def _until_now(site: Site, seconds: float) -> tuple[float, float]:
    now = rounded(site.own.cache_seconds)
    return now - seconds, now


def _chosen_days(t: Translator, site: Site) -> tuple[float, float]:
    """From the first chosen day's beginning to the last one's end."""
    zone = ZoneInfo(site.own.time_zone)
    today = datetime.datetime.now(zone).date()
    first = _day("from", today - datetime.timedelta(days=6))
    last = max(first, _day("to", today))
    earliest, latest = today - FARTHEST, today + FARTHEST
    first = min(max(first, earliest), latest)
    first = st.date_input(t("From"), first, earliest, latest, key="choose-from")
    last = min(max(first, last), latest)
    chosen = st.date_input(t("To"), last, earliest, latest, key="choose-to")
    last = min(max(first, chosen), first + LONGEST)
    if last != chosen:
        st.caption(t("Shown until the end of {day}.", day=last.isoformat()))
    keep("from", first.isoformat(), "")
    keep("to", last.isoformat(), "")
    begin = datetime.datetime.combine(first, datetime.time(), zone)
    end = datetime.datetime.combine(last + datetime.timedelta(days=1), datetime.time(), zone)
    return begin.timestamp(), end.timestamp()


def _day(name: str, default: datetime.date) -> datetime.date:
    try:
        return datetime.date.fromisoformat(st.query_params[name])
    except (KeyError, ValueError):
        kept_day: datetime.date = st.session_state.get(f"choose-{name}", default)
        return kept_day
