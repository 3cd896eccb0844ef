"""The numbers of pictures once more, from the words that explain them: loops over rows, no SQL."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from tests.metrics.history import quantile
from tests.metrics.recount import ENDED, Period, Recount, paid

Row = Any


@dataclass(frozen=True)
class Tally:
    """What some orders come to; `usd` is dollars."""

    orders: int
    pictures: int
    made: int
    blocked: int
    failed: int
    usd: float


def tally(runs: list[Row]) -> Tally:
    made = [r.count - r.blocked - r.spoilt for r in runs if r.status == "completed"]
    return Tally(
        orders=len(runs),
        pictures=sum(r.count for r in runs),
        made=sum(made),
        blocked=sum(r.blocked for r in runs),
        failed=sum(r.status == "failed" for r in runs),
        usd=sum(map(paid, runs)),
    )


class PicturesRecount:
    """Of a period's orders of pictures."""

    def __init__(self, rows: Recount, period: Period) -> None:
        self.rows, self.period = rows, period
        self.mine = [r for r in rows.painted if period.takes(r)]
        self.placed = [r for r in self.mine if period.holds(r.created_at)]

    def each(self) -> float | None:
        """What a picture cost, those that did not come included."""
        found = tally(self.placed)
        return found.usd / found.made if found.made else None

    def an_avatar(self) -> float | None:
        avatars = {r.avatar_id for r in self.placed if r.avatar_id}
        return tally(self.placed).usd / len(avatars) if avatars else None

    def by_profile(self) -> dict[str, Tally]:
        found: dict[str, list[Row]] = defaultdict(list)
        for run in self.placed:
            found[run.profile].append(run)
        return {profile: tally(runs) for profile, runs in found.items()}

    def seconds(self) -> dict[str, list[float]]:
        """By profile, how long those took that ended with pictures in the period."""
        found: dict[str, list[float]] = defaultdict(list)
        for run in self.mine:
            if run.status == "completed" and self.period.holds(run.finished_at):
                found[run.profile].append(run.finished_at - run.created_at)
        return found

    def quantiles(self) -> dict[str, list[float]]:
        """p50, p90 and p99 of them."""
        return {
            profile: [quantile(took, q) for q in (0.5, 0.9, 0.99)]
            for profile, took in self.seconds().items()
        }

    def styles(self) -> dict[str, tuple[int, int, int]]:
        """By pack, "" for wishes: orders, pictures that are there, and favourites of these."""
        pack = {r.id: r.pack for r in self.placed}
        there = [
            p for p in self.rows.pictures
            if p.run_id in pack and p.made_at is not None and p.removed_at is None
        ]  # fmt: skip
        orders = Counter(pack.values())
        pictures = Counter(pack[p.run_id] for p in there)
        liked = Counter(pack[p.run_id] for p in there if p.favourite)
        return {slug: (n, pictures[slug], liked[slug]) for slug, n in orders.items()}

    def led(self) -> float | None:
        """The share of avatars with first pictures of which more was asked for since."""
        first: dict[Any, float] = {}
        for run in self.placed:
            if run.purpose == "preview" and run.avatar_id:
                at = first.get(run.avatar_id, run.created_at)
                first[run.avatar_id] = min(at, run.created_at)
        more = {
            r.avatar_id for r in self.rows.painted
            if r.purpose == "asked" and r.avatar_id in first and r.created_at >= first[r.avatar_id]
        }  # fmt: skip
        return len(more) / len(first) if first else None

    def ended(self) -> Counter[tuple[Any, str]]:
        """How many ended how, by hour or day."""
        return Counter(
            (self.period.slot(r.finished_at), r.status)
            for r in self.mine
            if self.period.holds(r.finished_at) and r.status in ENDED
        )

    def forgotten(self) -> float:
        """Dollars of forgotten people's."""
        modes = ("production", "test") if self.period.mode == "both" else (self.period.mode,)
        names = {f"pictures_microdollars_{mode}" for mode in modes}
        left = [t for t in self.rows.totals if t.metric in names and self.period.holds_day(t.day)]
        return float(sum(int(total.count) for total in left) / 1_000_000)
