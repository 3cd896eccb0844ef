"""Telegram's updates in the core's words."""

from __future__ import annotations

from typing import Any

import pytest

from channels.telegram import to_event
from channels.telegram.updates import callback_of, group_of
from core.conversation.messages import Address, Event, Kind, Person, Update

ANNA = {"id": 1, "is_bot": False, "first_name": "Anna", "language_code": "ru"}
PRIVATE = {"id": 1, "type": "private", "first_name": "Anna"}
GROUP = {"id": -1001, "type": "supergroup", "title": "A group"}


def message(chat: dict[str, Any] = PRIVATE, **content: Any) -> dict[str, Any]:
    said = {"message_id": 7, "date": 0, "chat": chat, "from": ANNA, **content}
    return {"update_id": 70, "message": said}


def event_of(**content: Any) -> Event:
    update = to_event(message(**content), "123")
    assert update is not None
    return update.event


def test_a_text_is_what_was_typed_and_who_typed_it() -> None:
    assert to_event(message(text="Hi"), "123") == Update(
        key="70",
        address=Address("telegram", "123", "1"),
        event=Event(Kind.TEXT, "Hi"),
        person=Person("Anna", "ru"),
    )


def test_a_name_has_its_two_parts_and_a_language_may_be_missing() -> None:
    raw = message(text="Hi")
    raw["message"]["from"] = {"id": 1, "first_name": "Anna", "last_name": "Lee"}
    update = to_event(raw, "123")
    assert update
    assert update.person == Person("Anna Lee", "")


def test_a_username_is_told_without_its_sign() -> None:
    raw = message(text="Hi")
    raw["message"]["from"] = {"id": 1, "first_name": "Anna", "username": "anna_lee"}
    update = to_event(raw, "123")
    assert update
    assert update.person == Person("Anna", "", "anna_lee")


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("/start", "start", ""),
        ("/start ref-7", "start", "ref-7"),
        ("/START@Likeness_bot  two words", "start", "two words"),
        ("/help\nplease", "help", "please"),
    ],
)
def test_a_command_has_a_name_and_an_argument(text: str, name: str, argument: str) -> None:
    assert event_of(text=text) == Event(Kind.COMMAND, name, argument)


@pytest.mark.parametrize("text", ["/", "/ start", "/привет", "start", "//", "/a-b"])
def test_a_text_that_only_looks_like_a_command_is_a_text(text: str) -> None:
    assert event_of(text=text) == Event(Kind.TEXT, text)


def test_a_press_brings_its_token() -> None:
    query = {"id": "9", "from": ANNA, "message": message()["message"], "data": "1:begin::"}
    raw = {"update_id": 71, "callback_query": query}
    update = to_event(raw, "123")
    assert update
    assert update.event == Event(Kind.PRESS, "1:begin::")
    assert update.address.chat == "1"
    assert callback_of(raw) == "9"


@pytest.mark.parametrize("missing", ["data", "message"])
def test_a_press_without_a_token_or_a_message_is_only_answered(missing: str) -> None:
    query = {"id": "9", "from": ANNA, "message": message()["message"], "data": "x"}
    del query[missing]
    raw = {"update_id": 71, "callback_query": query}
    assert to_event(raw, "123") is None
    assert callback_of(raw) == "9"


def test_a_photo_is_its_largest_size_and_knows_its_album() -> None:
    def size(name: str, side: int) -> dict[str, Any]:
        ids = {"file_id": name, "file_unique_id": f"u-{name}"}
        return {**ids, "width": side, "height": side, "file_size": side * 10}

    sizes = [size("small", 90), size("large", 1280), size("middle", 320)]
    event = event_of(photo=sizes, caption="me", media_group_id="55")
    assert event.kind is Kind.PHOTO
    assert event.value == ""
    assert event.file == {
        "kind": "photo",
        "file_id": "large",
        "unique_id": "u-large",
        "size": 12800,
        "group": "55",
    }


def test_a_file_keeps_its_name_and_type_where_it_has_them() -> None:
    file = {"file_id": "f", "file_unique_id": "u", "file_name": "a.txt", "mime_type": "text/plain"}
    event = event_of(document={**file, "file_size": 5})
    assert event.kind is Kind.FILE
    assert event.file is not None
    assert dict(event.file) == {
        "kind": "file",
        "file_id": "f",
        "unique_id": "u",
        "size": 5,
        "name": "a.txt",
        "mime": "text/plain",
    }
    bare = event_of(document={"file_id": "f", "file_unique_id": "u"})
    assert bare.file is not None
    assert (bare.file["size"], bare.file["name"], bare.file["mime"]) == (0, "", "")


@pytest.mark.parametrize(
    "content",
    [
        {"sticker": {"file_id": "s"}},
        {"voice": {"file_id": "v"}},
        {"video": {"file_id": "v"}},
        {"video_note": {"file_id": "v"}},
        {"location": {"latitude": 1.0, "longitude": 2.0}},
        {"contact": {"phone_number": "1", "first_name": "B"}},
        {"dice": {"emoji": "🎲", "value": 6}},
    ],
)
def test_whatever_else_a_person_sends_is_an_empty_text(content: dict[str, Any]) -> None:
    assert event_of(**content) == Event(Kind.TEXT)


@pytest.mark.parametrize(
    "raw",
    [
        message(pinned_message={"message_id": 1}),
        message(message_auto_delete_timer_changed={"message_auto_delete_time": 1}),
        message(GROUP, text="hello"),
        {"update_id": 1, "channel_post": {"chat": {"id": -5, "type": "channel"}, "text": "x"}},
        {"update_id": 1, "edited_message": message(text="x")["message"]},
        {"update_id": 1, "my_chat_member": {"chat": PRIVATE}},
        {"update_id": 1, "of_the_future": {}},
        {"update_id": 1},
    ],
)
def test_what_nobody_said_in_private_is_no_event(raw: dict[str, Any]) -> None:
    assert to_event(raw, "123") is None


def test_only_groups_are_groups() -> None:
    assert group_of(message(GROUP, text="hello")) == "-1001"
    assert group_of(message(text="hello")) is None
    assert group_of({"update_id": 1, "my_chat_member": {"chat": GROUP}}) is None
