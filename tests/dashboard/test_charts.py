"""What stands below charts, and beside numbers."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.operation.metrics.scope import DAY, HOUR, Scope
from dashboard.charts import _stack, _time
from dashboard.words import translator, unless_nought


def times(days: float, zone: str = "UTC") -> Any:
    view: Any = SimpleNamespace(scope=Scope(0.0, days * DAY, zone=zone), zone=ZoneInfo(zone))
    return _time(view).to_dict()


def axis(days: float) -> Any:
    return times(days)["axis"]


def test_neighbours_span_the_whole_period_on_the_clocks_of_the_zone() -> None:
    first, last = times(2, "Asia/Kolkata")["scale"]["domain"]
    start = {"year": 1970, "month": 1, "date": 1, "hours": 5, "minutes": 30, "seconds": 0}
    assert (first, last) == (start, {**start, "date": 3})


@pytest.mark.parametrize(("days", "step"), [(7, 1), (15, 1), (30, 2), (90, 6)])
def test_no_day_is_named_twice_below_a_chart(days: int, step: int) -> None:
    assert axis(days)["tickCount"] == {"interval": "day", "step": step}


def test_hours_are_where_the_browser_wants_them() -> None:
    assert "tickCount" not in axis(1)


def test_an_hour_that_comes_twice_hides_nothing() -> None:
    zone = ZoneInfo("Europe/Berlin")
    night = datetime.datetime(2026, 10, 25, tzinfo=zone).timestamp()
    scope = Scope(night, night + 6 * HOUR, zone="Europe/Berlin")
    view: Any = SimpleNamespace(scope=scope, zone=zone, t=translator("en"))
    rows = [{"start": hour.start, "kind": "failed", "value": 2.0} for hour in scope.buckets]
    drawn = _stack(view, rows).to_dict("records")
    assert [row["start"].hour for row in drawn] == [0, 1, 2, 2, 3, 4]
    assert [(row["low"], row["high"]) for row in drawn[1:5]] == [(0, 2), (0, 2), (2, 4), (0, 2)]


@pytest.mark.parametrize(
    ("change", "shown"),
    [("+0.00", None), ("-0%", None), ("+0.0 pp", None), ("+0.01", "+0.01"), ("-12%", "-12%")],
)
def test_what_has_not_changed_is_no_rise(change: str, shown: str | None) -> None:
    assert unless_nought(change) == shown
