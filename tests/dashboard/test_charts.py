"""What stands below charts, and beside numbers."""

from __future__ import annotations

import datetime
import itertools
import math
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.operation.metrics.scope import DAY, HOUR, Scope
from dashboard.axes import COLOURS, ceiling, time
from dashboard.charts import _stack
from dashboard.words import translator


def times(days: float, zone: str = "UTC") -> Any:
    view: Any = SimpleNamespace(scope=Scope(0.0, days * DAY, zone=zone), zone=ZoneInfo(zone))
    return time(view).to_dict()


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


def test_one_outlier_does_not_flatten_the_rest() -> None:
    assert ceiling([5, 6, 7, 500]) == 21
    assert ceiling([5, 6, 7, 20]) is None
    assert ceiling([1, 500]) is None
    assert ceiling([0, 0, 0, 9]) is None


def test_what_goes_beyond_its_axis_says_so() -> None:
    scope = Scope(0.0, 4 * HOUR)
    view: Any = SimpleNamespace(scope=scope, zone=ZoneInfo("UTC"), t=translator("en"))
    rows = [
        {"start": hour.start, "kind": kind, "value": n}
        for hour, n in zip(scope.buckets, (1.0, 2.0, 60.0, 1.0), strict=True)
        for kind in ("failed", "completed")
    ]
    drawn = _stack(view, rows, "{:.0f}".format, 6.0).to_dict("records")
    assert [row["over"] for row in drawn] == ["", "", "", "", "", "▲ 120", "", ""]


@pytest.mark.parametrize(
    ("zone", "minutes"), [("Asia/Kolkata", 30), ("Asia/Kathmandu", 15), ("Europe/Berlin", 0)]
)
def test_hours_begin_when_the_clocks_of_the_zone_strike(zone: str, minutes: int) -> None:
    edges = [bucket.start for bucket in Scope(1.8e9 + 100, 1.8e9 + DAY, zone=zone).buckets][1:]
    assert {edge % HOUR / 60 for edge in edges} == {minutes}
    assert len(edges) in (23, 24)


def test_an_hour_that_comes_twice_hides_nothing() -> None:
    zone = ZoneInfo("Europe/Berlin")
    night = datetime.datetime(2026, 10, 25, tzinfo=zone).timestamp()
    scope = Scope(night, night + 6 * HOUR, zone="Europe/Berlin")
    view: Any = SimpleNamespace(scope=scope, zone=zone, t=translator("en"))
    rows = [{"start": hour.start, "kind": "failed", "value": 2.0} for hour in scope.buckets]
    drawn = _stack(view, rows, str).to_dict("records")
    assert [row["start"].hour for row in drawn] == [0, 1, 2, 2, 3, 4]
    assert [(row["low"], row["high"]) for row in drawn[1:5]] == [(0, 2), (0, 2), (2, 4), (0, 2)]


SEEN = {
    "as most do": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "without red": (
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "without green": (
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}  # fmt: skip
"""How linear red, green and blue are seen: Machado, Oliveira and Fernandes, 2009, severity 1."""
TOGETHER = (
    ("completed", "failed", "cancelled"), ("portrait", "style"),
    ("queued", "training", "uncertain", "saving"),
)  # fmt: skip
APART = 25
"""Of CIELAB: what stands apart at a glance."""


def lab(colour: str, seen: Any) -> tuple[float, float, float]:
    """A colour in CIELAB, as it is seen."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    r, g, b = (min(1, max(0, sum(x * y for x, y in zip(row, linear, strict=True)))) for row in seen)
    white = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883,
    )
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in white)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("seen", SEEN)
def test_colours_that_stand_together_are_told_apart(seen: str) -> None:
    for kinds in TOGETHER:
        for one, other in itertools.combinations(kinds, 2):
            apart = math.dist(*(lab(COLOURS[kind], SEEN[seen]) for kind in (one, other)))
            assert apart >= APART, (one, other, apart)
