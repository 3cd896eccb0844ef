"""Several pictures in one notice: an album, or what can be had of it."""

from __future__ import annotations

import pytest

from core.conversation.models import PendingNotice
from tests.channels.telegram.feedback import House
from tests.channels.telegram.test_showing import begun, signal, until
from tests.fakes.telegram import FakeTelegram, Message, Person

pytestmark = pytest.mark.usefixtures("bot")

FOUR = "album:red,blue,red,blue"


def sent(outcome: str = "sent") -> bool:
    return [notice.outcome for notice in PendingNotice.select()] == [outcome]


def photos(anna: Person) -> list[Message]:
    return [message for message in anna.chat if message.from_bot and message.kind == "photo"]


def test_four_pictures_are_one_album_with_the_words_below_it(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    begun(anna)
    signal(house, FOUR)
    until(sent)
    album = photos(anna)
    assert [message.text for message in album] == ["Pong album", "", "", ""]
    assert [entity["type"] for entity in album[0].entities] == ["bold"]
    assert len({message.media_group_id for message in album}) == 1
    assert album[0].photo == album[2].photo != album[1].photo
    assert PendingNotice.get().message == " ".join(str(message.id) for message in album)
    anna.press("Begin")
    assert anna.wait_for("How was it?").id > album[-1].id
    assert not tg.refusals


def test_an_album_comes_in_the_topic_where_the_person_spoke(anna: Person, house: House) -> None:
    begun(anna)
    anna.go_to_topic(77)
    anna.say("hm")
    anna.wait_for("texts: 1")
    signal(house, FOUR)
    until(sent)
    assert {message.thread for message in photos(anna)} == {77}


def test_an_album_that_may_have_arrived_is_never_repeated(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    begun(anna)
    tg.fault("sendMediaGroup", drop="after")
    signal(house, FOUR)
    until(lambda: sent("uncertain"))
    signal(house, "1")
    anna.wait_for("Pong 1")
    assert len(photos(anna)) == 4


def test_an_album_that_must_wait_comes_once(tg: FakeTelegram, anna: Person, house: House) -> None:
    begun(anna)
    tg.fault("sendMediaGroup", code=429, retry_after=1)
    signal(house, FOUR)
    until(sent)
    assert len(photos(anna)) == 4


def test_where_one_picture_is_refused_all_are_on_one_sheet(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    begun(anna)
    signal(house, "album:red,long,blue")
    until(sent)
    assert [message.text for message in photos(anna)] == ["Pong album"]
    assert house.drawn[-1] == "red+long+blue"
    assert "message #2" in tg.refusals[0].description


def test_where_no_picture_is_taken_the_words_come_alone(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    begun(anna)
    for method in ("sendMediaGroup", "sendPhoto"):
        tg.fault(method, code=400, description="Bad Request: MEDIA_INVALID", times=None)
    signal(house, FOUR)
    assert anna.wait_for("Pong album").kind == "text"


def test_a_picture_that_is_gone_is_left_out(anna: Person, house: House) -> None:
    begun(anna)
    signal(house, "album:red,lost,blue")
    until(sent)
    assert len(photos(anna)) == 2


@pytest.mark.parametrize(
    ("argument", "labels"),
    [("buttons:red,blue", ["Begin"]), ("album:" + ",".join(["red"] * 11), [])],
    ids=["buttons, which no album has", "more than an album holds"],
)
def test_what_fits_no_album_is_one_sheet(
    anna: Person, house: House, argument: str, labels: list[str]
) -> None:
    begun(anna)
    signal(house, argument)
    until(sent)
    assert [message.labels for message in photos(anna)] == [labels]
    assert "red+" in house.drawn[-1]


def test_an_album_whose_bold_title_is_refused_comes_without_it(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    begun(anna)
    why = "Bad Request: ENTITY_BOUNDS_INVALID"
    tg.fault("sendMediaGroup", code=400, description=why)
    signal(house, FOUR)
    until(sent)
    first, *others = photos(anna)
    assert (first.text, first.entities, len(others)) == ("Pong album", [], 3)
