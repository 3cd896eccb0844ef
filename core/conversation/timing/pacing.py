"""When a changed screen is due, and whether it must come as a new message.

A press is answered at once. Photos of a series settle: shown when a second has been quiet, or
three since the screen first differed, whichever is sooner. Progress ticks leave three seconds
between them. All durations are seconds, all moments seconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from core.conversation.messages import Kind


@dataclass(frozen=True, slots=True)
class Pace:
    """How long screens wait; the defaults are those of `config.toml`."""

    quiet: float = 1.0
    settle: float = 3.0
    tick: float = 3.0
    series: float = 10.0


class Rank(IntEnum):
    """What goes first when a channel can't show everything at once."""

    REPLY = 0
    ALERT = 1
    TICK = 2


class Schedule(NamedTuple):
    """The columns of a conversation that say when and how it is shown.

    `photo_at` is when the last photo came, 0 once the person has done anything else.
    """

    shown_revision: int
    post_revision: int
    shown_at: float
    differs_since: float
    due_at: float
    rank: int
    photo_at: float

    def unchanged(self, kind: Kind, now: float) -> Schedule:
        """After a turn that changed nothing to be seen."""
        return self._replace(photo_at=self._photo_at(kind, now))

    def after(
        self,
        kind: Kind,
        now: float,
        before: int,
        pace: Pace,
        *,
        alert: bool,
        tick: bool,
        wait: float = 0.0,
    ) -> Schedule:
        """After a turn that raised the revision from `before` by one.

        An alert may `wait` for what belongs to it, as long as nothing else happens.
        """
        waiting = before > self.shown_revision
        since = self.differs_since if waiting else now
        rank = Rank.ALERT if alert else Rank.TICK if tick else Rank.REPLY
        due = self._due(kind, now, since, pace, rank) + (wait if alert else 0.0)
        if waiting and (self.due_at <= now or rank is Rank.TICK):
            due = min(due, self.due_at)  # neither what is due nor a reply waits for progress
        below = alert or self._below(kind, now, pace)
        return self._replace(
            post_revision=before + 1 if below else self.post_revision,
            differs_since=since,
            due_at=due,
            rank=min(self.rank, rank) if waiting else rank,
            photo_at=self._photo_at(kind, now),
        )

    def _due(self, kind: Kind, now: float, since: float, pace: Pace, rank: Rank) -> float:
        if rank is Rank.TICK:
            return min(max(now, self.shown_at + pace.tick), now + pace.tick)
        settling = kind is Kind.SIGNAL or self._in_series(kind, now, pace)
        if settling and rank is Rank.REPLY:
            return min(now + pace.quiet, since + pace.settle)
        return now

    def _below(self, kind: Kind, now: float, pace: Pace) -> bool:
        """Whether the person has just put something below the screen's message."""
        if kind in (Kind.PRESS, Kind.SIGNAL):
            return False
        return not self._in_series(kind, now, pace)

    def _in_series(self, kind: Kind, now: float, pace: Pace) -> bool:
        return kind in (Kind.PHOTO, Kind.FILE) and 0 <= now - self.photo_at < pace.series

    def _photo_at(self, kind: Kind, now: float) -> float:
        if kind is Kind.SIGNAL:
            return self.photo_at
        return now if kind in (Kind.PHOTO, Kind.FILE) else 0.0
