"""When the pages are looked at, and how what they drew is compared with what was counted."""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.metrics.recount import Period

BERLIN = ZoneInfo("Europe/Berlin")
BUDGET = 50.0
DAY = 86_400.0


def at(text: str) -> float:
    """A moment of Berlin."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


@dataclass(frozen=True)
class Case:
    """A moment to look at, what stands in the address, and the period that this names."""

    now: float
    address: dict[str, str]
    start: float
    end: float
    mode: str

    @property
    def period(self) -> Period:
        return Period(self.start, self.end, self.mode, BERLIN)


SPRING, AUTUMN, WINTER = at("2027-03-30 11:00"), at("2026-10-28 12:34"), at("2027-01-15 09:00")
CASES = {
    "a week in which the clocks go forward": Case(
        SPRING, {"period": "7d", "mode": "production"}, SPRING - 7 * DAY, SPRING, "production"
    ),
    "chosen days in which they go back": Case(
        AUTUMN, {"period": "days", "from": "2026-10-22", "to": "2026-10-26", "mode": "both"},
        at("2026-10-22 00:00"), at("2026-10-27 00:00"), "both",
    ),
    "a day of simulated trainings": Case(
        WINTER, {"period": "24h", "mode": "test"}, WINTER - DAY, WINTER, "test"
    ),
}  # fmt: skip


def in_slots(period: Period, moments: list[float]) -> list[int]:
    counted = Counter(map(period.slot, moments))
    return [counted[slot] for slot in period.slots()]


def stack(period: Period, drawn_rows: list[dict[str, Any]]) -> dict[tuple[Any, str], float]:
    """A chart's rectangles: which hour or day, of what kind, how much."""
    found: dict[tuple[Any, str], float] = {}
    for row in drawn_rows:
        if not isinstance(row["kind"], str):  # of the period before, or an alert
            continue
        assert row["high"] - row["low"] == pytest.approx(row["value"])
        clock = row["start"].to_pydatetime().replace(tzinfo=BERLIN)
        slot = period.slot(clock.timestamp())
        assert (slot, row["kind"]) not in found
        found[slot, row["kind"]] = row["value"]
    return found


def dashed(drawn_rows: list[dict[str, Any]]) -> list[float]:
    """The line of the period before."""
    return [row["before"] for row in drawn_rows if row["before"] == row["before"]]


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def dollars(shown: str) -> float | None:
    """An amount of the page, which is rounded."""
    return None if shown == "–" else float(shown.removeprefix("$").replace(",", ""))


def success(ended: list[tuple[float, str]]) -> float | None:
    counted = Counter(status for _, status in ended)
    return share(counted["completed"], counted["completed"] + counted["failed"])


def change(now: float, before: float) -> str:
    return f"{100 * (now - before) / before:+.0f}%" if before else ""


def moment(value: Any) -> float | None:
    return None if value is None or value != value else float(value.timestamp())
