"""The fake is driven by python-telegram-bot's own `Bot`, over the socket."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any, TypeVar

import httpx
import pytest
from PIL import Image
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    MessageEntity,
    Update,
)
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter
from telegram.request import HTTPXRequest

from tests.fakes.telegram import Button, FakeTelegram, Person

T = TypeVar("T")
TOKEN = "123:abc"


class Client:
    """A `Bot` with a loop of its own, so that tests stay plain functions."""

    def __init__(self, tg: FakeTelegram, token: str = TOKEN) -> None:
        self.tg = tg
        self.runner = asyncio.Runner()
        self.requests = HTTPXRequest(), HTTPXRequest()
        self.bot = Bot(token, tg.base_url, tg.base_file_url, *self.requests)

    def __call__(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(coroutine)

    def close(self) -> None:
        for request in self.requests:
            self(request.shutdown())
        self.runner.close()


@pytest.fixture(autouse=True)
def no_warning_at_each_429(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it, where warnings are errors, the library fails to raise its `RetryAfter`."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
def tg() -> Iterator[FakeTelegram]:
    with FakeTelegram(TOKEN) as tg:
        yield tg


@pytest.fixture
def client(tg: FakeTelegram) -> Iterator[Client]:
    client = Client(tg)
    yield client
    client.close()


@pytest.fixture
def bot(client: Client) -> Bot:
    return client.bot


@pytest.fixture
def anna(tg: FakeTelegram) -> Person:
    anna = tg.person(id=1, first_name="Anna", language_code="ru")
    anna.say("/start")
    return anna


@contextmanager
def refused(client: Client, description: str) -> Iterator[None]:
    """Looks at what was answered: the library changes the letters' case."""
    with pytest.raises((BadRequest, Forbidden)):
        yield
    assert description in client.tg.refusals[-1].description


def keyboard(*labels: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=f"do:{label}")] for label in labels]
    )


def picture(side: int = 640) -> bytes:
    file = BytesIO()
    Image.new("RGB", (side, side), "teal").save(file, "PNG")
    return file.getvalue()


def queue(client: Client, offset: int | None = None) -> tuple[Update, ...]:
    return client(client.bot.get_updates(offset))


# Updates


def test_a_command_arrives_as_telegram_would_write_it(client: Client, anna: Person) -> None:
    (update,) = queue(client)
    assert update.message
    assert update.message.from_user
    assert update.message.text == "/start"
    assert [entity.type for entity in update.message.entities] == ["bot_command"]
    assert update.message.from_user.language_code == "ru"
    assert update.message.chat.type == "private"


def test_what_an_offset_has_passed_is_forgotten_for_ever(
    tg: FakeTelegram, client: Client, anna: Person
) -> None:
    anna.say("two")
    first, second = queue(client)
    assert queue(client) == (first, second)
    assert queue(client, second.update_id) == (second,)
    assert queue(client, first.update_id) == (second,)
    assert [update["update_id"] for update in tg.pending_updates] == [second.update_id]


def test_a_long_poll_ends_as_soon_as_something_happens(
    tg: FakeTelegram, client: Client, bot: Bot
) -> None:
    async def talk() -> tuple[tuple[Update, ...], float]:
        polling = asyncio.create_task(bot.get_updates(timeout=20))
        await asyncio.to_thread(tg.wait_until, lambda: bool(tg.called("getUpdates")))
        started = time.monotonic()
        await asyncio.to_thread(tg.person().say, "hello")
        return await polling, time.monotonic() - started

    updates, seconds = client(talk())
    assert len(updates) == 1
    assert seconds < 10


def test_the_older_of_two_pollers_is_told_of_the_conflict(
    tg: FakeTelegram, client: Client, bot: Bot
) -> None:
    async def quarrel() -> tuple[Update, ...]:
        older = asyncio.create_task(bot.get_updates(timeout=5))
        await asyncio.to_thread(tg.wait_until, lambda: len(tg.called("getUpdates")) == 1)
        newer = asyncio.create_task(bot.get_updates(timeout=5))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await older
        tg.person().say("hello")
        return await newer

    assert len(client(quarrel())) == 1


POLLER = """
import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=30).read().decode(), flush=True)
"""


def test_an_update_given_to_a_process_that_was_killed_comes_again(
    tg: FakeTelegram, client: Client
) -> None:
    url = f"{tg.base_url}{TOKEN}/getupdates?timeout=20"
    command = [sys.executable, "-c", POLLER, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        tg.wait_until(lambda: bool(tg.called("getUpdates")))
        os.kill(process.pid, signal.SIGKILL)
    tg.person().say("hello")
    assert [update.message and update.message.text for update in queue(client)] == ["hello"]


def test_only_the_kinds_asked_for_are_queued(client: Client, bot: Bot, anna: Person) -> None:
    (start,) = client(bot.get_updates(allowed_updates=["message"]))
    anna.block()
    anna.unblock()
    anna.say("back")
    assert [update.message and update.message.text for update in queue(client)] == [
        "/start",
        "back",
    ]
    client(bot.get_updates(start.update_id, allowed_updates=[]))
    anna.block()
    (*_, blocked) = queue(client)
    assert blocked.my_chat_member
    assert blocked.my_chat_member.new_chat_member.status == "kicked"


def test_everything_a_person_can_do_is_understood_by_the_library(
    tg: FakeTelegram, client: Client, anna: Person
) -> None:
    said = anna.say("tpyo")
    anna.edit_message(said, "typo")
    anna.send_file(b"%PDF", "a.pdf", "application/pdf")
    anna.send_sticker()
    anna.send_voice()
    anna.send_other(location={"latitude": 1.0, "longitude": 2.0})
    anna.in_group("hi, all")
    tg.raw_update({"something_new": {"id": 7}})
    _, _, edited, *others, group, unknown = (update.to_dict() for update in queue(client))
    assert edited["edited_message"]["text"] == "typo"
    for update, kind in zip(others, ("document", "sticker", "voice", "location"), strict=True):
        assert kind in update["message"]
    assert group["message"]["chat"]["type"] == "supergroup"
    assert unknown["something_new"] == {"id": 7}


# Sending and editing


def test_a_message_is_seen_with_its_buttons(client: Client, bot: Bot, anna: Person) -> None:
    client(bot.send_message(1, " Hello \n", reply_markup=keyboard("Yes", "No")))
    assert anna.last.text == "Hello"
    assert anna.last.buttons == [[("Yes", "do:Yes")], [("No", "do:No")]]
    assert [message.from_bot for message in anna.chat] == [False, True]
    assert anna.wait_for("Hell") == anna.last


def test_an_edit_is_counted_and_its_past_is_kept(client: Client, bot: Bot, anna: Person) -> None:
    sent = client(bot.send_message(1, "10 %", reply_markup=keyboard("Cancel")))
    edited = client(bot.edit_message_text("20 %", 1, sent.message_id))
    assert getattr(edited, "edit_date", None)
    assert (anna.last.edits, anna.last.history) == (1, ["10 %", "20 %"])
    assert anna.last.labels == []  # an edit without a keyboard takes it away


@pytest.mark.parametrize("text", ["Same", "Same \n"])
def test_an_edit_that_changes_nothing_is_refused(
    client: Client, bot: Bot, anna: Person, text: str
) -> None:
    sent = client(bot.send_message(1, "Same", reply_markup=keyboard("A")))
    with refused(client, "message is not modified: specified new message content"):
        client(bot.edit_message_text(text, 1, sent.message_id, reply_markup=keyboard("A")))
    client(bot.edit_message_reply_markup(1, sent.message_id, reply_markup=keyboard("B")))
    with refused(client, "not modified"):
        client(bot.edit_message_reply_markup(1, sent.message_id, reply_markup=keyboard("B")))


def test_only_the_bots_own_and_still_existing_messages_can_be_edited(
    client: Client, bot: Bot, anna: Person
) -> None:
    sent = client(bot.send_message(1, "Here"))
    with refused(client, "message can't be edited"):
        client(bot.edit_message_text("Mine", 1, anna.chat[0].id))
    anna.delete_message(sent.message_id)
    with refused(client, "message to edit not found"):
        client(bot.edit_message_text("There", 1, sent.message_id))
    with refused(client, "message to delete not found"):
        client(bot.delete_message(1, sent.message_id))


def test_texts_and_captions_are_not_each_other(client: Client, bot: Bot, anna: Person) -> None:
    text = client(bot.send_message(1, "Text"))
    photo = client(bot.send_photo(1, picture(), caption="Caption"))
    with refused(client, "there is no caption in the message to edit"):
        client(bot.edit_message_caption(1, text.message_id, caption="New"))
    with refused(client, "there is no text in the message to edit"):
        client(bot.edit_message_text("New", 1, photo.message_id))
    client(bot.edit_message_caption(1, photo.message_id, caption="New"))
    assert anna.last.text == "New"


def test_a_photo_goes_up_once_and_may_be_sent_again(client: Client, bot: Bot, anna: Person) -> None:
    data, other = picture(), picture(700)
    sent = client(bot.send_photo(1, data, caption="One"))
    assert [size.width for size in sent.photo] == [90, 320, 640]
    again = client(bot.send_photo(1, sent.photo[-1].file_id))
    assert anna.last.photo == data
    client(bot.edit_message_media(InputMediaPhoto(other), 1, again.message_id))
    assert anna.last.photo == other
    client(bot.send_media_group(1, [InputMediaPhoto(data), InputMediaPhoto(other)]))
    assert [message.photo for message in anna.chat[-2:]] == [data, other]
    assert anna.chat[-1].media_group_id


def test_an_album_is_sent_whole_or_not_at_all(client: Client, bot: Bot, anna: Person) -> None:
    good, bad = InputMediaPhoto(picture()), InputMediaPhoto(b"no picture")
    why = 'failed to send message #2 with the error message "IMAGE_PROCESS_FAILED"'
    with refused(client, why):
        client(bot.send_media_group(1, [good, bad, good]))
    too_many = [InputMediaPhoto(picture()) for _ in range(11)]
    with refused(client, "too many messages to send as an album"):
        client(bot.send_media_group(1, too_many))
    assert not any(message.from_bot for message in anna.chat)
    client(bot.send_media_group(1, [good, good], caption="Two"))
    assert [message.text for message in anna.chat[-2:]] == ["Two", ""]


def test_a_persons_photos_are_downloaded_in_their_largest_size(
    tg: FakeTelegram, client: Client, bot: Bot, anna: Person
) -> None:
    photos = [picture(500), picture(501)]
    anna.send_album(photos, caption="Me")
    messages = [update.message for update in queue(client)[1:]]
    assert [message and message.caption for message in messages] == ["Me", None]
    assert len({message.media_group_id for message in messages if message}) == 1
    files = [message.photo[-1] for message in messages if message]
    assert files[0].file_id != files[1].file_id
    file, _ = tg.world.files[files[0].file_id]
    early = httpx.get(f"{tg.base_file_url}{TOKEN}/{file.path}")
    assert early.status_code == 404  # not before getFile
    for photo, size in zip(photos, files, strict=True):
        assert client(client(size.get_file()).download_as_bytearray()) == photo


def test_a_file_of_more_than_20_mb_is_not_given(client: Client, bot: Bot, anna: Person) -> None:
    anna.send_file(b"...", "big.png", "image/png", size=20 * 2**20 + 1)
    message = queue(client)[-1].message
    assert message
    assert message.document
    with refused(client, "file is too big"):
        client(bot.get_file(message.document.file_id))
    with refused(client, "invalid file_id"):
        client(bot.get_file("unheard of"))


# Limits


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (" \n", "text must be non-empty"),
        ("x" * 4097, "message is too long"),
        ("🙂" * 2049, "message is too long"),
    ],
)
def test_a_text_has_from_1_to_4096_utf16_units(
    client: Client, bot: Bot, anna: Person, text: str, why: str
) -> None:
    with refused(client, why):
        client(bot.send_message(1, text))
    client(bot.send_message(1, "🙂" * 2048))
    client(bot.send_message(1, f"<b>{'x' * 4096}</b>", parse_mode="HTML"))
    with refused(client, "message text is empty"):
        client(bot.send_message(1, ""))
    with refused(client, "message caption is too long"):
        client(bot.send_photo(1, picture(), caption="x" * 1025))


@pytest.mark.parametrize(
    ("button", "why"),
    [
        (InlineKeyboardButton("A", callback_data="я" * 33), "BUTTON_DATA_INVALID"),
        (InlineKeyboardButton("", callback_data="a"), "text must be non-empty"),
        (InlineKeyboardButton("A"), "Text buttons are unallowed in the inline keyboard"),
        (InlineKeyboardButton("A", url="http://localhost/"), "is invalid: Wrong HTTP URL"),
    ],
)
def test_a_button_has_a_label_and_from_1_to_64_bytes(
    client: Client, bot: Bot, anna: Person, button: InlineKeyboardButton, why: str
) -> None:
    with refused(client, why):
        client(bot.send_message(1, "x", reply_markup=InlineKeyboardMarkup([[button]])))
    good = InlineKeyboardButton("A", callback_data="я" * 32)
    client(bot.send_message(1, "x", reply_markup=InlineKeyboardMarkup([[], [good]])))
    assert anna.last.labels == ["A"]


def test_a_keyboard_has_at_most_100_buttons(client: Client, bot: Bot, anna: Person) -> None:
    labels = [str(number) for number in range(101)]
    client(bot.send_message(1, "x", reply_markup=keyboard(*labels[:100])))
    with refused(client, "reply markup is too long"):
        client(bot.send_message(1, "x", reply_markup=keyboard(*labels)))


def test_entities_are_measured_in_utf16_units(client: Client, bot: Bot, anna: Person) -> None:
    sent = client(bot.send_message(1, "🙂 <b>bold</b> <i>a&amp;b</i>", parse_mode="HTML"))
    assert sent.text == "🙂 bold a&b"
    assert [(e.type, e.offset, e.length) for e in sent.entities] == [
        ("bold", 3, 4),
        ("italic", 8, 3),
    ]
    client(bot.send_message(1, "🙂!", entities=[MessageEntity("bold", 2, 1)]))
    with refused(client, "ends after the end of the text at UTF-16 offset 4"):
        client(bot.send_message(1, "🙂!", entities=[MessageEntity("bold", 2, 2)]))
    with refused(client, "begins in a middle of a UTF-16 symbol"):
        client(bot.send_message(1, "🙂!", entities=[MessageEntity("bold", 1, 1)]))


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("é<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é</b>", "Unexpected end tag at byte offset 2"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
    ],
)
def test_broken_html_is_refused(
    client: Client, bot: Bot, anna: Person, html: str, why: str
) -> None:
    with refused(client, f"can't parse entities: {why}"):
        client(bot.send_message(1, html, parse_mode="HTML"))


# Who may be written to


def test_a_stranger_an_acquaintance_and_someone_who_left_get_nothing(
    tg: FakeTelegram, client: Client, bot: Bot, anna: Person
) -> None:
    stranger = tg.person(id=2, first_name="Boris")
    with refused(client, "chat not found"):
        client(bot.send_message(2, "x"))
    stranger.in_group("hello")
    with refused(client, "bot can't initiate conversation with a user"):
        client(bot.send_message(2, "x"))
    anna.block()
    with refused(client, "bot was blocked by the user"):
        client(bot.send_message(1, "x"))
    anna.unblock()
    client(bot.send_message(1, "x"))
    assert [refused.code for refused in tg.refusals] == [400, 403, 403]


# Buttons


def test_a_press_is_answered_once_or_twice_or_never(
    tg: FakeTelegram, client: Client, bot: Bot, anna: Person
) -> None:
    client(bot.send_message(1, "Sure?", reply_markup=keyboard("Yes")))
    pressed = anna.press("Yes")
    query = queue(client)[-1].callback_query
    assert query
    assert query.id == pressed
    assert query.data == "do:Yes"
    assert tg.unanswered == [pressed]
    client(bot.answer_callback_query(query.id, "Done", show_alert=True))
    client(bot.answer_callback_query(query.id, "Done"))
    assert tg.answers[pressed] == ("Done", False)
    assert tg.unanswered == []
    tg.callback_seconds = 0
    late = anna.press("do:Yes")
    assert tg.unanswered == [late]
    with refused(client, "query is too old and response timeout expired"):
        client(bot.answer_callback_query(late))
    assert tg.unanswered == []


def test_a_button_seen_before_an_edit_can_still_be_on_its_way(
    client: Client, bot: Bot, anna: Person
) -> None:
    sent = client(bot.send_message(1, "Sure?", reply_markup=keyboard("Yes")))
    ((kept,),) = anna.last.buttons
    client(bot.edit_message_text("Too late", 1, sent.message_id))
    with pytest.raises(AssertionError, match="no button 'Yes'"):
        anna.press("Yes")
    anna.press(kept)
    query = queue(client)[-1].callback_query
    assert query
    assert query.data == "do:Yes"
    assert kept == Button("Yes", "do:Yes")


# Faults


def test_a_429_names_its_seconds_and_strikes_one_chat(
    tg: FakeTelegram, client: Client, bot: Bot, anna: Person
) -> None:
    tg.person(id=2, first_name="Boris").say("hi")
    fault = tg.fault("sendMessage", code=429, retry_after=2, chat=1)
    client(bot.send_message(2, "x"))
    with pytest.raises(RetryAfter) as caught:
        client(bot.send_message(1, "x"))
    assert caught.value.retry_after == timedelta(seconds=2)
    client(bot.send_message(1, "x"))
    assert fault.hits == 1
    assert tg.refusals == []


@pytest.mark.parametrize(("drop", "seen"), [("before", 0), ("after", 1)])
def test_a_cut_connection_leaves_the_sender_in_doubt(
    tg: FakeTelegram, client: Client, bot: Bot, anna: Person, drop: str, seen: int
) -> None:
    tg.fault("sendMessage", drop="before" if drop == "before" else "after")
    with pytest.raises(NetworkError):
        client(bot.send_message(1, "x"))
    assert sum(message.from_bot for message in anna.chat) == seen
    client(bot.send_message(1, "y"))


def test_a_delayed_message_is_sent_even_when_nobody_waits_for_it(
    tg: FakeTelegram, client: Client, bot: Bot, anna: Person
) -> None:
    tg.delay("sendMessage", 0.2)
    with pytest.raises(NetworkError):
        client(bot.send_message(1, "x", read_timeout=0.05))
    assert anna.wait_for("x", timeout=2) == anna.last


def test_the_rate_limit_lets_a_few_messages_pass_at_once(
    tg: FakeTelegram, client: Client, bot: Bot, anna: Person
) -> None:
    tg.rate_limit = True
    for number in range(3):
        client(bot.send_message(1, str(number)))
    with pytest.raises(RetryAfter):
        client(bot.send_message(1, "too soon"))


# The protocol


def test_calls_are_understood_in_every_encoding_and_case(tg: FakeTelegram, anna: Person) -> None:
    url = tg.base_url + TOKEN
    markup = {"inline_keyboard": [[{"text": "A", "callback_data": "a"}]]}
    body = {"chat_id": 1, "text": "json", "reply_markup": markup}
    assert httpx.post(f"{url}/SENDMESSAGE", json=body).json()["ok"]
    assert httpx.post(f"{url}/sendmessage", data={"chat_id": 1, "text": "form"}).json()["ok"]
    assert httpx.get(f"{url}/sendMessage?chat_id=1&text=query").json()["ok"]
    assert [message.text for message in anna.chat[1:]] == ["json", "form", "query"]
    assert [call.method for call in tg.calls] == ["sendMessage"] * 3


def test_a_refusal_has_telegrams_shape(tg: FakeTelegram) -> None:
    wrong = httpx.get(f"{tg.base_url}999:wrong/getMe")
    assert (wrong.status_code, wrong.json()["description"]) == (401, "Unauthorized")
    unknown = httpx.get(f"{tg.base_url}{TOKEN}/sendLove")
    assert unknown.json() == {
        "ok": False,
        "error_code": 404,
        "description": "Not Found: method not found",
    }
    tg.fault("getMe", code=429, retry_after=7)
    busy = httpx.get(f"{tg.base_url}{TOKEN}/getMe")
    assert busy.status_code == 429
    assert busy.json() == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 7",
        "parameters": {"retry_after": 7},
    }


def test_what_the_bot_says_of_itself_is_stored(
    tg: FakeTelegram, client: Client, bot: Bot, anna: Person
) -> None:
    client(bot.initialize())
    assert bot.username == "likeness_test_bot"
    client(bot.set_my_commands([("start", "Begin")], language_code="ru"))
    client(bot.set_my_description("Makes avatars"))
    client(bot.set_my_short_description("Avatars"))
    client(bot.send_chat_action(1, "typing"))
    client(bot.set_message_reaction(1, anna.chat[0].id, "👍"))
    client(bot.delete_webhook(drop_pending_updates=True))
    assert tg.world.commands == {("default", "ru"): [("start", "Begin")]}
    assert tg.world.descriptions == {"": "Makes avatars"}
    assert tg.world.short_descriptions == {"": "Avatars"}
    assert anna.chat[0].reactions == ["👍"]
    assert client(bot.get_webhook_info()).pending_update_count == 0


def test_a_wrong_token_is_no_bot(tg: FakeTelegram) -> None:
    client = Client(tg, "999:wrong")
    with pytest.raises(InvalidToken):
        client(client.bot.initialize())
    client.close()


# Webhooks


class Hook:
    """Takes deliveries: answers with the codes that it is given, then with 200, after a while."""

    def __init__(self, codes: list[int], seconds: float = 0.0) -> None:
        self.codes, self.seconds = codes, seconds
        self.brought: list[tuple[float, float, dict[str, Any]]] = []
        self.secrets: set[str] = set()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                began = time.monotonic()
                update = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.secrets.add(self.headers["X-Telegram-Bot-Api-Secret-Token"])
                time.sleep(hook.seconds)
                code = hook.codes.pop(0) if hook.codes else 200
                hook.brought.append((began, time.monotonic(), update))
                self.send_response(code)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook([])
    yield hook
    hook.close()


def test_a_chat_is_delivered_one_after_another_and_chats_at_once(
    tg: FakeTelegram, client: Client, bot: Bot, anna: Person, hook: Hook
) -> None:
    hook.seconds, boris = 0.2, tg.person(id=2)
    anna.say("1")
    boris.say("2")
    client(bot.set_webhook(hook.url, secret_token="s-3"))
    tg.wait_until(lambda: not tg.pending_updates)
    annas = [one for one in hook.brought if one[2]["message"]["chat"]["id"] == 1]
    (others,) = [one for one in hook.brought if one[2]["message"]["chat"]["id"] == 2]
    assert annas[0][1] <= annas[1][0]
    assert others[0] < annas[0][1]
    assert hook.secrets == {"s-3"}


def test_a_delivery_is_repeated_until_it_is_taken(
    tg: FakeTelegram, client: Client, bot: Bot, anna: Person, hook: Hook
) -> None:
    hook.codes = [500, 404, 302]
    client(bot.set_webhook(hook.url))
    tg.wait_until(lambda: not tg.pending_updates)
    assert [delivery.status for delivery in tg.world.deliveries] == [500, 404, 302, 200]
    told = client(bot.get_webhook_info())
    assert told.last_error_message == "Wrong response from the webhook: 302 Found"
    with pytest.raises(Conflict, match="webhook is active"):
        client(bot.get_updates())


def test_telegrams_own_server_wants_https_a_known_port_and_a_plain_secret(
    tg: FakeTelegram, client: Client, bot: Bot
) -> None:
    tg.world.own_server = False
    for url, no in (
        ("http://bot.invalid", "An HTTPS URL must be provided for webhook"),
        ("https://bot.invalid:8600", "only on ports 80, 88, 443 or 8443"),
    ):
        with refused(client, no):
            client(bot.set_webhook(url))
    with refused(client, "secret token contains unallowed characters"):
        client(bot.set_webhook("https://bot.invalid", secret_token="a b"))
    assert client(bot.get_webhook_info()).url == ""
