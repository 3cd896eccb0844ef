"""Pictures that go: samples once orders are real, removed ones once their time is up."""

from __future__ import annotations

from typing import Any

import pytest

from core.avatars.disposal import GRACE_SECONDS, delete_doomed
from core.avatars.models import AvatarStatus
from core.avatars.models.pictures import Picture, PictureRun
from core.avatars.pictures import owned
from core.avatars.queries import models_of
from core.avatars.training import outcome
from tests import makers
from tests.avatars.pictures.picture_house import PictureHouse


def retire(house: PictureHouse) -> int:
    return outcome.retire_simulated(house.settings, house.clock())


def swept(house: PictureHouse) -> set[str]:
    """What is stored of pictures, once all is deleted that nobody needs."""
    house.clock.forward(GRACE_SECONDS + 1)
    delete_doomed(house.store, house.clock())
    return house.stored


def simulate(house: PictureHouse) -> None:
    """Say that the model and the pictures so far were simulated."""
    type(house.model).update(test_mode=True).execute()
    PictureRun.update(test_mode=True).execute()


def test_samples_go_with_the_simulated_model(house: PictureHouse) -> None:
    house.painted()
    simulate(house)
    assert retire(house) == 1
    assert (models_of(house.avatar.id), house.theirs, swept(house)) == ([], [], set())
    assert makers.fresh(house.avatar).status is AvatarStatus.UPLOADING
    assert PictureRun.select().count() == 1, "the order stays, for the books"
    assert retire(house) == 0


def test_what_is_real_stays_beside_samples(house: PictureHouse) -> None:
    house.painted()
    PictureRun.update(test_mode=True).execute()
    house.painted(count=1)
    real = {picture.key for picture in house.theirs}
    assert retire(house) == 0
    assert swept(house) == real
    assert len(models_of(house.avatar.id)) == 1


def test_an_avatar_is_retired_whole_or_not_at_all(
    house: PictureHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.painted()
    simulate(house)

    def die(*_: Any, **__: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(outcome, "change", die)
        with pytest.raises(SystemExit):
            retire(house)
    assert (len(models_of(house.avatar.id)), len(house.theirs)) == (1, 2)
    assert len(swept(house)) == 2
    assert retire(house) == 1


def test_removed_pictures_are_kept_until_they_can_be_put_back_no_more(house: PictureHouse) -> None:
    house.painted(count=3)
    early, late, stays = house.theirs
    now = house.clock()
    Picture.update(removed_at=now - 700).where(Picture.id == early.id).execute()
    Picture.update(removed_at=now - 500).where(Picture.id == late.id).execute()
    assert owned.forget_removed(now - 600, now) == 1
    assert swept(house) == {late.key, stays.key}
    Picture.update(removed_at=None).where(Picture.id == late.id).execute()
    assert owned.forget_removed(now, now) == 0
    assert {picture.key for picture in house.theirs} == {late.key, stays.key}
