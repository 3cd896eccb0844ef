"""Pictures: how many were ordered and made, how soon, for how much, and how they are liked.

An order counts in the period in which it was placed; what is left of the orders of forgotten people
counts at the beginning of its day (UTC), in numbers of orders and dollars alone. No wish is read.
"""

from __future__ import annotations

from typing import NamedTuple

from core.operation.metrics.cost import COST
from core.operation.metrics.scope import Scope, bucketed, listed, one, quantiles, rows


class Ordered(NamedTuple):
    """Orders and what came of them; dollars are known or expected costs.

    `pictures` were ordered, `made` of them painted and accepted, `blocked` held back by a safety
    check, `spoilt` were none. `unknown` orders have no known cost; they are in no sum.
    """

    orders: int
    pictures: int
    made: int
    blocked: int
    spoilt: int
    failed: int
    cancelled: int
    avatars: int
    usd: float
    unknown: int

    @property
    def each(self) -> float | None:
        """What a picture cost, blocked and failed ones included; None where there is none."""
        return self.usd / self.made if self.made else None

    @property
    def an_avatar(self) -> float | None:
        """What the pictures of an avatar cost; None where there is none."""
        return self.usd / self.avatars if self.avatars else None


class Profile(NamedTuple):
    """The same of the orders that one profile painted."""

    profile: str
    orders: int
    made: int
    blocked: int
    failed: int
    usd: float


class Forgotten(NamedTuple):
    """Orders of forgotten people, and their dollars."""

    orders: int
    usd: float


class EndedAt(NamedTuple):
    """How many orders ended how in an hour or a day."""

    start: float
    status: str
    n: int


class Times(NamedTuple):
    """Seconds from an order to its pictures: of how many orders of a profile, and quantiles."""

    profile: str
    n: int
    p50: float
    p90: float
    p99: float


class Pack(NamedTuple):
    """A style, or "" for people's own words: its orders, pictures that are there, favourites."""

    pack: str
    orders: int
    pictures: int
    favourites: int

    @property
    def share(self) -> float | None:
        """Favourites in percent of its pictures; None where there is none."""
        return 100 * self.favourites / self.pictures if self.pictures else None


class Previews(NamedTuple):
    """Avatars that got first pictures, and how many of them were painted again on request."""

    avatars: int
    led: int

    @property
    def share(self) -> float | None:
        """The second as a part of the first; None where there is none."""
        return self.led / self.avatars if self.avatars else None


class Likeness(NamedTuple):
    """How like their person the pictures of a profile are: the median cosine of so many."""

    profile: str
    n: int
    median: float


_MADE = "CASE WHEN r.status = 'completed' THEN r.count - r.blocked - r.spoilt ELSE 0 END"
_BEGUN = "r.created_at >= ? AND r.created_at < ?"
_BEGUN_OF_ALL = "+r.created_at >= ? AND +r.created_at < ?"
"""The same, looked for in all orders: in the order of an index that ends with their identifiers.

So they come profile by profile, which saves sorting them, and the pictures of one lie beside those
of the next: SQLite joins a million in a quarter of the time.
"""


def _sum(expression: str) -> str:
    return f"coalesce(sum({expression}), 0)"


def _number(condition: str) -> str:
    return _sum(f"CASE WHEN {condition} THEN 1 ELSE 0 END")


def ordered(scope: Scope) -> Ordered:
    """The orders of the period, whose people are still there."""
    avatars = f"""
    SELECT count(*) FROM (
        SELECT r.avatar_id FROM picture_runs r
        WHERE r.avatar_id IS NOT NULL AND {_BEGUN_OF_ALL}{scope.of_mode()} GROUP BY r.avatar_id
    ) AS painted
    """
    query = f"""
    SELECT count(*), {_sum("r.count")}, {_sum(_MADE)}, {_sum("r.blocked")}, {_sum("r.spoilt")},
           {_number("r.status = 'failed'")}, {_number("r.status = 'cancelled'")},
           ({avatars}), {_sum(COST)}, {_number(f"{COST} IS NULL")}
    FROM picture_runs r WHERE {_BEGUN}{scope.of_mode()}
    """
    found = Ordered._make(one(query, *(scope.start, scope.end) * 2))
    return found._replace(usd=float(found.usd))


def by_profile(scope: Scope) -> list[Profile]:
    """The same for each profile, the busiest first; those that none has painted yet have none."""
    query = f"""
    SELECT r.profile, count(*), {_sum(_MADE)}, {_sum("r.blocked")},
           {_number("r.status = 'failed'")}, {_sum(COST)}
    FROM picture_runs r WHERE {_BEGUN_OF_ALL}{scope.of_mode()}
    GROUP BY r.profile
    """
    found = [
        Profile(name, int(n), int(made), int(blocked), int(failed), float(usd))
        for name, n, made, blocked, failed, usd in rows(query, scope.start, scope.end)
    ]
    return sorted(found, key=lambda profile: (-profile.orders, profile.profile))


def forgotten(scope: Scope) -> Forgotten:
    """What is left of the orders of forgotten people."""
    modes = ("production", "test") if scope.mode == "both" else (scope.mode,)
    counted = [f"pictures_{how}_{m}" for m in modes for how in ("completed", "failed", "cancelled")]
    paid = [f"pictures_microdollars_{mode}" for mode in modes]
    query = f"""
    SELECT {_sum(f"CASE WHEN t.metric IN ({_places(counted)}) THEN t.count ELSE 0 END")},
           {_sum(f"CASE WHEN t.metric IN ({_places(paid)}) THEN t.count ELSE 0 END")}
    FROM daily_totals t WHERE t.day >= ? AND t.day < ?
    """
    orders, microdollars = one(query, *counted, *paid, *scope.days)
    return Forgotten(int(orders), int(microdollars) / 1_000_000)


def ended_by_time(scope: Scope) -> list[EndedAt]:
    """How many orders ended how in each hour or day in which any did."""
    buckets, edges = bucketed(scope)
    query = f"""
    WITH {buckets}
    SELECT b.a, r.status, count(*) FROM buckets b
    JOIN picture_runs r ON r.finished_at >= b.a AND r.finished_at < b.b
    WHERE r.status IN ('completed', 'failed', 'cancelled'){scope.of_mode()}
    GROUP BY b.a, r.status ORDER BY b.a, r.status
    """
    return [EndedAt(float(a), status, int(n)) for a, status, n in rows(query, *edges)]


def times(scope: Scope) -> list[Times]:
    """How long orders took that ended with pictures in the period, for each profile."""
    query = f"""
    SELECT r.profile, count(*), {quantiles("r.finished_at - r.created_at")} FROM picture_runs r
    WHERE r.finished_at >= ? AND r.finished_at < ? AND r.status = 'completed'{scope.of_mode()}
    GROUP BY r.profile ORDER BY r.profile
    """
    return [
        Times(profile, int(n), *listed(took))
        for profile, n, took in rows(query, scope.start, scope.end)
    ]


def packs(scope: Scope) -> list[Pack]:
    """Every style that was ordered in the period, the one with most favourites first."""
    placed = f"""
    SELECT r.pack, count(*) FROM picture_runs r
    WHERE {_BEGUN_OF_ALL}{scope.of_mode()} GROUP BY r.profile, r.pack
    """
    shown = f"""
    SELECT r.pack, count(*), {_number("p.favourite")} FROM picture_runs r CROSS JOIN pictures p
    WHERE p.run_id = r.id AND p.made_at > 0 AND p.removed_at IS NULL AND {_BEGUN_OF_ALL}
      {scope.of_mode()} GROUP BY r.profile, r.pack
    """
    found: dict[str, Pack] = {}
    for name, orders in rows(placed, scope.start, scope.end):
        found[name] = _added(found, name, Pack(name, int(orders), 0, 0))
    for name, pictures, favourites in rows(shown, scope.start, scope.end):
        found[name] = _added(found, name, Pack(name, 0, int(pictures), int(favourites)))
    return sorted(found.values(), key=lambda pack: (-pack.favourites, -pack.orders, pack.pack))


def _added(found: dict[str, Pack], name: str, more: Pack) -> Pack:
    known = found.get(name, Pack(name, 0, 0, 0))
    return Pack(name, *(a + b for a, b in zip(known[1:], more[1:], strict=True)))


def previews(scope: Scope) -> Previews:
    """First pictures that were ordered in the period; what followed them may be later."""
    query = f"""
    WITH first AS (
        SELECT r.avatar_id, min(r.created_at) AS at FROM picture_runs r
        WHERE r.purpose = 'preview' AND r.avatar_id IS NOT NULL AND {_BEGUN}{scope.of_mode()}
        GROUP BY r.avatar_id
    )
    SELECT count(*), {
        _number(
            "EXISTS (SELECT 1 FROM picture_runs a WHERE a.avatar_id = first.avatar_id"
            " AND a.purpose = 'asked' AND a.created_at >= first.at)"
        )
    } FROM first
    """
    return Previews(*map(int, one(query, scope.start, scope.end)))


def likeness(scope: Scope) -> list[Likeness]:
    """The median of the pictures that came in the period, where a face was compared."""
    query = f"""
    SELECT r.profile, count(*), {quantiles("p.likeness")}
    FROM picture_runs r CROSS JOIN pictures p
    WHERE p.run_id = r.id AND p.made_at >= ? AND p.made_at < ? AND p.likeness IS NOT NULL
      {scope.of_mode()}
    GROUP BY r.profile ORDER BY r.profile
    """
    return [
        Likeness(profile, int(n), listed(found)[0])
        for profile, n, found in rows(query, scope.start, scope.end)
    ]


def _places(values: list[str]) -> str:
    return ", ".join("?" * len(values))
