"""Several processes that send for one bot: no chat waits, none is told twice or out of order."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.base.db import database, run
from core.conversation.delivery import shares
from core.conversation.models import Conversation
from tests.channels.telegram.feedback import House
from tests.channels.telegram.test_showing import begun
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
