"""Which day a moment belongs to: one day for the budget, for a person's limit and for the pages."""

from __future__ import annotations

import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Day(NamedTuple):
    """A day by its name, `2026-11-21`, and the moment it begins, in seconds since 1970."""

    name: str
    begins: float


def day(zone: str, moment: float) -> Day:
    """The day of a moment by the clocks of a time zone, which is `Settings.zone` for everybody."""
    known = ZoneInfo(zone)
    date = datetime.datetime.fromtimestamp(moment, known).date()
    begins = datetime.datetime.combine(date, datetime.time(), known).timestamp()
    return Day(date.isoformat(), begins)
