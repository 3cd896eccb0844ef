"""The bot as a process of its own, killed or asked to stop."""

from __future__ import annotations

import functools
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.base.db import run
from core.conversation.models import Conversation, InboxEvent, TransitionLog
from tests.channels.telegram.feedback import House
from tests.channels.telegram.test_showing import all_shown, begun, buttons, until
from tests.fakes.telegram import FakeTelegram, Person
from tests.patience import LONG

Start = Callable[[], subprocess.Popen[str]]


@pytest.fixture
def start(tg: FakeTelegram, house: House, tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        module = "tests.channels.telegram.feedback"
        command = [sys.executable, "-m", module, str(tmp_path), tg.base_url, tg.base_file_url]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_killed_between_commit_and_offset_nothing_is_lost_or_doubled(
    tg: FakeTelegram, anna: Person, start: Start
) -> None:
    bot = start()
    begun(anna)
    anna.press("Begin")
    button = anna.wait_for("How was it?").buttons[0][1]
    tg.delay("answerCallbackQuery", 5, times=1)
    with tg.world.lock:  # both come at once
        anna.press(button)
        anna.say("because")
    tg.wait_until(lambda: len(tg.called("answerCallbackQuery")) == 2)
    until(lambda: InboxEvent.select().count() == 4)
    bot.kill()
    bot.wait()
    assert len(tg.pending_updates) == 2
    start()
    anna.wait_for("Thanks: because")
    tg.wait_until(lambda: not tg.pending_updates and not tg.unanswered)
    assert [log.trigger for log in TransitionLog.select()] == ["start", "begin", "rate", "comment"]


def owed() -> int:
    return int(run("SELECT count(*) FROM owed_answers").fetchone()[0])


@pytest.mark.parametrize(
    "trouble",
    [
        lambda tg: tg.delay("answerCallbackQuery", 1000, times=1),
        lambda tg: tg.fault("answerCallbackQuery", drop="before", times=None),
        lambda tg: tg.fault("answerCallbackQuery", code=502, times=None),
        lambda tg: tg.fault("answerCallbackQuery", code=429, retry_after=1000, times=None),
    ],
    ids=["slow", "cut off", "out of order", "too many"],
)
def test_a_press_that_was_confirmed_and_not_answered_is_answered_after_a_kill(
    tg: FakeTelegram, anna: Person, start: Start, trouble: Callable[[FakeTelegram], object]
) -> None:
    bot = start()
    begun(anna)
    trouble(tg)
    anna.press("Begin")
    anna.wait_for("How was it?")
    tg.wait_until(lambda: not tg.pending_updates)
    bot.kill()
    bot.wait()
    assert tg.unanswered, "Telegram will not bring this press again"
    tg.heal()
    start()
    tg.wait_until(lambda: not tg.unanswered)
    until(lambda: not owed())


def test_a_press_whose_answer_was_not_heard_is_answered_again_and_acts_once(
    tg: FakeTelegram, anna: Person, start: Start
) -> None:
    bot = start()
    begun(anna)
    answered = tg.fault("answerCallbackQuery", drop="after", times=None)
    anna.press("Begin")
    tg.wait_until(lambda: answered.hits > 0)
    bot.kill()
    bot.wait()
    tg.heal()
    start()
    anna.wait_for("How was it?")
    tg.wait_until(lambda: not tg.pending_updates and not tg.unanswered)
    until(lambda: not owed())
    assert [log.trigger for log in TransitionLog.select()] == ["start", "begin"]


def test_a_press_is_answered_when_telegram_can_take_it_however_late(
    tg: FakeTelegram, anna: Person, start: Start
) -> None:
    start()
    begun(anna)
    failing = tg.fault("answerCallbackQuery", drop="before", times=5)
    anna.press("Begin")
    tg.wait_until(lambda: not tg.unanswered)
    assert failing.hits == 5
    until(lambda: not owed())


def stored(count: int) -> bool:
    return InboxEvent.select().count() > count


def test_killed_again_and_again_every_text_counts_once(
    tg: FakeTelegram, anna: Person, start: Start
) -> None:
    bot = start()
    begun(anna)
    for sent in (10, 20, 30):
        for _ in range(10):
            anna.say("x")
        until(functools.partial(stored, sent - 6))
        bot.kill()
        bot.wait()
        bot = start()
    anna.wait_for("texts: 30")
    until(all_shown)
    tg.wait_until(lambda: not tg.pending_updates)
    assert TransitionLog.select().count() == 31


def test_killed_while_a_screen_is_sent_the_screen_comes_all_the_same(
    tg: FakeTelegram, anna: Person, start: Start
) -> None:
    bot = start()
    begun(anna)
    tg.delay("editMessageText", 5, times=1)
    anna.press("Begin")
    tg.wait_until(lambda: bool(tg.called("editMessageText")))
    bot.kill()
    bot.wait()
    tg.heal()
    start()
    anna.wait_for("How was it?")
    until(all_shown)


def test_killed_before_it_could_remove_old_buttons_it_removes_them_with_the_next_screen(
    tg: FakeTelegram, anna: Person, start: Start
) -> None:
    bot = start()
    begun(anna)
    tg.fault("editMessageReplyMarkup", code=429)
    anna.say("x")
    anna.wait_for("texts: 1")
    until(all_shown)
    bot.kill()
    bot.wait()
    assert buttons(anna) == [["Begin"], ["Begin"]]
    start()
    anna.press("Begin")
    tg.wait_until(lambda: buttons(anna) == [[], ["1", "2", "3"]])


def a_copy(tg: FakeTelegram, anna: Person, start: Start) -> None:
    """Killed when a screen had been sent and nothing had recorded it."""
    bot = start()
    begun(anna)
    tg.delay("editMessageReplyMarkup", 30, times=1)
    anna.say("x")
    tg.wait_until(lambda: bool(tg.called("editMessageReplyMarkup")))
    bot.kill()
    bot.wait()
    tg.heal()
    assert buttons(anna)[-1] == ["Begin"]


def test_killed_between_sent_and_recorded_the_copy_loses_its_buttons(
    tg: FakeTelegram, anna: Person, start: Start
) -> None:
    a_copy(tg, anna, start)
    start()
    tg.wait_until(lambda: buttons(anna) == [[], [], ["Begin"]])
    until(all_shown)
    assert Conversation.get().posting is None


def test_the_first_message_of_all_can_have_a_copy_too(
    tg: FakeTelegram, anna: Person, start: Start
) -> None:
    start()
    tg.fault("sendMessage", drop="after")
    anna.say("/start")
    tg.wait_until(lambda: buttons(anna) == [[], ["Begin"]])
    until(all_shown)


def test_a_press_on_a_copy_counts_and_takes_its_buttons_away(
    tg: FakeTelegram, anna: Person, start: Start
) -> None:
    a_copy(tg, anna, start)
    copy = anna.last
    tg.fault("editMessageReplyMarkup", code=400, description="Bad Request: not today", times=None)
    start()
    until(all_shown)
    assert buttons(anna)[-2:] == [["Begin"], ["Begin"]]
    tg.heal()
    anna.press("Begin", copy.id)
    anna.wait_for("How was it?")
    tg.wait_until(lambda: buttons(anna)[-2:] == [[], ["1", "2", "3"]])
    assert [log.trigger for log in TransitionLog.select()][-1] == "begin"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_ends_and_without_complaint(
    anna: Person, start: Start, number: signal.Signals
) -> None:
    bot = start()
    begun(anna)
    bot.send_signal(number)
    _, complaints = bot.communicate(timeout=LONG)
    assert (bot.returncode, complaints) == (0, "")
