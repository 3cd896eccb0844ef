"""First pictures come with the good news of a training: whoever pays, and where there is money."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.avatars.dialogue.studio import Studio
from core.avatars.models import AvatarGender, TrainedModel
from core.avatars.models.pictures import PictureRun, Purpose
from core.avatars.orders.order import Status
from core.avatars.pictures.packs import for_previews
from core.avatars.screens.training import training_completed
from core.base.texts import translator
from tests import avatar_facts, makers
from tests.avatars.pictures.conftest import Build
from tests.avatars.pictures.picture_house import PHRASE, PictureHouse, cost
from tests.avatars.training_house import COMPLETED, QUEUED, House


def test_previews_are_of_a_style_that_suits_and_cost_the_person_nothing(
    house: PictureHouse,
) -> None:
    run = house.preview()
    assert run is not None
    house.until()
    assert house.summary == ("completed", 4, cost(4), 0)
    assert (house.run.purpose, house.counted) == (Purpose.PREVIEW, 0)
    assert house.run.pack in {pack.slug for pack in for_previews("character", "female")}
    assert str(house.posts[0].arguments["prompt"]).count(PHRASE) == 1
    assert house.told[-1] == "pictures_finished"


def test_whoever_has_previews_coming_may_order_at_the_same_time(house: PictureHouse) -> None:
    assert house.preview()
    assert house.pictures.preview_under_way(house.avatar.id)
    assert house.obstacle() is None
    house.order()
    house.until()
    assert house.status == Status.COMPLETED


def test_whoever_waits_for_previews_is_told_that_they_come(house: PictureHouse) -> None:
    studio = Studio(house.settings, house.pictures)
    coming = "The first pictures are being made and appear here by themselves."
    said = []
    for preview in (True, False):
        assert not preview or house.preview()
        facts = avatar_facts.facts("en", avatar={"status": "completed"})
        facts = replace(facts, previews_coming=studio.previews_coming(house.avatar))
        assert facts.avatar is not None
        said.append(training_completed(facts, facts.avatar, translator("en")).text)
        house.until()
    assert coming in said[0]
    assert coming not in said[1]


def test_the_person_may_be_who_pays(build: Build) -> None:
    house = build(pictures={"previews": 3, "previews_charged": "person", "per_day": 4})
    assert house.preview()
    house.until()
    assert house.summary == ("completed", 3, cost(3), 3)
    assert (house.obstacle(), house.obstacle(count=1)) == ("daily_limit", None)


def test_previews_that_come_to_nothing_are_given_back(build: Build) -> None:
    house = build(pictures={"previews_charged": "person"})
    house.fal.plan.add("picture", "blocked")
    assert house.preview()
    assert house.counted == 4
    house.until()
    assert house.counted == 0


@pytest.mark.parametrize("off", [{"previews": 0}, {"enabled": False}])
def test_previews_may_be_turned_off(build: Build, off: dict[str, Any]) -> None:
    house = build(pictures=off)
    assert house.preview() is None
    assert PictureRun.select().count() == 0


@pytest.mark.parametrize(("pictures", "there"), [(4, True), (3, False)])
def test_previews_are_not_ordered_over_the_budget(build: Build, pictures: int, there: bool) -> None:
    house = build(training={"daily_budget_usd": cost(pictures)})
    assert (house.preview() is not None) is there


def test_previews_leave_what_others_were_promised(build: Build) -> None:
    house = build(training={"daily_budget_usd": cost(5)})
    house.order()
    assert house.preview() is None, "two and four are six"


def test_without_weights_there_is_nothing_to_preview(house: PictureHouse) -> None:
    TrainedModel.update(weights_key=None).execute()
    assert house.preview() is None


class Broke(Exception):
    """Whatever may go wrong in a transaction."""


@pytest.mark.parametrize("fails", [False, True])
def test_previews_are_ordered_in_the_transaction_that_finishes_the_training(
    house: PictureHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    monkeypatch.setattr(House, "folder", tmp_path, raising=False)
    training = House()
    training.avatar.gender = AvatarGender.MALE
    training.avatar.save()
    training.trainer.test_mode = False
    ordered: list[PictureRun | None] = []

    def made(model: Any, run: Any) -> None:
        model.base_model = "flux-pro"  # its painter needs no weights
        ordered.append(house.pictures.preview(model, run))
        if fails:
            raise Broke

    kind: Any = training.training.orders.kind
    kind._made = made
    training.start()
    training.advance(QUEUED, QUEUED)
    training.clock.forward(120)
    if fails:
        with pytest.raises(Broke):
            training.advance(COMPLETED)
    else:
        training.advance(COMPLETED)
    assert ordered[0] is not None
    rows = [row.id for row in PictureRun.select()]
    assert rows == ([] if fails else [ordered[0].id])
    finished = "finished" in training.told
    assert (makers.fresh(training.avatar).status == "completed", finished) == (not fails,) * 2
