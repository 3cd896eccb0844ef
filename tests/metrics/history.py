"""A made-up history, and its rows as plain Python, to count them by other means than SQL."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from core.base.db import run
from core.operation.demo import Story, fill
from tests.filling import filled

NOW = 1_800_000_000.0
BERLIN = ZoneInfo("Europe/Berlin")

Row = Any


@dataclass
class History:
    """Every row of the tables that numbers are made from."""

    people: list[Row]
    conversations: list[Row]
    transitions: list[Row]
    avatars: list[Row]
    photos: list[Row]
    runs: list[Row]
    events: list[Row]


def make(conversations: int = 150, seed: int = 3) -> History:
    """Fill the bound database, with a few rows at the edges, and read it back."""
    story = Story(NOW, days=30, seed=seed, error_share=0.05)
    filled((conversations, seed), lambda: fill(conversations, story))
    return read()


def read() -> History:
    tables = (
        "users", "conversations", "transitions", "avatars", "avatar_photos", "training_runs",
        "fal_events",
    )  # fmt: skip
    return History(*map(_all, tables))


def table(name: str) -> list[Row]:
    """Every row of a table."""
    return _all(name)


def _all(table: str) -> list[Row]:
    cursor = run(f"SELECT * FROM {table} ORDER BY 1")  # PostgreSQL puts rows where there is room
    names = [column[0] for column in cursor.description]
    return [_row(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _row(values: dict[str, Any]) -> Row:
    for name, value in values.items():
        if name == "id" or name.endswith("_id"):
            values[name] = str(value).replace("-", "") if value is not None else None
        if name == "created_at" and not isinstance(value, float):
            read = datetime.datetime.fromisoformat(value) if isinstance(value, str) else value
            values[name] = read.replace(tzinfo=datetime.UTC).timestamp()
    return SimpleNamespace(**values)


def day(at: float, zone: ZoneInfo = BERLIN) -> datetime.date:
    return datetime.datetime.fromtimestamp(at, zone).date()


def quantile(values: list[float], q: float) -> float:
    """Between the two nearest of the sorted values, in proportion."""
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
