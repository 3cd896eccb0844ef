"""The numbers of pictures against a count by hand of the same rows, on both databases."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import Any

import pytest

from core.avatars.models.pictures import PictureRun
from core.avatars.orders.events import FalEvent
from core.avatars.orders.money.daily_totals import add
from core.avatars.privacy import ledger
from core.base.db import run
from core.operation.demo import Story, fill
from core.operation.metrics import errors
from core.operation.metrics.pictures import orders, totals
from core.operation.metrics.prometheus import exposition
from core.operation.metrics.scope import DAY, Mode, Scope
from tests import makers
from tests.metrics.history import NOW, make, quantile, table

PERIODS = ((NOW - 7 * DAY, NOW), (NOW - DAY, NOW), (NOW - 40 * DAY, NOW + 1))
MODES: tuple[Mode, ...] = ("both", "production", "test")
SCOPES = [Scope(*period, mode, "Europe/Berlin") for period in PERIODS for mode in MODES]


class Counted:
    """Every row, read once."""

    def __init__(self) -> None:
        self.runs = table("picture_runs")
        self.run = {run.id: run for run in self.runs}
        self.pictures = table("pictures")

    def begun(self, scope: Scope) -> list[Any]:
        return [r for r in self.runs if within(scope, r.created_at) and of_mode(scope, r)]

    def there(self, run: Any) -> list[Any]:
        return [p for p in self.pictures if p.run_id == run.id and not p.removed_at]


def within(scope: Scope, at: float | None) -> bool:
    return at is not None and scope.start <= at < scope.end


def of_mode(scope: Scope, run: Any) -> bool:
    return scope.mode == "both" or bool(run.test_mode) is (scope.mode == "test")


def made(runs: list[Any]) -> int:
    return sum(r.count - r.blocked - r.spoilt for r in runs if r.status == "completed")


def dollars(runs: list[Any]) -> float:
    return math.fsum(r.price_usd if r.cost_usd is None else r.cost_usd for r in runs)


@pytest.fixture
def counted(db: Any) -> Counted:
    make()
    return Counted()


def test_orders_pictures_and_dollars_are_counted(counted: Counted) -> None:
    assert made(counted.runs) == len(counted.pictures) > 100
    for scope in SCOPES:
        begun, found = counted.begun(scope), totals.ordered(scope)
        statuses = Counter(r.status for r in begun)
        assert found.orders == len(begun)
        assert found.pictures == sum(r.count for r in begun)
        assert (found.made, found.spoilt) == (made(begun), sum(r.spoilt for r in begun))
        assert found.blocked == sum(r.blocked for r in begun)
        assert (found.failed, found.cancelled) == (statuses["failed"], statuses["cancelled"])
        assert found.avatars == len({r.avatar_id for r in begun})
        assert found.usd == pytest.approx(dollars(begun))
        assert found.unknown == 0
        assert found.each == (pytest.approx(dollars(begun) / made(begun)) if begun else None)


def test_profiles_are_told_apart(counted: Counted) -> None:
    PictureRun.update(profile="flux-2-lora").where(PictureRun.count == 3).execute()
    counted = Counted()
    for scope in SCOPES:
        begun = counted.begun(scope)
        for found in totals.by_profile(scope):
            same = [r for r in begun if r.profile == found.profile]
            assert (found.orders, found.made) == (len(same), made(same))
            assert found.usd == pytest.approx(dollars(same))
        assert sum(found.orders for found in totals.by_profile(scope)) == len(begun)


def test_the_time_to_pictures_is_that_from_the_order(counted: Counted) -> None:
    for scope in SCOPES:
        seconds = [
            r.finished_at - r.created_at
            for r in counted.runs
            if r.status == "completed" and within(scope, r.finished_at) and of_mode(scope, r)
        ]
        found = totals.times(scope)
        assert sum(times.n for times in found) == len(seconds)
        for times in found:
            expected = [quantile(seconds, q) for q in (0.5, 0.9, 0.99)]
            assert times[2:] == pytest.approx(expected)


def test_favourites_are_counted_by_style(counted: Counted) -> None:
    for scope in SCOPES:
        by_pack: dict[str, list[Any]] = defaultdict(list)
        for order in counted.begun(scope):
            by_pack[order.pack].append(order)
        found = {pack.pack: pack for pack in totals.packs(scope)}
        assert found.keys() == by_pack.keys()
        for slug, runs in by_pack.items():
            there = [picture for run in runs for picture in counted.there(run)]
            liked = sum(bool(picture.favourite) for picture in there)
            assert found[slug][1:] == (len(runs), len(there), liked)
            assert found[slug].share == (100 * liked / len(there) if there else None)


def test_previews_lead_to_an_order_where_more_was_asked_for_since(counted: Counted) -> None:
    for scope in SCOPES:
        first = {r.avatar_id: r.created_at for r in counted.begun(scope) if r.purpose == "preview"}
        led = {
            r.avatar_id
            for r in counted.runs
            if r.purpose == "asked" and r.created_at >= first.get(r.avatar_id, math.inf)
        }
        assert totals.previews(scope) == (len(first), len(led))


def test_likeness_is_the_median_of_what_was_compared(counted: Counted) -> None:
    for scope in SCOPES:
        scores = [
            p.likeness
            for p in counted.pictures
            if within(scope, p.made_at) and of_mode(scope, counted.run[p.run_id])
        ]
        found = totals.likeness(scope)
        assert sum(one.n for one in found) == len(scores)
        assert [one.median for one in found] == (
            [pytest.approx(quantile(scores, 0.5))] if scores else []
        )


def test_each_hour_or_day_knows_what_ended_in_it(counted: Counted) -> None:
    for scope in SCOPES:
        ended = [r for r in counted.runs if within(scope, r.finished_at) and of_mode(scope, r)]
        found = totals.ended_by_time(scope)
        starts = [bucket.start for bucket in scope.buckets]
        expected = Counter((max(s for s in starts if s <= r.finished_at), r.status) for r in ended)
        assert {(at.start, at.status): at.n for at in found} == expected


def test_orders_of_the_forgotten_are_counted_without_them(db: Any) -> None:
    owner = makers.conversation()
    for test_mode, usd in ((False, 0.14), (True, 0.0)):
        made_up = order(owner, test_mode=test_mode, cost_usd=usd)
        ledger.book_pictures(PictureRun.select().where(PictureRun.id == made_up.id), "UTC")
    add(Counter({("2000-01-01", "pictures_completed_production"): 7}))
    scope = Scope(NOW - 2 * DAY, NOW + DAY)
    assert totals.ordered(scope).orders == 0
    found = totals.forgotten(scope)
    assert found.orders == 2
    assert found.usd == pytest.approx(0.14)
    assert totals.forgotten(Scope(scope.start, scope.end, "test")) == (1, 0.0)


def test_a_fault_of_an_order_of_pictures_counts_its_person(db: Any) -> None:
    owner = makers.conversation()
    FalEvent.create(
        at=NOW - 5, run_id=order(owner).id, phase="submit", ok=False, test_mode=False
    )  # fmt: skip
    (group,) = errors.groups(Scope(NOW - DAY, NOW))
    assert (group.n, group.users) == (1, 1)


def test_what_an_order_is_about_is_exposed(db: Any) -> None:
    owner = makers.conversation()
    order(owner, blocked=1, spoilt=1, created_at=NOW - 60, finished_at=NOW - 50, cost_usd=0.14)
    told = exposition.text(NOW)
    for line in (
        'likeness_pictures{mode="production",what="ordered"} 4',
        'likeness_pictures{mode="production",what="made"} 2',
        'likeness_pictures{mode="production",what="blocked"} 1',
        'likeness_picture_cost_usd{mode="production"} 0.14',
        'likeness_picture_seconds{mode="production",profile="flux-lora",quantile="0.5"} 10.0',
    ):
        assert line in told


def order(owner: Any, **columns: Any) -> PictureRun:
    """One of four pictures that are there, as it is kept."""
    return PictureRun.create(
        **{
            "user": owner.user, "conversation": owner, "purpose": "asked", "pack": "cinema",
            "shape": "square", "count": 4, "seed": 1, "status": "completed", "test_mode": False,
            "profile": "flux-lora", "created_at": NOW - DAY, "finished_at": NOW - DAY + 9,
            **columns,
        }
    )  # fmt: skip


def test_orders_are_listed_those_under_way_first(db: Any) -> None:
    now = 1_800_000_000.0
    fill(40, Story(now, days=8, seed=5))
    run("UPDATE picture_runs SET finished_at = NULL, status = 'queued' WHERE id = "
        "(SELECT id FROM picture_runs ORDER BY created_at LIMIT 1)")  # fmt: skip
    scope = Scope(now - 3 * 86_400.0, now)
    listed = orders.ordered(scope)
    assert listed[0].finished_at is None
    newest = [order.created_at for order in listed[1:]]
    assert newest == sorted(newest, reverse=True)
    counted = run("SELECT count(*) FROM picture_runs WHERE created_at >= ? OR finished_at IS NULL",
                  scope.start).fetchone()[0]  # fmt: skip
    assert len(listed) == min(200, counted) > 1
