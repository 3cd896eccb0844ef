"""What a number is asked of: a period, a mode, and the time zone in which days begin."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from core.base.db import is_sqlite, reading_ahead, release, run
from core.base.processes.mode import Mode as Mode
from core.base.quantiles import SHARES

if TYPE_CHECKING:
    import numpy as np

A = TypeVar("A")
B = TypeVar("B")

HOUR = 3600.0
DAY = 86_400.0
_BY_HOUR = 2 * DAY


class Bucket(NamedTuple):
    """An hour or a day of a period: from its start until before its end."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Scope:
    """From `start` until before `end`, of real trainings, simulated ones, or both."""

    start: float
    end: float
    mode: Mode = "both"
    zone: str = "UTC"

    @property
    def before(self) -> Scope:
        """The period of the same length that ends where this one begins."""
        return replace(self, start=2 * self.start - self.end, end=self.start)

    @property
    def days(self) -> tuple[str, str]:
        """From which day (UTC) until before which; see `first_day`."""
        return first_day(self.start), first_day(self.end)

    @property
    def hourly(self) -> bool:
        """Whether its buckets are hours."""
        return self.end - self.start <= _BY_HOUR

    @property
    def buckets(self) -> tuple[Bucket, ...]:
        """Its hours, or its days as the clocks of the time zone go; the first and last are cut."""
        edges = [self.start, *self._edges(), self.end]
        return tuple(Bucket(a, b) for a, b in pairwise(edges) if a < b)

    def of_mode(self, alias: str = "r") -> str:
        """The condition on a row's mode, to follow another one."""
        if self.mode == "both":
            return ""
        return f" AND {alias}.test_mode" if self.mode == "test" else f" AND NOT {alias}.test_mode"

    def _edges(self) -> Iterator[float]:
        zone = ZoneInfo(self.zone)
        if self.hourly:
            step = _next_hour(zone, self.start)
            while step < self.end:
                yield step
                step = _next_hour(zone, step)
            return
        day = datetime.datetime.fromtimestamp(self.start, zone).date()
        while True:
            day += datetime.timedelta(days=1)
            edge = datetime.datetime.combine(day, datetime.time(), zone).timestamp()
            if edge >= self.end:
                return
            yield edge


def _next_hour(zone: ZoneInfo, at: float) -> float:
    """When the clocks of a zone strike next; some are half an hour apart from others."""
    offset = datetime.datetime.fromtimestamp(at, zone).utcoffset() or datetime.timedelta()
    return at + HOUR - (at + offset.total_seconds()) % HOUR


def bucketed(scope: Scope) -> tuple[str, list[float | str]]:
    """`buckets(a, b, c, d)` as a common table expression, and its parameters.

    From moment `a` until before `b`; from day `c` until before `d`, as `first_day` names them.
    """
    one = "(CAST(? AS DOUBLE PRECISION), CAST(? AS DOUBLE PRECISION), " + ", ".join(
        ["CAST(? AS VARCHAR(10))"] * 2
    )
    edges = scope.buckets
    values = ", ".join([f"{one})"] * len(edges))
    parameters = [part for a, b in edges for part in (a, b, first_day(a), first_day(b))]
    return f"buckets(a, b, c, d) AS (VALUES {values})", parameters


def first_day(seconds: float) -> str:
    """The first day (UTC) that begins at this moment or later.

    What is left of forgotten people counts at the beginning of its day.
    """
    day = datetime.datetime.fromtimestamp(-(-seconds // DAY) * DAY, datetime.UTC)
    return day.date().isoformat()


def quantiles(value: str) -> str:
    """The `SHARES` of a group without NULLs as one column, for `listed`."""
    if is_sqlite():
        return f"quantiles({value})"
    return f"to_json(percentile_cont(ARRAY{list(SHARES)}) WITHIN GROUP (ORDER BY {value}))"


def different(number: str) -> str:
    """How many different whole numbers a group has, without NULLs; see `core.base.quantiles`."""
    return f"different(group_concat({number}))" if is_sqlite() else f"count(DISTINCT {number})"


def collected(number: str) -> str:
    """The whole numbers of a group as one text, with commas between them."""
    return f"group_concat({number})" if is_sqlite() else f"string_agg(CAST({number} AS TEXT), ',')"


def numbers(text: str | None) -> np.ndarray:
    """The whole numbers that `collected` made into a text; for the dashboard, which has numpy."""
    import numpy as np

    return np.fromstring(text or "", np.int64, sep=",")


def listed(value: str | list[float]) -> list[float]:
    """The numbers of a column that `quantiles` made."""
    return [float(number) for number in (json.loads(value) if isinstance(value, str) else value)]


def floored(expression: str) -> str:
    """The whole number below an expression that is not negative."""
    return f"CAST({expression} AS INTEGER)" if is_sqlite() else f"floor({expression})"


def rows(query: str, *parameters: object) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    return list(run(query, *parameters).fetchall())


def side_by_side(first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
    """What two long questions find, asked at once: databases count outside Python's lock.

    Both read much of the file; see `reading_ahead`.
    """

    def asked() -> A:
        try:
            with reading_ahead():
                return first()
        finally:
            release()

    with ThreadPoolExecutor(1) as other:
        found = other.submit(asked)
        with reading_ahead():
            own = second()
    return found.result(), own


def one(query: str, *parameters: object) -> Any:
    """The only row of a query."""
    return run(query, *parameters).fetchone()


def moment(seconds: float) -> str:
    """A moment as a datetime column is compared with; in SQLite that is a text without zeros."""
    return str(datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None))


def seconds_of(value: datetime.datetime | str) -> float:
    """The moment of a datetime column."""
    known = datetime.datetime.fromisoformat(value) if isinstance(value, str) else value
    return float(known.replace(tzinfo=datetime.UTC).timestamp())


def text_id(value: object) -> str:
    """An identifier as it is shown, whichever database keeps it; "" where there is none."""
    if value is None:
        return ""
    return str(value if isinstance(value, uuid.UUID) else uuid.UUID(str(value)))


def own_id(value: str) -> str | None:
    """A shown identifier as a column is compared with; None where it is none."""
    try:
        return uuid.UUID(value).hex
    except ValueError:
        return None
