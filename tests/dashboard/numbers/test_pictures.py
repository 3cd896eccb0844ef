"""What the page says of pictures is what a stranger counts from the definitions.

The odd ones are of one kind: an order that a person of before has left, without avatar and owner.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.avatars.models.pictures import Picture, PictureRun
from core.avatars.orders.money.daily_totals import DailyTotal
from tests.dashboard import drawn
from tests.dashboard.numbers.counting import Case, dollars, stack
from tests.metrics.recount import Recount
from tests.metrics.recount_pictures import PicturesRecount, tally


@pytest.fixture
def counted(case: Case) -> PicturesRecount:
    """The rows, some of them odd."""
    runs = list(PictureRun.select().order_by(PictureRun.id))
    under_way: set[object] = set()
    for n, run in enumerate(runs):
        odds: dict[int, dict[str, Any]] = {
            0: {"profile": "flux-2-lora", "cost_usd": 0.5},
            1: {"avatar": None, "user": None},
            2: {"cost_usd": None, "status": "saving", "finished_at": None},
            3: {"blocked": min(1, run.count - 1), "spoilt": 0},
            4: {"created_at": case.start},
            5: {"created_at": case.end, "finished_at": case.end},
            6: {"finished_at": case.start},
        }
        odd = odds.get(n % 11, {})
        if odd.get("status") == "saving":  # a person has one order under way at most
            odd = {} if run.user_id in under_way else odd
            under_way.add(run.user_id)
        if odd:
            PictureRun.update(odd).where(PictureRun.id == run.id).execute()
    for n, picture in enumerate(Picture.select().order_by(Picture.id)):
        if n % 7 == 0:
            Picture.update(removed_at=1.0).where(Picture.id == picture.id).execute()
    day = "2026-10-23"
    for mode, n in (("production", 1_250_000), ("test", 10_000)):
        DailyTotal.create(day=day, metric=f"pictures_microdollars_{mode}", count=n)
    found = PicturesRecount(Recount(), case.period)
    assert found.placed, "there is something to count"
    return found


def test_pictures_are_counted_as_the_rows_say(
    counted: PicturesRecount, see: Callable[..., AppTest]
) -> None:
    shown = {name: metric.value for name, metric in drawn.metrics(see("pictures")).items()}
    whole, led = tally(counted.placed), counted.led()
    money = {
        "Spent": (whole.usd + counted.forgotten(), 0.0051),
        "A picture": (counted.each(), 0.00051),
        "An avatar’s pictures": (counted.an_avatar(), 0.00051),
    }
    for name, (usd, rounded) in money.items():
        expected = None if usd is None else pytest.approx(usd, abs=rounded)
        assert dollars(shown.pop(name)) == expected, name
    assert shown == {
        "Ordered": f"{whole.pictures:,}",
        "Made": f"{whole.made:,}",
        "Held back": f"{whole.blocked:,}",
        "Failed orders": f"{whole.failed:,}",
        "First pictures that led to more": "–" if led is None else f"{100 * led:.0f}%",
    }


def test_each_profile_and_style_has_its_own(
    counted: PicturesRecount, see: Callable[..., AppTest]
) -> None:
    tab = see("pictures")
    painters = {row["profile"]: row for row in drawn.table(tab, "profile", "made")}
    assert painters.keys() == counted.by_profile().keys()
    for profile, of in counted.by_profile().items():
        row = painters[profile]
        numbers = (of.orders, of.made, of.blocked, of.failed)
        assert (row["orders"], row["made"], row["blocked"], row["failed"]) == numbers
        assert row["usd"] == pytest.approx(of.usd)
    styles = {row["pack"]: row for row in drawn.table(tab, "pack", "favourites")}
    assert styles.keys() == counted.styles().keys()
    for pack, liked in counted.styles().items():
        row = styles[pack]
        assert (row["orders"], row["pictures"], row["favourites"]) == liked


def test_the_time_to_pictures_is_that_of_the_rows(
    counted: PicturesRecount, see: Callable[..., AppTest]
) -> None:
    tab = see("pictures")
    times = {row["profile"]: row for row in drawn.table(tab, "p50", "p99")}
    expected = counted.quantiles()
    assert times.keys() == expected.keys()
    for profile, quantiles in expected.items():
        row = times[profile]
        assert [row["p50"], row["p90"], row["p99"]] == pytest.approx(quantiles)
        assert row["n"] == len(counted.seconds()[profile])
    assert stack(counted.period, drawn.chart(tab, "orders")) == counted.ended()
