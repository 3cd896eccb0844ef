"""The pages' numbers once more, from the words that explain them: loops over every row, no SQL."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from tests.metrics.history import quantile, table

ENDED = ("completed", "failed", "cancelled")
Row = Any


@dataclass(frozen=True)
class Period:
    """From `start` until before `end`, in days of a zone or, up to two days, in hours."""

    start: float
    end: float
    mode: str
    zone: ZoneInfo

    @property
    def before(self) -> Period:
        return replace(self, start=self.start - (self.end - self.start), end=self.start)

    def holds(self, at: float | None) -> bool:
        return at is not None and self.start <= at < self.end

    def holds_day(self, day: str) -> bool:
        """Whether what is left of the forgotten counts: at the beginning of its day, in UTC."""
        begin = datetime.datetime.fromisoformat(f"{day}T00:00:00+00:00")
        return self.holds(begin.timestamp())

    def takes(self, row: Row) -> bool:
        """Whether a row's trainings are asked about."""
        return self.mode == "both" or bool(row.test_mode) is (self.mode == "test")

    def slots(self) -> list[Any]:
        """Its hours or its days, in order."""
        first, last = self.slot(self.start), self.slot(self.end - 1e-3)
        if isinstance(first, int):
            return list(range(first, last + 1))
        days = (last - first).days
        return [first + datetime.timedelta(days=n) for n in range(days + 1)]

    def slot(self, at: float) -> Any:
        if self.end - self.start <= 2 * 86_400:
            return int(at // 3600)
        return datetime.datetime.fromtimestamp(at, self.zone).date()


def midnight(day: str) -> float:
    return datetime.datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()


def took(run: Row) -> float | None:
    """What fal says that it took, else from its start to its end."""
    if run.training_seconds is not None:
        return float(run.training_seconds)
    if run.started_at is None or run.finished_at is None:
        return None
    return float(run.finished_at - run.started_at)


def waited(run: Row) -> float | None:
    """From its submission to its start."""
    if run.queue_seconds is not None:
        return float(run.queue_seconds)
    if run.started_at is None or run.submitted_at is None:
        return None
    return float(run.started_at - run.submitted_at)


def paid(run: Row) -> float:
    return float(run.price_usd if run.cost_usd is None else run.cost_usd)


class Recount:
    """All rows, read once; each method counts anew."""

    def __init__(self) -> None:
        self.people = {row.id: row for row in table("users")}
        self.conversations = {row.id: row for row in table("conversations")}
        self.avatars = table("avatars")
        self.photos = table("avatar_photos")
        self.runs = table("training_runs")
        self.run = {row.id: row for row in self.runs}
        self.painted = table("picture_runs")
        self.pictures = table("pictures")
        self.order = self.run | {row.id: row for row in self.painted}
        self.submissions = table("submissions")
        self.events = table("fal_events")
        self.moves = sorted(table("transitions"), key=lambda row: int(row.id))
        self.notices = table("notices")
        self.inbox = table("inbox")
        self.totals = table("daily_totals")
        self.entries = table("cost_entries")

    # avatars, trainings

    def unsettled(self) -> set[str]:
        """The runs whose last order nobody knows to have arrived, stopped ones included."""
        stopped = {
            run.id
            for run in self.runs
            if run.status == "cancelling" and run.intent_at is not None and run.request_id is None
        }
        return stopped | {run.id for run in self.runs if run.status == "uncertain"}

    def created(self, period: Period) -> list[float]:
        """The moments at which the period's avatars with a name were begun."""
        there = [a.created_at for a in self.avatars if a.name and period.holds(a.created_at)]
        for total in self.totals:
            if total.metric == "avatars_created" and period.holds_day(total.day):
                there += [midnight(total.day)] * int(total.count)
        return there

    def ended(self, period: Period) -> list[tuple[float, str]]:
        """When and how the period's trainings ended."""
        there = [
            (r.finished_at, r.status)
            for r in self.runs
            if period.holds(r.finished_at) and period.takes(r) and r.status in ENDED
        ]
        return there + [(midnight(e.day), e.status) for e in self._entries(period)]

    def ended_runs(self, period: Period) -> list[Row]:
        return [r for r in self.runs if period.holds(r.finished_at) and period.takes(r)]

    def seconds(
        self, period: Period, of: Callable[[Row], float | None]
    ) -> dict[str, list[tuple[float, float]]]:
        """For each type, when completed trainings ended and how long they took or waited."""
        found: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for run in self.ended_runs(period):
            value = of(run)
            if run.status == "completed" and value is not None:
                found[run.training_type].append((run.finished_at, value))
        return dict(sorted(found.items()))

    def quantiles(self, period: Period, of: Callable[[Row], float | None], q: float) -> Any:
        return {
            kind: quantile([value for _, value in values], q)
            for kind, values in self.seconds(period, of).items()
        }

    # money

    def sent(self, day: Period) -> float:
        """Dollars of the orders that were sent on a day, or may have been."""
        sent = [
            paid(order)
            for order in self.submissions
            if day.takes(self.order[order.run_id]) and day.holds(order.sent_at)
        ]
        named = datetime.datetime.fromtimestamp(day.start, day.zone).date().isoformat()
        forgotten = [
            int(total.count) / 1_000_000
            for total in self.totals
            if total.metric == f"sent_microdollars_{day.mode}" and total.day == named
        ]
        return float(sum(sent) + sum(forgotten))

    def spent(self, period: Period, *statuses: str) -> float:
        return sum(usd for _, _, _, status, usd in self.booked(period) if status in statuses)

    def booked(self, period: Period) -> list[tuple[float, str, str, str, float]]:
        """When each training was ordered, its type, profile, status and cost."""
        there = [
            (r.created_at, r.training_type, r.profile, r.status, paid(r))
            for r in self.runs
            if period.holds(r.created_at) and period.takes(r)
        ]
        return there + [
            (midnight(e.day), e.training_type, "", e.status, e.usd) for e in self._entries(period)
        ]

    def _entries(self, period: Period) -> Iterator[Row]:
        for entry in self.entries:
            if period.holds_day(entry.day) and period.takes(entry):
                yield entry

    # calls of fal

    def failures(self, period: Period) -> list[Row]:
        return [e for e in self.calls(period) if not e.ok]

    def calls(self, period: Period) -> list[Row]:
        return [e for e in self.events if period.holds(e.at) and self.of_mode(period, e)]

    def of_mode(self, period: Period, event: Row) -> bool:
        """One that belongs to no training counts as production."""
        run = self.run.get(event.run_id)
        return period.mode == "both" or bool(run and run.test_mode) is (period.mode == "test")

    def groups(self, period: Period) -> dict[tuple[str, str, str], list[Row]]:
        found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for event in self.failures(period):
            found[event.endpoint, event.error_type, event.message].append(event)
        return found

    def users_of(self, events: Iterable[Row]) -> int:
        runs = (self.run.get(event.run_id) for event in events)
        return len({run.user_id for run in runs if run and run.user_id})

    def ever(self, key: tuple[str, str, str]) -> float:
        """When a problem happened first of all, in any mode."""
        return float(min(
            e.at for e in self.events
            if not e.ok and (e.endpoint, e.error_type, e.message) == key
        ))  # fmt: skip

    # the funnel

    def among(self, conversation_id: Any, channel: str, language: str) -> bool:
        row = self.conversations[conversation_id]
        spoken = self.people[row.user_id].language
        return (not channel or row.channel == channel) and (not language or spoken == language)

    def reached(self, period: Period, channel: str, language: str) -> dict[str, int]:
        came: dict[str, set[Any]] = defaultdict(set)
        for move in self._moves(period, channel, language):
            came[move.dest].add(move.conversation_id)
        return {state: len(conversations) for state, conversations in came.items()}

    def stays(self, period: Period, channel: str, language: str) -> dict[str, list[float]]:
        found: dict[str, list[float]] = defaultdict(list)
        last: dict[Any, Row] = {}
        for move in self._moves(replace(period, start=0.0), channel, language):
            if (before := last.get(move.conversation_id)) and period.holds(move.at):
                found[move.source].append(move.at - before.at)
            last[move.conversation_id] = move
        return found

    def stopped(self, period: Period, idle: float, channel: str, language: str) -> Counter[str]:
        return Counter(
            row.state
            for row in self.conversations.values()
            if period.holds(row.active_at)
            and row.active_at < idle
            and self.among(row.id, channel, language)
        )

    def _moves(self, period: Period, channel: str, language: str) -> Iterator[Row]:
        for move in self.moves:
            moved = period.holds(move.at) and move.source != move.dest
            if moved and self.among(move.conversation_id, channel, language):
                yield move

    def refused(self, period: Period, channel: str, language: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for photo in self.photos:
            refused = photo.validation_status in ("invalid", "duplicate")
            if refused and period.holds(photo.created_at):
                through = self.conversations.get(photo.conversation_id)
                spoken = self.people[photo.user_id].language
                if channel and (through is None or through.channel != channel):
                    continue
                if not language or spoken == language:
                    found[photo.reason or photo.validation_status].append(photo)
        return found
