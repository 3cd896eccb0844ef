"""What stands below charts, and beside numbers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from core.metrics.scope import DAY, Scope
from dashboard.charts import _time
from dashboard.words import unless_nought


def axis(days: float) -> Any:
    view: Any = SimpleNamespace(scope=Scope(0.0, days * DAY))
    drawn: Any = _time(view).to_dict()
    return drawn["axis"]


@pytest.mark.parametrize(("days", "step"), [(7, 1), (15, 1), (30, 2), (90, 6)])
def test_no_day_is_named_twice_below_a_chart(days: int, step: int) -> None:
    assert axis(days)["tickCount"] == {"interval": "day", "step": step}


def test_hours_are_where_the_browser_wants_them() -> None:
    assert "tickCount" not in axis(1)


@pytest.mark.parametrize(
    ("change", "shown"),
    [("+0.00", None), ("-0%", None), ("+0.0 pp", None), ("+0.01", "+0.01"), ("-12%", "-12%")],
)
def test_what_has_not_changed_is_no_rise(change: str, shown: str | None) -> None:
    assert unless_nought(change) == shown
