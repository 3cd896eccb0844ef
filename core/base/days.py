"""Calendar days in a time zone: the same for budgets, a person's limits and the dashboard."""

from __future__ import annotations

import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Day(NamedTuple):
    """A day: its ISO name (`2026-11-21`) and its start, in seconds since 1970."""

    name: str
    begins: float


def day(zone: str, moment: float) -> Day:
    """The day of a moment (seconds since 1970) in a time zone, usually `Settings.zone`."""
    known = ZoneInfo(zone)
    date = datetime.datetime.fromtimestamp(moment, known).date()
    begins = datetime.datetime.combine(date, datetime.time(), known).timestamp()
    return Day(date.isoformat(), begins)
