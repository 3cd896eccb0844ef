"""How lengths of time, shares and rates are written: one way on every page."""

from __future__ import annotations

from core.base.texts import Translator

UNITS = (86_400, 3600, 60, 1)
"""Days, hours, minutes and seconds, in seconds."""
NONE = "–"
"""Stands where there is no number."""


def lasting(t: Translator, seconds: float) -> str:
    """A length of time in its two largest units: “4 min 12 s”, “2 h”, “45 s”."""
    whole = max(0, round(seconds))
    place = next((n for n, unit in enumerate(UNITS) if whole >= unit), len(UNITS) - 1)
    pair = UNITS[place : place + 2]
    whole = (whole + pair[-1] // 2) // pair[-1] * pair[-1]
    if place and whole >= UNITS[place - 1]:
        return _unit(t, UNITS[place - 1], whole // UNITS[place - 1])
    first, rest = divmod(whole, pair[0])
    parts = [_unit(t, pair[0], first)]
    if rest and len(pair) > 1:
        parts.append(_unit(t, pair[1], rest // pair[1]))
    return " ".join(parts)


def longer(t: Translator, now: float, before: float) -> str | None:
    """By how much a length of time has changed; None where it reads as not at all."""
    change = round(now) - round(before)
    if not change:
        return None
    return f"{'+' if change > 0 else '-'}{lasting(t, abs(change))}"


def percent(share: float | None) -> str:
    """A share of one as a percentage."""
    return NONE if share is None else f"{100 * share:.1f}%"


def _unit(t: Translator, unit: int, n: int) -> str:
    said = {
        86_400: t("{n} d", n=n),
        3600: t("{n} h", n=n),
        60: t("{n} min", n=n),
        1: t("{n} s", n=n),
    }
    return said[unit]
