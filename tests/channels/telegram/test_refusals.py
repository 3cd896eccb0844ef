"""What Telegram refuses is said more plainly, and nobody is left without a word."""

from __future__ import annotations

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
)
from telegram.error import RetryAfter as TooMany

from channels.telegram.refusals import LONGEST_PAUSE, PAUSE_SECONDS, answered, described, translated
from core.base.db import transaction
from core.base.errors import Blocked, Refused, RetryAfter, Uncertain, Unreachable
from core.conversation.delivery.sending import outbox
from core.conversation.models import Conversation
from tests.channels.telegram.feedback import House
from tests.channels.telegram.test_showing import begun, signal, until
from tests.fakes.telegram import FakeTelegram, Person

PHRASES = ("MESSAGE_EDIT_TIME_EXPIRED", "MEDIA_NEW_INVALID", "words that nobody has seen yet")


@pytest.fixture(autouse=True)
def timedeltas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


def refuse(tg: FakeTelegram, method: str, phrase: str, times: int | None = None) -> None:
    tg.fault(method, code=400, description=f"Bad Request: {phrase}", times=times)


# Showing


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("phrase", PHRASES)
def test_where_no_edit_is_taken_the_screen_comes_as_a_new_message(
    tg: FakeTelegram, anna: Person, phrase: str
) -> None:
    first = begun(anna).last
    refuse(tg, "editMessageText", phrase)
    anna.press("Begin")
    shown = anna.wait_for("How was it?")
    assert shown.id > first.id
    tg.wait_until(lambda: [m.labels for m in anna.chat if m.from_bot] == [[], ["1", "2", "3"]])
    anna.press("2")
    anna.wait_for("2 stars")


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("phrase", ["PHOTO_SAVE_FILE_INVALID", "a picture of the wrong kind"])
def test_where_a_picture_is_refused_its_words_come_alone(
    tg: FakeTelegram, anna: Person, house: House, phrase: str
) -> None:
    begun(anna)
    refuse(tg, "sendPhoto", phrase)
    with transaction():
        Conversation.update(state="picture", memory='{"picture": "red"}').execute()
    anna.say("hm")
    shown = anna.wait_for("A picture")
    assert shown.kind == "text"
    anna.press("Caption")
    anna.wait_for("blue,caption")
    tg.heal()
    anna.say("hm")
    anna.wait_for(lambda message: message.kind == "photo")


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("code", [404, 409, 500, 502, 599])
def test_where_a_method_never_works_the_screen_comes_without_it(
    tg: FakeTelegram, anna: Person, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "STUBBORN", 1)
    begun(anna)
    for method in ("editMessageText", "editMessageMedia", "sendPhoto"):
        tg.fault(method, code=code, description="nobody has seen this yet", times=None)
    anna.press("Begin")
    anna.wait_for("How was it?")
    with transaction():
        Conversation.update(state="picture", memory='{"picture": "red"}').execute()
    anna.say("hm")
    anna.wait_for("A picture")


@pytest.mark.usefixtures("bot")
def test_a_picture_that_can_not_be_changed_comes_anew(tg: FakeTelegram, anna: Person) -> None:
    begun(anna)
    with transaction():
        Conversation.update(state="picture", memory='{"picture": "red"}').execute()
    anna.say("hm")
    first = anna.wait_for(lambda message: message.kind == "photo")
    refuse(tg, "editMessageMedia", "MEDIA_NEW_INVALID")
    anna.press("Blue")
    shown = anna.wait_for(lambda message: message.text.startswith("blue"))
    assert (shown.kind, shown.id > first.id) == ("photo", True)


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("argument", ["link_preview_options", "entities", "allowed_updates"])
def test_a_server_that_knows_fewer_arguments_is_talked_to_without_them(
    tg: FakeTelegram, anna: Person, house: House, argument: str
) -> None:
    tg.unknown.add(argument)
    first = begun(anna).last
    anna.press("Begin")
    shown = anna.wait_for("How was it?")
    assert (shown.id, shown.labels) == (first.id, ["1", "2", "3"])
    signal(house, "1")
    anna.wait_for("Pong 1")


@pytest.mark.usefixtures("bot")
def test_where_no_keyboard_is_taken_the_labels_can_be_typed(tg: FakeTelegram, anna: Person) -> None:
    tg.unknown.add("reply_markup")
    anna.say("/start")
    shown = anna.wait_for("Hello")
    assert shown.text.endswith("▫️ Begin")
    anna.say("begin")
    anna.wait_for("▫️ 2")


@pytest.mark.usefixtures("bot")
def test_a_notice_is_said_more_plainly_too(tg: FakeTelegram, anna: Person, house: House) -> None:
    begun(anna)
    refuse(tg, "sendMessage", "ENTITY_BOUNDS_INVALID", times=1)
    signal(house, "1")
    notice = anna.wait_for("Pong 1")
    assert (notice.entities, notice.labels) == ([], ["Begin"])


@pytest.mark.usefixtures("bot")
def test_what_is_refused_in_every_form_is_tried_again(tg: FakeTelegram, anna: Person) -> None:
    refuse(tg, "sendMessage", "nothing is taken today", times=3)
    anna.say("/start")
    anna.wait_for("Hello")
    tg.wait_until(lambda: len(tg.called("sendMessage")) == 4)
    assert Conversation.get().unreachable == 0


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize("code", [403, 400])
def test_a_chat_that_is_no_more_is_left_alone(tg: FakeTelegram, anna: Person, code: int) -> None:
    begun(anna)
    why = {403: "Forbidden: user is deactivated", 400: "Bad Request: chat not found"}[code]
    tg.fault("sendMessage", code=code, description=why, times=None)
    anna.say("x")
    until(lambda: bool(Conversation.get().unreachable))
    assert len(tg.called("sendMessage")) == 2


# By class


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (Forbidden("Forbidden: bot was kicked"), Blocked),
        (ChatMigrated(-100), Blocked),
        (BadRequest("Chat not found"), Blocked),
        (BadRequest("whatever it may be"), Refused),
        (InvalidToken("Not Found"), Unreachable),
        (Conflict("Conflict: whatever it may be"), Unreachable),
        (NetworkError("Bad Gateway"), Uncertain),
    ],
)
def test_an_error_means_what_its_class_says(error: Exception, meaning: type[Exception]) -> None:
    assert type(translated(error, repeatable=False)) is meaning  # type: ignore[arg-type]


@pytest.mark.parametrize("code", [405, 406, 413, 414, 415, 451])
def test_every_other_4xx_is_an_answer_that_nothing_was_done(code: int) -> None:
    with pytest.raises(BadRequest):
        answered(code, b"<html>no</html>")


@pytest.mark.parametrize(
    ("code", "payload", "seconds"),
    [
        (420, b'{"ok": false, "error_code": 420, "description": "FLOOD_WAIT_3"}', PAUSE_SECONDS),
        (429, b"slow down", PAUSE_SECONDS),
        (429, b'{"ok": false, "parameters": {"retry_after": 9}}', 9),
        (200, b'{"ok": false, "error_code": 429, "parameters": {"retry_after": 4}}', 4),
        (429, b'{"ok": false, "parameters": {"retry_after": "9"}}', PAUSE_SECONDS),
        (429, b'{"ok": false, "parameters": {"retry_after": 1e400}}', LONGEST_PAUSE),
    ],
)
def test_a_limit_waits_however_it_is_said(code: int, payload: bytes, seconds: int) -> None:
    with pytest.raises(TooMany) as caught:
        answered(code, payload)
    error = translated(caught.value, repeatable=False)
    assert isinstance(error, RetryAfter)
    assert error.seconds == seconds


def test_a_no_that_is_said_with_200_is_a_no() -> None:
    said = b'{"ok":false,"error_code":400,"description":"Bad Request: no"}'
    assert answered(200, said) == (400, said)
    yes = b'{"ok":true,"result":true}'
    assert answered(200, yes) == (200, yes)


@pytest.mark.parametrize("told", [b'{"ok": false}', b'{"ok":false,"error_code":"400"}'])
def test_a_no_without_a_number_is_a_no(told: bytes) -> None:
    with pytest.raises(BadRequest):
        answered(200, told)


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(
    ("code", "body"),
    [
        (200, "[]"),
        (200, "{}"),
        (200, '{"ok": true, "result": [{"message": {}}]}'),
        (400, "null"),
        (409, "[]"),
        (500, "5"),
        (400, '{"ok": false, "description": 5, "parameters": [7]}'),
    ],
)
def test_an_answer_of_any_shape_ends_nothing(
    tg: FakeTelegram, anna: Person, code: int, body: str
) -> None:
    begun(anna)
    faults = [
        tg.fault(method, code=code, body=body)
        for method in ("getUpdates", "answerCallbackQuery", "editMessageText")
    ]
    anna.press("Begin")
    anna.wait_for("How was it?")
    anna.say("2")
    anna.wait_for("2 stars")
    assert all(fault.hits for fault in faults)


@pytest.mark.parametrize(
    ("message", "logged"),
    [
        ("Bad Request: PHOTO_SAVE_FILE_INVALID", "PHOTO_SAVE_FILE_INVALID"),
        ('Bad Request: can\'t parse tag "Anna Lee" at 7', "can't parse tag at"),
        ("Bad Request: chat 4711 not found: Анна", "chat not found"),
    ],
)
def test_the_log_says_what_is_wrong_and_nothing_of_a_person(message: str, logged: str) -> None:
    assert described(message) == logged
