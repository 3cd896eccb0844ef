"""What is said of the whole set before money is spent: how many are taken, how good they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from core.app.bootstrap import App
from core.avatars.facts import Facts, RunFacts
from core.avatars.flow import TELLING
from core.avatars.models import Avatar, AvatarPhoto
from core.avatars.screens import SCREENS
from core.services.fal.profiles import trainers
from tests.avatar_facts import LIMITS, READY, button, facts, photo, triggers
from tests.avatars.photo_house import collecting, good, judge, opened, send
from tests.conversation.chat import Chat

LAST_LOOKS = ("confirming_photos", "confirming_training")
TINY = "teach the avatar next to nothing"

last_looks = pytest.mark.parametrize("state", LAST_LOOKS)
telling = pytest.mark.parametrize("state", TELLING)


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path) -> Iterator[App]:
    profile = "flux-pro-trainer"
    app = opened(sqlite_url, tmp_path / "data", training__profiles_style=profile)
    yield app
    app.close()
    structlog.reset_defaults()


@pytest.fixture
def chat(house: App) -> Chat:
    chat = collecting(house)
    send(house, chat, *map(good, range(4)))
    judge(house, chat)
    return chat


def ready(language: str = "en", *, taken: int = 20, **avatar: Any) -> Facts:
    limits = replace(LIMITS, photos_taken={"portrait": 50, "style": taken})
    return facts(language, limits=limits, avatar={**READY, "training_type": "style", **avatar})


def advised(codes: Mapping[int, str]) -> dict[str, Any]:
    return {"valid_photos": tuple(replace(photo(n), advice=(code,)) for n, code in codes.items())}


# how many are taken


def test_a_training_that_takes_the_best_of_many_says_so_before_it_is_paid() -> None:
    said = SCREENS["confirming_training"](ready(valid=50)).text
    assert "Photos: the best 20 of your 50 are used" in said


def test_a_training_that_takes_all_says_how_many_they_are() -> None:
    for known in (ready(valid=20), ready(valid=50, training_type="portrait")):
        said = SCREENS["confirming_training"](known).text
        assert f"Photos: {known.avatar.valid if known.avatar else 0}\n" in said


def test_the_number_is_that_of_the_trainer_which_would_be_asked(house: App, chat: Chat) -> None:
    Avatar.update(training_type="style").execute()
    kept: Any = AvatarPhoto.select().where(AvatarPhoto.number == 1).get()
    columns = ("avatar", "user", "conversation", "validation_status")
    known = {name: getattr(kept, name) for name in columns}
    rows = [
        {**known, "number": n, "file_hash": f"{n:064x}", "told_revision": 1} for n in range(5, 26)
    ]
    for row in rows:
        AvatarPhoto.create(**row)
    taken = house.training.photos_taken("style")
    assert taken == trainers.BY_NAME["flux-pro-trainer"].max_photos == 20
    assert f"Photos: the best {taken} of your 25 are used" in chat.rendered.text


def test_the_press_agrees_to_the_number_that_was_said() -> None:
    def agreed(taken: int) -> set[str]:
        screen = SCREENS["confirming_training"](ready(valid=50, taken=taken))
        return {button.confirms for button in screen.each_button() if button.trigger == "train"}

    assert agreed(20) != agreed(30)


# how good they are


@last_looks
def test_photos_that_teach_nothing_are_told_with_how_many_remain(state: str) -> None:
    said = SCREENS[state](ready(valid=10, useless=(2, 3, 9))).text
    assert f"⚠️ 3 of 10 photos {TINY} (no. 2, 3, 9)" in said
    assert "Without them you have 7: better send 3 more good photos first." in said


@last_looks
def test_where_enough_remain_they_are_better_taken_out(state: str) -> None:
    screen = SCREENS[state](ready(valid=12, useless=(4, 5)))
    assert f"⚠️ 2 of 12 photos {TINY} (no. 4, 5)" in screen.text
    assert "It gets better if you take them out." in screen.text
    assert "train" in triggers(screen), "it is advice, and stops nobody"


def test_while_photos_come_a_set_of_nothing_is_not_said_to_be_enough() -> None:
    said = SCREENS["uploading_photos"](ready(valid=10, useless=tuple(range(1, 9)))).text
    assert "That’s enough" not in said
    assert "Without them you have 2: better send 8 more good photos first." in said


@last_looks
def test_what_holds_for_much_of_the_set_is_said_of_the_set(state: str) -> None:
    codes = {1: "blurred", 2: "blurred", 3: "blurred", 4: "face_small", 8: "blurred"}
    said = SCREENS[state](ready(valid=12, **advised(codes))).text
    told = "💡 4 of 12 photos: a little blurred – hold still, in more light (no. 1–3, 8)"
    assert said.count("a little blurred") == 1
    assert told in said
    assert "4 of 12 photos: the face" not in said


def test_one_photo_here_and_there_is_said_at_the_look_at_the_photos_alone() -> None:
    known = ready(valid=12, **advised({4: "face_small", 5: "dark"}))
    assert "💡 Photo 4: the face is small" in SCREENS["confirming_photos"](known).text
    assert "💡" not in SCREENS["confirming_training"](known).text


def test_a_good_set_is_told_nothing() -> None:
    for state in LAST_LOOKS:
        said = SCREENS[state](ready(valid=12)).text
        assert not {"💡", "⚠️"} & set(said)


def test_quality_nought_is_what_counts_as_nothing(house: App, chat: Chat) -> None:
    AvatarPhoto.update(quality_score=0.0).where(AvatarPhoto.number <= 3).execute()
    AvatarPhoto.update(quality_score=0.2).where(AvatarPhoto.number == 4).execute()
    chat.press("🚀 Start training")
    told = f"⚠️ 3 of 4 photos {TINY} (no. 1–3)"
    assert told in chat.rendered.text
    assert "Without them you have 1: better send 1 more good photo first." in chat.rendered.text


def test_of_a_style_darkness_and_softness_are_no_fault(house: App, chat: Chat) -> None:
    AvatarPhoto.update(quality_score=0.0).execute()
    Avatar.update(training_type="style", avatar_type="style").execute()
    chat.press("🚀 Start training")
    assert "next to nothing" not in chat.rendered.text


def test_russian_counts_as_russians_do() -> None:
    said = SCREENS["confirming_training"](ready("ru", valid=10, useless=(1, 2))).text
    assert "⚠️ 2 из 10 фото почти ничего не дают аватару (№ 1, 2)" in said
    assert "Без них остаётся 8: лучше сначала прислать ещё 2 хороших фото." in said


# one confirmation


LATE = RunFacts("failed", 99, None, "operator", 6.0, None, late=True)
IN_THE_WAY: Mapping[str, dict[str, Any]] = {
    "too few photos": {"valid": 9},
    "one that is looked at": {"pending": 1},
    "faces that are compared": {"comparing": True},
    "faces that could not be compared": {"people": None},
    "two people": {"people": ((1, 2), (3, 4))},
    "one like no other": {"people": ((1, 2), (3,))},
    "photos that teach nothing": {"useless": (1,)},
    "photos that look alike": {"alike": (1, 2, 3)},
    "fronts alone": {"frontal": True},
    "an advice on many": advised({1: "dark", 2: "dark", 3: "dark"}),
    "a training that was given up": {"run": LATE},
}


@telling
def test_where_nothing_is_in_the_way_the_order_stands_below_the_photos(state: str) -> None:
    tiles = tuple(map(photo, range(1, 13)))
    screen = SCREENS[state](ready(valid=12, valid_photos=tiles, accepted=tiles, people=((1, 2),)))
    confirming = SCREENS["confirming_training"](ready(valid=12))
    for line in (
        "Avatar: “Анна”",
        "Type: 🎨 artistic",
        "Photos: 12",
        "💰 Price: $6.00",
        "Usual time:",
    ):
        assert line in screen.text
        assert line in confirming.text
    assert screen.text.count("Анна") == 1
    assert [tile.label for tile in screen.pictures] == [f"{n} ✅" for n in range(1, 13)]
    assert button(screen, "train").confirms == button(confirming, "train").confirms
    assert button(screen, "train").label == "🚀 Start training"
    assert "done" not in triggers(screen)


@telling
@pytest.mark.parametrize("what", IN_THE_WAY)
def test_where_something_is_nothing_is_paid_before_it_was_read(state: str, what: str) -> None:
    known = ready(**{"valid": 12, **IN_THE_WAY[what]})
    screen = SCREENS[state](known)
    assert "train" not in triggers(screen)
    assert "Usual time:" not in screen.text
    waits = what in ("too few photos", "one that is looked at", "faces that are compared")
    assert ("done" in triggers(screen)) is not waits


@telling
@pytest.mark.parametrize("obstacle", ["busy", "budget", "closed", "blocked"])
def test_what_stops_a_training_is_told_instead_of_the_order(state: str, obstacle: str) -> None:
    screen = SCREENS[state](replace(ready(valid=12), obstacle=obstacle))
    assert "train" not in triggers(screen)


def posed(turns: Mapping[int, float | None]) -> None:
    """What was seen of the faces of these photos, by their numbers."""
    for number, turn in turns.items():
        found = AvatarPhoto.get(AvatarPhoto.number == number)
        held = None if turn is None else {"turn": turn, "cut": False}
        found.photo_metadata = {**found.photo_metadata, "pose": held}
        found.save()


FRONTS = "straight from the front"


def test_a_set_of_fronts_alone_is_told_before_money_is_spent(house: App, chat: Chat) -> None:
    send(house, chat, *map(good, range(4, 7)))
    judge(house, chat)
    posed(dict.fromkeys(range(1, 8), 0.03))
    chat.press("🚀 Start training")
    assert FRONTS in chat.rendered.text


@pytest.mark.parametrize("turns", [{1: -0.3}, {1: None, 2: None}], ids=["one turned", "unknown"])
def test_where_a_face_is_turned_or_it_is_not_known_nothing_is_said_of_fronts(
    house: App, chat: Chat, turns: Mapping[int, float | None]
) -> None:
    send(house, chat, *map(good, range(4, 7)))
    judge(house, chat)
    posed({**dict.fromkeys(range(1, 8), 0.03), **turns})
    chat.press("🚀 Start training")
    assert FRONTS not in chat.rendered.text


def test_how_a_style_shows_faces_is_its_makers_business(house: App, chat: Chat) -> None:
    send(house, chat, *map(good, range(4, 7)))
    judge(house, chat)
    posed(dict.fromkeys(range(1, 8), 0.03))
    Avatar.update(training_type="style", avatar_type="style").execute()
    chat.press("🚀 Start training")
    assert FRONTS not in chat.rendered.text


@last_looks
def test_fronts_alone_are_advice_in_russian_too(state: str) -> None:
    screen = SCREENS[state](ready("ru", valid=12, frontal=True))
    assert "💡 Почти на всех фото лицо снято прямо спереди." in screen.text
    assert "train" in triggers(screen), "it is advice, and stops nobody"


def test_a_face_that_is_cut_off_is_named_with_what_helps() -> None:
    known = ready(valid=12, **advised({4: "face_cut"}))
    told = "💡 Photo 4: forehead, chin or cheek is cut off – leave some room around the head"
    assert told in SCREENS["confirming_photos"](known).text
