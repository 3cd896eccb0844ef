"""How lengths of time, money, shares and numbers are written: one way on every page."""

from __future__ import annotations

from collections.abc import Callable

from core.base.texts import Translator

UNITS = (86_400, 3600, 60, 1)
"""Days, hours, minutes and seconds, in seconds."""
NONE = "–"
"""Stands where there is no number."""
SIGNS = {"ru": ("\N{NO-BREAK SPACE}", ",")}
"""What stands between thousands and before the fraction, where it isn't as in English."""


def number(t: Translator, value: float | None, digits: int = 0) -> str:
    """A number with its thousands apart: “1,234.5”."""
    if value is None:
        return NONE
    thousands, fraction = SIGNS.get(t.language, (",", "."))
    swap = str.maketrans({",": thousands, ".": fraction})
    return f"{value:,.{digits}f}".translate(swap)


def money(t: Translator, usd: float | None, digits: int = 2) -> str:
    """US dollars: “$3.20”."""
    if usd is None:
        return NONE
    sign = "-" if usd < 0 else ""
    return sign + t("${n}", n=number(t, abs(usd), digits))


def percent(t: Translator, share: float | None, digits: int = 1) -> str:
    """A share of one as a percentage: “93.7%”."""
    return NONE if share is None else t("{n}%", n=number(t, 100 * share, digits))


def lasting(t: Translator, seconds: float | None) -> str:
    """A length of time in its two largest units: “4 min 12 s”, “2 h”, “45 s”, “0.4 s”."""
    if seconds is None:
        return NONE
    if 0 < seconds < 0.95:
        return t("{n} s", n=number(t, seconds, 1))
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


def ago(t: Translator, seconds: float) -> str:
    """How long ago: “12 min ago”; what is to come is “in 12 min”."""
    if seconds < 0:
        return t("in {time}", time=lasting(t, -seconds))
    return t("{time} ago", time=lasting(t, seconds))


def grown(t: Translator, now: float, before: float) -> str | None:
    """By what part a count has changed: “+71%”; None where it reads as not at all."""
    return _signed((now - before) / before, lambda by: percent(t, by, 0)) if before else None


def moved(t: Translator, now: float | None, before: float | None) -> str | None:
    """By how many percentage points a share has changed; None where it reads as not at all."""
    if now is None or before is None:
        return None
    return _signed(now - before, lambda by: t("{n} pp", n=number(t, 100 * by, 1)))


def dearer(t: Translator, now: float | None, before: float | None) -> str | None:
    """By how many dollars an amount has changed; None where it reads as not at all."""
    if now is None or before is None:
        return None
    return _signed(now - before, lambda by: money(t, by))


def longer(t: Translator, now: float | None, before: float | None) -> str | None:
    """By how much a length of time has changed; None where it reads as not at all."""
    if now is None or before is None:
        return None
    return _signed(round(now) - round(before), lambda by: lasting(t, by))


def _signed(change: float, said: Callable[[float], str]) -> str | None:
    """A change as it stands beside a number; the page draws an arrow by its sign."""
    text = said(abs(change))
    if not any(digit in text for digit in "123456789"):
        return None
    return f"{'-' if change < 0 else '+'}{text}"


def _unit(t: Translator, unit: int, n: int) -> str:
    said = {
        86_400: t("{n} d", n=n),
        3600: t("{n} h", n=n),
        60: t("{n} min", n=n),
        1: t("{n} s", n=n),
    }
    return said[unit]
