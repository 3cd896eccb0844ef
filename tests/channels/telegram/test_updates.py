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
        event=Event(Kind.TEXT, "Hi", message="7"),
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
    assert event_of(text=text) == Event(Kind.COMMAND, name, argument, message="7")


@pytest.mark.parametrize("text", ["/", "/ start", "/привет", "start", "//", "/a-b"])
def test_a_text_that_only_looks_like_a_command_is_a_text(text: str) -> None:
    assert event_of(text=text) == Event(Kind.TEXT, text, message="7")


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
        {"video": {"file_id": "v"}, "caption": "me"},
        {"video_note": {"file_id": "v"}},
        {"audio": {"file_id": "a"}},
        {"story": {"id": 1}},
        {"poll": {"id": "1"}},
        {"venue": {"title": "Here"}},
        {"location": {"latitude": 1.0, "longitude": 2.0}},
        {"contact": {"phone_number": "1", "first_name": "B"}},
        {"dice": {"emoji": "🎲", "value": 6}},
    ],
)
def test_what_else_a_person_sends_on_purpose_is_something_of_no_use(
    content: dict[str, Any],
) -> None:
    assert event_of(**content) == Event(Kind.OTHER)


SERVICE = (
    "boost_added", "channel_chat_created", "chat_background_set", "chat_owner_changed",
    "chat_shared", "checklist_tasks_added", "connected_website", "delete_chat_photo",
    "forum_topic_closed", "forum_topic_created", "forum_topic_edited", "forum_topic_reopened",
    "general_forum_topic_hidden", "general_forum_topic_unhidden", "gift", "giveaway_created",
    "group_chat_created", "invoice", "left_chat_member", "message_auto_delete_timer_changed",
    "migrate_to_chat_id", "new_chat_members", "new_chat_photo", "new_chat_title",
    "paid_message_price_changed", "passport_data", "pinned_message", "proximity_alert_triggered",
    "refunded_payment", "successful_payment", "suggested_post_approved", "unique_gift",
    "users_shared", "video_chat_ended", "video_chat_scheduled", "video_chat_started",
    "web_app_data", "write_access_allowed", "something_of_the_year_2030",
)  # fmt: skip


@pytest.mark.parametrize("kind", SERVICE)
def test_what_telegram_writes_into_a_chat_is_no_event(kind: str) -> None:
    assert to_event(message(**{kind: {"text": "x", "id": 1}}), "123") is None


@pytest.mark.parametrize(
    "raw",
    [
        message(),
        message(GROUP, text="hello"),
        {"update_id": 1, "channel_post": {"chat": {"id": -5, "type": "channel"}, "text": "x"}},
        {"update_id": 1, "my_chat_member": {"chat": PRIVATE}},
        {"update_id": 1, "edited_message": message(location={})["message"]},
        {"update_id": 1, "edited_message": message(GROUP, text="x")["message"]},
        {"update_id": 1, "of_the_future": {}},
        {"update_id": 1},
    ],
)
def test_what_nobody_said_in_private_is_no_event(raw: dict[str, Any]) -> None:
    assert to_event(raw, "123") is None


def test_an_edit_is_the_message_as_it_is_now() -> None:
    raw = {"update_id": 71, "edited_message": message(text="Anna")["message"]}
    update = to_event(raw, "123")
    assert update
    assert update.event == Event(Kind.TEXT, "Anna", message="7", edited=True)


@pytest.mark.parametrize("content", [{"photo": [{"width": 9, "height": 9}]}, {"document": {}}])
def test_what_stands_below_a_photo_or_file_comes_with_it(content: dict[str, Any]) -> None:
    ids = {"file_id": "f", "file_unique_id": "u"}
    whole = {kind: [{**item[0], **ids}] if isinstance(item, list) else {**item, **ids}
             for kind, item in content.items()}  # fmt: skip
    event = event_of(**whole, caption="Anna")
    assert (event.caption, event.message) == ("Anna", "7")


def test_a_topic_is_where_the_answer_goes_and_a_reply_is_no_topic() -> None:
    assert event_of(text="x", message_thread_id=5, is_topic_message=True).thread == "5"
    assert event_of(text="x", message_thread_id=5).thread == ""
    assert event_of(text="x", is_topic_message=True).thread == ""
    said = message(text="x", message_thread_id=5, is_topic_message=True)["message"]
    query = {"id": "9", "from": ANNA, "message": said, "data": "1:begin::"}
    update = to_event({"update_id": 71, "callback_query": query}, "123")
    assert update
    assert update.event.thread == "5"


def test_only_groups_are_groups() -> None:
    assert group_of(message(GROUP, text="hello")) == "-1001"
    assert group_of(message(text="hello")) is None
    assert group_of({"update_id": 1, "my_chat_member": {"chat": GROUP}}) is None
