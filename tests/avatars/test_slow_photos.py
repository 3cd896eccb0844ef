"""A slow file server: each photo is fetched once, and its person is told that it takes longer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.avatars.models import AvatarPhoto, PhotoValidationStatus
from core.avatars.photos import claim_keeper, comparing, verdicts
from core.avatars.photos.claim_keeper import kept
from core.avatars.photos.inspection import conversion
from core.avatars.photos.inspection.verdict import Verdict
from core.base.db import release
from tests import makers
from tests.avatars.test_verdicts import House
from tests.pictures_for_tests import photo as picture

PENDING, VALID = PhotoValidationStatus.PENDING, PhotoValidationStatus.VALID
PATIENCE = 60.0


@pytest.fixture
def house(db: Any, tmp_path: Path) -> House:
    return House(tmp_path)


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds, however busy the machine is."""
    ends = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < ends, "it never came to that"
        time.sleep(0.01)


def came(house: House) -> dict[str, datetime]:
    """Photos that come at the moment that the house's clock shows."""
    return {"created_at": datetime.fromtimestamp(house.clock.now, UTC).replace(tzinfo=None)}


def test_a_claim_lives_as_long_as_the_download_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "CLAIM_SECONDS", 0.3)
    begun, go_on = threading.Event(), threading.Event()
    bytes_of = house.fetch

    def slowly(*asked: Any) -> bytes:
        begun.set()
        assert go_on.wait(PATIENCE)
        return bytes_of(*asked)

    house.verdicts._fetch = slowly
    photo = house.send(picture(0))

    def judge() -> None:
        house.judge(photo)
        release()

    first = threading.Thread(target=judge)
    first.start()
    try:
        assert begun.wait(PATIENCE)
        for _ in range(3):  # each time the claim that was first made has run out
            house.clock.forward(0.3)
            eventually(lambda: house.now(photo).next_check_at > house.clock.now)
            assert house.judge(photo) is None
            assert house.verdicts.due(house.clock.now, 10) == []
    finally:
        go_on.set()
        first.join()
    assert (len(house.fetched), house.now(photo).validation_status) == (1, VALID)
    assert house.now(photo).attempts == 1


def test_a_claim_lives_as_long_as_its_conversion_waits_and_works(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minute for its turn, and a minute in the process: four claims' time."""
    monkeypatch.setattr(verdicts, "CLAIM_SECONDS", 0.3)
    begun, go_on = threading.Event(), threading.Event()
    looked = house.verdicts._inspect

    def slowly(*asked: Any) -> Verdict:
        begun.set()
        assert go_on.wait(PATIENCE)
        return looked(*asked)

    house.verdicts._inspect = slowly
    photo = house.send(picture(0))

    def judge() -> None:
        house.judge(photo)
        release()

    first = threading.Thread(target=judge)
    first.start()
    try:
        assert begun.wait(PATIENCE)
        for _ in range(5):
            house.clock.forward(0.3)
            eventually(lambda: house.now(photo).next_check_at > house.clock.now)
            assert house.verdicts.due(house.clock.now, 10) == []
    finally:
        go_on.set()
        first.join()
    assert (house.now(photo).attempts, house.now(photo).validation_status) == (1, VALID)


def test_a_claim_is_renewed_for_longer_than_the_slowest_conversion_may_take() -> None:
    renewed = claim_keeper.MOST * verdicts.CLAIM_SECONDS / 3
    assert renewed > 2 * (2 * conversion.CLOCK)  # for its turn and in the process, with ease


def test_a_clock_that_was_set_back_cuts_no_claim_short() -> None:
    assert [wait.seconds for wait in verdicts.WAITS] == [verdicts.CLAIM_SECONDS]
    assert [wait.seconds for wait in comparing.WAITS] == [comparing.CLAIM_SECONDS]


def test_a_photo_that_can_not_be_stored_yet_is_not_fetched_again(house: House) -> None:
    photo = house.send(picture(0))
    house.store.broken = True
    for _ in range(3):
        house.judge(photo)
        house.clock.forward(100)
    house.store.broken = False
    house.judge(photo)
    assert (len(house.fetched), house.now(photo).validation_status) == (1, VALID)


def test_a_delay_is_told_though_nothing_has_failed(house: House) -> None:
    for number in range(1, 4):
        house.send(picture(number), **came(house))
    now = house.clock.now
    house.verdicts.tell_late(now + 19, 100)
    assert house.told == []
    house.verdicts.tell_late(now + 21, 100)
    assert house.told == [("delayed", str(house.avatar.id))]
    assert all(photo.delayed for photo in AvatarPhoto.select())


def test_a_delay_is_told_once_while_it_lasts(house: House) -> None:
    first = house.send(picture(0), **came(house))
    house.send(picture(1), **came(house))
    now = house.clock.now
    house.verdicts.tell_late(now + 21, 100)
    house.judge(first)
    house.send(picture(2), **came(house))
    house.verdicts.tell_late(now + 60, 100)
    assert [trigger for trigger, _ in house.told].count("delayed") == 1


def test_a_photo_that_has_its_verdict_is_not_late(house: House) -> None:
    photo = house.judged(picture(0), **came(house))
    house.verdicts.tell_late(house.clock.now + 60, 100)
    assert not house.now(photo).delayed
    assert "delayed" not in [trigger for trigger, _ in house.told]


def test_keeping_ends_with_the_work(db: Any) -> None:
    renewed: list[int] = []
    with kept(lambda: renewed.append(1), 0.001):
        eventually(lambda: len(renewed) > 2)
    count = len(renewed)
    assert all(thread.name != "keeper" for thread in threading.enumerate())
    time.sleep(0.05)
    assert len(renewed) == count


# fairness


def test_of_many_photos_of_one_person_another_persons_is_among_the_first(db: Any) -> None:
    clock = 0.0
    first, second = makers.conversation(), makers.conversation()
    one, other = makers.avatar(first, photos=0), makers.avatar(second, photos=0)
    many = [makers.photo(one, first, next_check_at=clock) for _ in range(12)]
    single = makers.photo(other, second, next_check_at=clock + 5)
    inbox = makers.inbox(lambda: clock)
    judge = verdicts.Verdicts(makers.settings(), None, inbox, None, makers.inspect)  # type: ignore[arg-type]
    assert judge.due(10.0, 4) == [str(p.id) for p in (many[0], single, many[1], many[2])]
