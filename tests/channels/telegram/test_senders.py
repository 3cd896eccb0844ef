"""Several processes that send for one bot: no chat waits, none is told twice or out of order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from core.base.db import database, run
from core.conversation.delivery.sending import shares
from core.conversation.models import Conversation
from tests.channels.telegram.feedback import House
from tests.channels.telegram.test_showing import begun, buttons
from tests.fakes.telegram import FakeTelegram, Person
from tests.patience import until

Start = Callable[[], subprocess.Popen[str]]


@pytest.fixture
def house(tmp_path: Path, database_url: str) -> Iterator[House]:
    yield House(tmp_path, database_url)
    database.close()


@pytest.fixture
def start(tg: FakeTelegram, house: House, tmp_path: Path, database_url: str) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        words = [str(tmp_path), tg.base_url, tg.base_file_url, database_url]
        command = [sys.executable, "-m", "tests.channels.telegram.feedback", *words]
        started.append(subprocess.Popen(command, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def parts() -> list[int]:
    """How many shares each sender holds."""
    query = "SELECT count(*) FROM leases WHERE token > 0 AND holder <> '' GROUP BY holder"
    return sorted(count for (count,) in run(query).fetchall())


def shown_in_order(person: Person) -> bool:
    """Whether no screen was followed by one from before it."""
    screens = [text for message in person.chat if message.from_bot for text in message.history]
    counts = [int(text.rpartition("texts: ")[2]) for text in screens if "texts: " in text]
    return counts == sorted(counts)


def test_two_send_and_when_one_is_killed_the_other_goes_on_with_all(
    tg: FakeTelegram, start: Start
) -> None:
    senders = [start(), start()]
    half = shares.SHARES // 2
    until(lambda: parts() == [half, half])
    people = [tg.person(id=number, first_name=f"P{number}") for number in range(1, 9)]
    for person in people:
        begun(person)
    for sent in range(1, 5):
        for person in people:
            person.say("x")
        if sent == 2:
            senders[0].kill()
            senders[0].wait()
    for person in people:
        person.wait_for("texts: 4")
    until(lambda: parts() == [shares.SHARES])
    rows = Conversation.select()
    until(lambda: all(row.shown_revision == row.revision for row in rows.clone()))
    assert all(map(shown_in_order, people))


def sender_of(person: Person) -> int:
    """The process that sends to a person; its name holds its number."""
    share = shares.share_of(Conversation.get(Conversation.chat == str(person.id)).id)
    query = "SELECT holder FROM leases WHERE name = ?"
    return int(run(query, f"telegram:123/{share}").fetchone()[0].split(":")[1])


def test_one_that_is_paused_and_awake_again_leaves_nothing_old_below(
    tg: FakeTelegram, anna: Person, start: Start
) -> None:
    half = shares.SHARES // 2
    start()
    start()
    until(lambda: parts() == [half, half])
    begun(anna)
    tg.delay("sendMessage", 1.0, times=1)
    anna.say("x")
    tg.wait_until(lambda: len(tg.called("sendMessage")) == 2)
    paused = sender_of(anna)
    os.kill(paused, signal.SIGSTOP)
    until(lambda: sender_of(anna) != paused)
    anna.say("x")
    anna.wait_for("texts: 2")
    os.kill(paused, signal.SIGCONT)
    until(lambda: parts() == [half, half])
    anna.press("Begin")
    anna.wait_for("How was it?")
    tg.wait_until(lambda: sum(bool(labels) for labels in buttons(anna)) == 1)
    assert shown_in_order(anna)
    assert [message.text for message in anna.chat if "texts: 2" in message.text] == []


def test_one_that_is_asked_to_stop_leaves_its_part_to_the_others(
    tg: FakeTelegram, anna: Person, start: Start
) -> None:
    first = start()
    begun(anna)
    start()
    until(lambda: len(parts()) == 2)
    first.terminate()
    assert first.wait() == 0
    anna.say("x")
    anna.wait_for("texts: 1")
    until(lambda: parts() == [shares.SHARES])


def test_a_limit_of_one_chat_holds_for_every_sender_and_for_that_chat_alone(
    tg: FakeTelegram, anna: Person, start: Start
) -> None:
    senders = [start(), start()]
    until(lambda: len(parts()) == 2)
    boris = begun(tg.person(id=2, first_name="Boris"))
    begun(anna)
    tg.fault("editMessageText", code=429, retry_after=6, chat=1)
    anna.press("Begin")
    tg.wait_until(lambda: bool(tg.called("editMessageText", chat=1)))
    until(lambda: Conversation.get(Conversation.chat == "1").not_before > 0)
    senders[0].kill()
    senders[0].wait()
    boris.press("Begin")
    boris.wait_for("How was it?")
    anna.wait_for("How was it?")
    limited, again = tg.called("editMessageText", chat=1)
    (other,) = tg.called("editMessageText", chat=2)
    assert again.time - limited.time >= 5.9
    assert other.time < again.time


def test_under_telegrams_own_limits_everybody_is_answered_and_nobody_too_early(
    tg: FakeTelegram, start: Start
) -> None:
    tg.rate_limit = True
    start()
    start()
    until(lambda: len(parts()) == 2)
    people = [tg.person(id=number, first_name=f"P{number}") for number in range(1, 81)]
    for person in people:
        person.say("/start")
    for person in people:
        person.wait_for("Hello")
    refused = [one.description for one in tg.refusals if one.code == 429]
    assert refused, "80 at once are more than Telegram takes"
    for person in people:
        calls = [call.time for call in tg.called("sendMessage", chat=person.id)]
        assert all(later - earlier >= 0.99 for earlier, later in pairwise(calls))
