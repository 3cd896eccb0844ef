"""Numbers of a day that stay when the rows they count are gone: money of the budget among them."""

from __future__ import annotations

from collections.abc import Mapping

import peewee

from core.base.db import Model
from core.base.processes.mode import named

MILLION = 1_000_000


class DailyTotal(Model):
    """How much of something there was on a day (UTC) that belonged to people since forgotten."""

    id = peewee.BigAutoField()
    day = peewee.CharField(max_length=10)
    metric = peewee.CharField(max_length=64)
    count = peewee.BigIntegerField()

    class Meta:
        table_name = "daily_totals"


def add(totals: Mapping[tuple[str, str], int]) -> None:
    """Add numbers by day and metric, in the caller's transaction."""
    rows = [(*key, number) for key, number in sorted(totals.items())]
    if rows:
        fields = [DailyTotal.day, DailyTotal.metric, DailyTotal.count]
        DailyTotal.insert_many(rows, fields).on_conflict(
            conflict_target=fields[:2],
            update={DailyTotal.count: DailyTotal.count + peewee.EXCLUDED.count},
        ).execute()


def sent_metric(test_mode: bool) -> str:
    """What the orders sent on a day of the budget's zone have cost, in millionths of a dollar."""
    return f"sent_microdollars_{named(test_mode)}"


def sent_usd(day: str, test_mode: bool) -> float:
    """What the orders of forgotten people have cost that were sent on a day."""
    metric = sent_metric(test_mode)
    found = DailyTotal.get_or_none(DailyTotal.day == day, DailyTotal.metric == metric)
    return 0.0 if found is None else float(found.count) / MILLION
