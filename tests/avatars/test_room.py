"""What an avatar has room for: valid photos alone fill it, whatever is pending beyond waits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from core.app.bootstrap import App
from core.avatars import queries
from core.avatars.models import Avatar, AvatarPhoto, AvatarTrainingType, PhotoValidationStatus
from core.avatars.photos import verdicts
from core.avatars.photos.held import HeldPhoto
from core.avatars.photos.room import Room, room
from core.operation.clock_guard import hasten
from tests import makers
from tests.avatars.photo_house import (
    NO_PICTURE,
    collecting,
    describe_held,
    good,
    judge,
    labels,
    opened,
    pending,
    send,
    statuses,
)
from tests.conversation.chat import Chat
from tests.photographs import CAT, jpeg, photograph

MOST, WAITING = 7, 12
NO_ROOM = (
    "❌ Photo{} {}: no room left, an avatar takes 7 photos – remove another one in the gallery"
)
FULL = "Uploaded: 7 photos\nMinimum: 2\nNo more will fit"


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[App]:
    app = opened(
        database_url, tmp_path / "data", training__max_photos=MOST, photos__max_pending=WAITING
    )
    yield app
    app.close()
    structlog.reset_defaults()


@pytest.fixture
def chat(house: App) -> Chat:
    return collecting(house)


@pytest.mark.parametrize(
    ("valid", "pending", "wanted"),
    [
        (0, 0, Room(50, 100)),
        (7, 60, Room(43, 40)),
        (7, 100, Room(43, 0)),
        (49, 99, Room(1, 1)),
        (50, 0, Room(0, 0)),
        (51, 3, Room(0, 0)),
    ],
)
def test_a_pending_photo_takes_no_place(valid: int, pending: int, wanted: Room) -> None:
    assert room(valid, pending, 50, 100) == wanted


def test_none_is_dropped_that_would_have_fitted(house: App, chat: Chat) -> None:
    """Three are there, nine come at once, five of which are good: four fit in the end."""
    send(house, chat, *map(good, range(3)))
    judge(house, chat)
    album = [NO_PICTURE, good(3), NO_PICTURE, good(4), NO_PICTURE, good(5), NO_PICTURE]
    send(house, chat, *album, good(6), good(7))
    assert pending() == 9
    assert "Uploaded: 3 photos\nMinimum: 2\n4 more will fit" in chat.rendered.text
    assert "🔎 Looking at 9 photos…" in chat.rendered.text
    judge(house, chat)
    refused = dict.fromkeys((4, 6, 8, 10), "not_a_picture")
    valid = dict.fromkeys((1, 2, 3, 5, 7, 9, 11), "valid")
    assert statuses() == {**refused, **valid, 12: "no_room"}
    assert chat.state == "photo_validation_error"
    for told in (FULL, NO_ROOM.format("", 12), "✅ Accepted: 4 of 9 (no. 5, 7, 9, 11)"):
        assert told in chat.rendered.text
    assert "📷 Add photos" not in labels(chat)


def test_what_is_left_out_is_neither_fetched_nor_kept(house: App, chat: Chat) -> None:
    send(house, chat, *map(good, range(9)))
    judge(house, chat)
    assert statuses() == {**dict.fromkeys(range(1, 8), "valid"), 8: "no_room", 9: "no_room"}
    assert NO_ROOM.format("s", "8, 9") in chat.rendered.text
    left_out = AvatarPhoto.select().where(AvatarPhoto.number > MOST)
    assert [(row.minio_key, row.file_hash) for row in left_out] == [(None, None)] * 2
    assert len(makers.objects(house.store)) == MOST


def test_verdicts_come_in_the_order_of_arrival(house: App, chat: Chat) -> None:
    send(house, chat, *map(good, range(9)))
    due = house.verdicts.due(2e9, 100)
    first = [str(row.id) for row in queries.photos(Avatar.get().id)]
    assert due == first[:MOST]
    last, *others = reversed(first)
    assert house.verdicts.judge(last) is None, "its turn has not come, however early it is taken up"
    for photo_id in others:
        house.verdicts.judge(photo_id)
    assert [number for number, status in statuses().items() if status == "valid"] == [*range(1, 8)]


def test_a_clock_that_was_set_back_calls_nobody_up(house: App, chat: Chat) -> None:
    send(house, chat, *map(good, range(9)))
    hasten(verdicts.WAITS, 5.0)
    waiting = AvatarPhoto.select().where(AvatarPhoto.next_check_at > 100)
    assert sorted(row.number for row in waiting) == [8, 9]


def test_a_photo_that_was_taken_up_when_there_was_room_is_left_out_when_there_is_none(
    house: App, chat: Chat
) -> None:
    """The person lets a refused photo count meanwhile, and takes the last place."""
    send(house, chat, *map(good, range(7)))
    judge(house, chat)
    AvatarPhoto.update(validation_status=PhotoValidationStatus.INVALID, reason="too_dark").where(
        AvatarPhoto.number == 2
    ).execute()
    send(house, chat, good(8))
    inspect = house.verdicts._inspect

    def while_it_is_looked_at(*given: Any) -> Any:
        chat.press("👌 Photo 2 is fine")
        return inspect(*given)

    house.verdicts._inspect = while_it_is_looked_at
    chat.say("/menu")
    chat.press(labels(chat)[0])
    judge(house, chat)
    assert statuses() == {**dict.fromkeys(range(1, 8), "valid"), 8: "no_room"}
    assert [row.minio_key for row in AvatarPhoto.select() if row.number == 8] == [None]


def test_a_place_that_comes_free_is_the_next_ones(house: App, chat: Chat) -> None:
    send(house, chat, *map(good, range(7)))
    judge(house, chat)
    chat.press("🖼️ View (7)")
    chat.press("🗑 3")
    send(house, chat, good(8), good(9))
    judge(house, chat)
    assert [number for number, status in statuses().items() if status == "no_room"] == [9]
    assert Avatar.get().photos_count == MOST


def test_a_photo_for_a_full_avatar_is_told_by_its_number_at_once(house: App, chat: Chat) -> None:
    send(house, chat, *map(good, range(7)))
    judge(house, chat)
    send(house, chat, good(8), good(9))
    assert chat.state == "photo_validation_error"
    assert NO_ROOM.format("s", "8, 9") in chat.rendered.text
    assert pending() == 0


def test_more_than_may_wait_is_told_by_its_number_with_the_verdicts(house: App, chat: Chat) -> None:
    send(house, chat, *[NO_PICTURE] * 11, good(1), good(2), good(3))
    assert (pending(), chat.state) == (WAITING, "uploading_photos")
    judge(house, chat)
    told = "❌ Photos 13, 14: more than 12 photos at once – send it again when the others have been"
    assert told in chat.rendered.text
    assert "✅ Accepted: 1 of 14 (no. 12)" in chat.rendered.text
    send(house, chat, good(2), good(3))
    judge(house, chat)
    assert Avatar.get().photos_count == 3


def test_another_training_type_makes_no_more_valid_than_fit(house: App, chat: Chat) -> None:
    """A style takes what a portrait refuses for the lack of a face."""
    cat = photograph(CAT)
    cats = (cat.resize((cat.width * 2, cat.height * 2)).rotate(90 * n, expand=True) for n in (0, 1))
    send(house, chat, *map(jpeg, cats), *map(good, range(5)))
    judge(house, chat)
    AvatarPhoto.update(
        validation_status=PhotoValidationStatus.INVALID, reason="no_face", has_face=False
    ).where(AvatarPhoto.number <= 2).execute()
    send(house, chat, good(5))
    judge(house, chat)
    assert Avatar.get().training_type is AvatarTrainingType.PORTRAIT
    for label in ("◀️ Back", "◀️ Back", "🎓 Another training type", "🎨 Artistic (versatile)"):
        chat.press(label)
    assert Avatar.get().photos_count == MOST
    assert [status for status in statuses().values() if status != "valid"] == ["no_room"]


# photos that were put aside


def test_more_than_fit_may_be_put_aside_and_the_good_ones_are_taken(house: App) -> None:
    chat = Chat(house.engine)
    chat.command("start")
    send(house, chat, *[NO_PICTURE] * 4, *map(good, range(7)))
    assert HeldPhoto.select().count() == 11
    describe_held(chat)
    assert "📎 The 11 photos that were put aside are added." in chat.rendered.text
    judge(house, chat)
    assert Avatar.get().photos_count == MOST
    assert FULL in chat.rendered.text


def test_more_than_may_wait_are_not_put_aside_and_that_is_said(house: App) -> None:
    chat = Chat(house.engine)
    chat.command("start")
    send(house, chat, *map(good, range(WAITING + 2)))
    assert HeldPhoto.select().count() == WAITING
    told = "No more than 12 photos can be put aside: those that came after them are left out."
    assert told in chat.rendered.text
    assert "📎 12 photos are put aside" in chat.rendered.text


def test_what_was_put_aside_and_finds_no_room_is_kept_and_said(house: App, chat: Chat) -> None:
    send(house, chat, *map(good, range(7)))
    judge(house, chat)
    chat.say("/help")
    send(house, chat, good(8), good(9))
    chat.press("▶️ Add to “Anna”")
    told = "📎 2 photos are still put aside: there is no room for them here now."
    assert told in chat.rendered.text
    assert HeldPhoto.select().count() == 2


# the worker


def test_a_worker_goes_on_with_those_whose_turn_has_come(house: App, chat: Chat) -> None:
    judging = verdicts.work(house.verdicts, house.spool.remove, 1)
    send(house, chat, NO_PICTURE, *map(good, range(8)))
    first = house.verdicts.due(2e9, 1)[0]
    following = list(judging.do(first))
    eighth = AvatarPhoto.get(AvatarPhoto.number == 8)
    assert [row_id for kind, row_id in following if kind == "photo"] == [str(eighth.id)]
