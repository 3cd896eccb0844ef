"""How updates come in, and what is done where they can't, over a real socket."""

from __future__ import annotations

import functools
import logging
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from channels.telegram.updates import to_event
from channels.telegram.words import words
from core.base.db import run, transaction
from core.base.errors import ConfigurationError
from core.conversation.delivery import lease
from core.conversation.groups import Outcome
from core.conversation.inbox import Inbox
from core.conversation.models import Conversation, InboxEvent, TransitionLog
from tests.channels.telegram.feedback import TOKEN, House, Running, channel
from tests.channels.telegram.test_showing import all_shown, begun, signal, until
from tests.fakes.telegram import FakeTelegram, Person
from tests.patience import LONG


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The database can be read and not written, as on a full disk."""
    other = sqlite3.connect(folder / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@pytest.fixture
def impatient(house: House) -> House:
    """It gives up on a locked database at once."""
    house.database.pragma("busy_timeout", 100, permanent=True)
    return house


# Order and loss


def test_an_update_is_committed_before_telegram_may_forget_it(
    tg: FakeTelegram, anna: Person, impatient: House, bot: Running, tmp_path: Path
) -> None:
    begun(anna)
    with locked(tmp_path):
        anna.say("one")
        anna.say("two")
        anna.wait_for("broken on our side")
        time.sleep(1)
        assert [update["message"]["text"] for update in tg.pending_updates] == ["one", "two"]
    anna.wait_for("texts: 2")
    assert [m.text for m in anna.chat if "our side" in m.text] == [words("en").our_fault]
    tg.wait_until(lambda: not tg.pending_updates)


def test_a_press_is_answered_before_it_is_stored(
    tg: FakeTelegram, anna: Person, impatient: House, bot: Running, tmp_path: Path
) -> None:
    begun(anna)
    with locked(tmp_path):
        anna.press("Begin")
        tg.wait_until(lambda: not tg.unanswered)
        assert tg.pending_updates
    anna.wait_for("How was it?")


def test_a_press_that_can_not_be_answered_holds_up_nobody(
    tg: FakeTelegram, anna: Person, bot: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(anna)
    tg.fault("answerCallbackQuery", code=429, retry_after=10_000, times=None)
    anna.press("Begin")
    anna.wait_for("How was it?")
    until(lambda: run("SELECT count(*) FROM owed_answers").fetchone()[0] == 1)
    monkeypatch.setattr("core.conversation.delivery.receiving.answers.ANSWER_SECONDS", 10_000)
    anna.say("2")
    anna.wait_for("2 stars")
    anna.say("because")
    anna.wait_for("Thanks: because")


def test_a_screen_that_was_sent_is_not_sent_again_while_that_cannot_be_recorded(
    tg: FakeTelegram, anna: Person, impatient: House, bot: Running, tmp_path: Path
) -> None:
    tg.delay("sendMessage", 0.4, times=1)
    anna.say("/start")
    tg.wait_until(lambda: bool(tg.called("sendMessage")))
    with locked(tmp_path):
        time.sleep(2)
        assert len(tg.called("sendMessage")) == 1
    until(all_shown)
    assert len(tg.called("sendMessage")) == 1


def test_what_a_dead_process_left_in_the_inbox_is_applied_at_the_start(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    anna.say("/start")
    (raw,) = tg.pending_updates
    update = to_event(raw, "123")
    assert update
    house.engine.receive(update)
    with Running(channel(tg.base_url, tg.base_file_url), house):
        anna.wait_for("Hello")
        tg.wait_until(lambda: not tg.pending_updates)
    assert InboxEvent.select().count() == 1
    assert TransitionLog.select().count() == 1


def test_a_slow_turn_holds_up_nobody_else(
    tg: FakeTelegram, anna: Person, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = threading.Event()
    work_off = house.engine.work_off

    def slow(conversations: list[int], *more: Any) -> Outcome:
        if 1 in conversations:
            hold.wait(LONG)
        return work_off(conversations, *more)

    monkeypatch.setattr(house.engine, "work_off", slow)
    with Running(channel(tg.base_url, tg.base_file_url), house):
        anna.say("/start")
        until(lambda: Conversation.select().count() == 1)
        begun(tg.person(id=2, first_name="Boris"))
        anna.say("more")
        tg.wait_until(lambda: not tg.pending_updates)
        hold.set()
        anna.wait_for("texts: 1")


def test_too_many_at_once_are_refused_politely_and_said_so_once(
    tg: FakeTelegram, anna: Person, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.engine, "inbox", Inbox("hello", str, cap=3))
    work_off = house.engine.work_off
    hold = threading.Event()
    monkeypatch.setattr(
        house.engine, "work_off", lambda *found: hold.wait(LONG) and work_off(*found)
    )
    with Running(channel(tg.base_url, tg.base_file_url), house):
        for number in range(6):
            anna.say(str(number))
        anna.wait_for("too much at once")
        tg.wait_until(lambda: not tg.pending_updates)
        hold.set()
        anna.wait_for("texts: 3")
    assert len([m for m in anna.chat if "too much" in m.text]) == 1


# Other chats, other updates


def test_a_group_is_told_once_that_the_bot_talks_in_private(
    tg: FakeTelegram, anna: Person, bot: Running
) -> None:
    anna.in_group("/start@likeness_test_bot")
    anna.in_group("hello?")
    tg.wait_until(lambda: not tg.pending_updates)
    begun(anna)
    replies = [m.text for m in tg.messages(-1001) if m.from_bot]
    assert replies == [words("en").private_only]
    assert [found.chat for found in Conversation.select()] == ["1"]


def test_updates_of_unknown_and_broken_kinds_are_passed_over(
    tg: FakeTelegram, anna: Person, bot: Running
) -> None:
    tg.raw_update({"poll_of_the_future": {"id": 1}})
    tg.raw_update({"message": {"message_id": 5}})
    tg.raw_update({"message": "nonsense"})
    tg.raw_update({"callback_query": {"id": "7", "from": {"id": 1, "first_name": "A"}}})
    begun(anna)
    tg.wait_until(lambda: not tg.pending_updates)
    assert InboxEvent.select().count() == 1
    assert [call.params["callback_query_id"] for call in tg.called("answerCallbackQuery")] == ["7"]


def test_stickers_voices_and_places_are_answered_and_change_nothing(
    tg: FakeTelegram, anna: Person, bot: Running
) -> None:
    begun(anna)
    anna.press("Begin")
    anna.wait_for("How was it?")
    for send in (
        anna.send_sticker,
        anna.send_voice,
        functools.partial(anna.send_other, location={"latitude": 1.0, "longitude": 2.0}),
    ):
        send()
        anna.wait_for("unusable", new=True)
    anna.press("2")
    anna.wait_for("2 stars")


def test_what_telegram_writes_into_the_chat_is_passed_over(
    tg: FakeTelegram, anna: Person, bot: Running
) -> None:
    begun(anna)
    written: tuple[dict[str, Any], ...] = (
        {"pinned_message": {"message_id": 2}},
        {"forum_topic_created": {"name": "A", "icon_color": 1}},
        {"forum_topic_edited": {"name": "B"}},
        {"web_app_data": {"data": "{}", "button_text": "x"}},
        {"video_chat_started": {}},
        {"of_the_future": {"text": "hello"}},
    )
    for content in written:
        anna.send_other(**content)
    tg.wait_until(lambda: not tg.pending_updates)
    anna.press("Begin")
    anna.wait_for("How was it?")
    assert [log.trigger for log in TransitionLog.select()] == ["start", "begin"]
    assert len([m for m in anna.chat if m.from_bot]) == 1


# Topics


def test_an_answer_comes_in_the_topic_where_the_person_spoke(
    tg: FakeTelegram, anna: Person, bot: Running, house: House
) -> None:
    begun(anna)
    anna.go_to_topic(77)
    anna.say("hm")
    assert anna.wait_for("texts: 1").thread == 77
    signal(house, "1")
    assert anna.wait_for("Pong 1").thread == 77
    anna.go_to_topic(None)
    anna.say("hm")
    assert anna.wait_for("texts: 2").thread is None


def test_in_a_topic_that_was_closed_the_answer_still_comes(
    tg: FakeTelegram, anna: Person, bot: Running, house: House
) -> None:
    begun(anna)
    anna.go_to_topic(77)
    anna.say("hm")
    anna.wait_for("texts: 1")
    anna.close_topic(77)
    signal(house, "1")
    assert anna.wait_for("Pong 1").thread is None


# Edits


def test_an_edit_is_read_anew_and_says_nothing_more(
    tg: FakeTelegram, anna: Person, bot: Running
) -> None:
    begun(anna)
    anna.press("Begin")
    anna.wait_for("How was it?")
    said = anna.say("too")
    anna.wait_for(lambda message: message.id > said)
    anna.edit_message(said, "2")
    anna.wait_for("2 stars")
    anna.edit_message(said, "3")
    anna.say("because")
    anna.wait_for("Thanks: because")


# Trouble with Telegram


def test_a_token_that_telegram_refuses_is_named_and_not_shown(
    tg: FakeTelegram, house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    telegram = channel(tg.base_url, tg.base_file_url, token="99:wrong")
    bot = Running(telegram, house)
    with pytest.raises(ConfigurationError, match="LIKENESS_TELEGRAM__TOKEN") as caught, bot:
        until(lambda: bot.error is not None)
    assert caught.value.__suppress_context__
    assert "99:wrong" not in "".join([*capfd.readouterr(), str(caught.value)])


def test_without_a_token_it_says_which_setting_is_missing(house: House) -> None:
    telegram = channel("http://127.0.0.1:9/bot", "http://127.0.0.1:9/file/bot", token="")
    assert not telegram.configured
    with pytest.raises(ConfigurationError, match="LIKENESS_TELEGRAM__TOKEN"):
        telegram.run(house)


def test_it_waits_for_a_telegram_that_cannot_be_reached(anna: Person, house: House) -> None:
    port = int(free_port())
    with Running(
        channel(f"http://127.0.0.1:{port}/bot", f"http://127.0.0.1:{port}/file/bot"), house
    ):
        time.sleep(0.6)
        with FakeTelegram(TOKEN, port) as late:
            boris = late.person(id=2, first_name="Boris")
            begun(boris)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_another_poller_is_named_in_the_log_and_outlasted(
    tg: FakeTelegram, anna: Person, bot: Running, capfd: pytest.CaptureFixture[str]
) -> None:
    begun(anna)
    tg.fault("getUpdates", code=409, description="Conflict: terminated by other getUpdates request")
    anna.say("x")
    anna.wait_for("texts: 1")
    anna.say("y")
    anna.wait_for("texts: 2")
    logged = "".join(capfd.readouterr())
    assert "another program takes this bot's updates" in logged
    assert "Telegram gives updates again" in logged


def test_the_token_is_in_no_log_even_where_everything_is_logged(
    tg: FakeTelegram, anna: Person, house: House, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    tg.fault("sendMessage", code=502)
    tg.fault("getUpdates", drop="before")
    with Running(channel(tg.base_url, tg.base_file_url), house):
        begun(anna)
    assert TOKEN not in caplog.text + "".join(capfd.readouterr())


# One server at a time


def test_a_standby_takes_over_when_the_lease_has_run_out(
    tg: FakeTelegram, anna: Person, house: House
) -> None:
    started = time.monotonic()
    lease.hold("telegram:123", "another-machine:1", seconds=1.5)
    with Running(channel(tg.base_url, tg.base_file_url), house):
        anna.say("/start")
        anna.wait_for("Hello")
    assert time.monotonic() - started > 1.2
    assert run("SELECT count(*) FROM leases WHERE holder <> ''").fetchone()[0] == 0


def test_whoever_loses_the_lease_stops_until_it_is_free_again(
    tg: FakeTelegram, anna: Person, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.conversation.delivery.service.RENEW_SECONDS", 0.1)
    with Running(channel(tg.base_url, tg.base_file_url), house):
        begun(anna)
        with capture_logs() as logs:
            with transaction():
                run(
                    "UPDATE leases SET holder = 'another-machine:1', until = until + 1000 "
                    "WHERE name = 'telegram:123'"
                )
            until(lambda: any("standing by" in line["event"] for line in logs))
        anna.say("x")
        time.sleep(0.5)
        assert tg.pending_updates
        lease.release("telegram:123", "another-machine:1")
        anna.wait_for("texts: 1")


# What it says of itself


def test_the_bot_introduces_itself_in_both_languages(
    tg: FakeTelegram, anna: Person, bot: Running
) -> None:
    begun(anna)
    tg.wait_until(lambda: len(tg.called("setMyShortDescription")) == 2)
    assert tg.world.commands["default", ""] == [("start", "Start")]
    assert tg.world.commands["default", "ru"] == [("start", "Начать")]
    assert "10 to 50 photos" in tg.world.descriptions[""]
    assert "от 10 до 50" in tg.world.descriptions["ru"]
    assert "10 to 50" in tg.world.short_descriptions[""]
    assert not tg.refusals


def test_stopping_finishes_what_is_being_sent(tg: FakeTelegram, anna: Person, house: House) -> None:
    with Running(channel(tg.base_url, tg.base_file_url), house) as bot:
        tg.delay("sendMessage", 0.5, times=1)
        anna.say("/start")
        tg.wait_until(lambda: bool(tg.called("sendMessage")))
        bot.stop()
        assert all_shown()
    assert anna.last.labels == ["Begin"]
