"""kill -9 of the bot or the worker at random moments of whole conversations, and restart.

How often: see `tests.sizes`; 200 kills take a quarter of an hour. The same SEED makes the same
choices, as far as the machine lets them fall at the same moments.
"""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.fakes.telegram import FakeTelegram
from tests.patience import LONG
from tests.scenarios.house import House
from tests.scenarios.on_telegram import (
    TOKEN,
    TelegramChat,
    an_album_with_everything,
    telegram_house,
)
from tests.scenarios.stage import BOTH
from tests.scenarios.walks import whole
from tests.sizes import SEED, sized

KILLS = sized(3, 20, 200)
PEOPLE = 4
LONGEST_LIFE = 5.0
"""Seconds: most conversations are killed several times."""
PATIENCE = 2 * LONG
"""Whatever a dead worker was at is taken over after thirty seconds, again and again."""


class Killer:
    """Kills one of two processes after another, each at a moment of its own."""

    def __init__(self, house: House, telegram: FakeTelegram, seed: int) -> None:
        self._house, self._telegram = house, telegram
        self._random = random.Random(seed)
        self.killed = {"telegram": 0, "worker": 0}
        self.done = threading.Event()

    def kill(self, times: int) -> None:
        """Now and then while it is still starting, else somewhere in its work."""
        try:
            for _ in range(times):
                command = self._random.choice(["telegram", "worker"])
                if self._random.random() < 0.8:
                    self.await_service()
                time.sleep(self._random.uniform(0, LONGEST_LIFE))
                assert not self._house.trouble, self._house.trouble
                self._house.kill(command)
                self.killed[command] += 1
                self._house.start(command)
        finally:
            self.done.set()

    def await_service(self) -> None:
        """Until the bot asks for updates once more, or doesn't for a while."""
        before = len(self._telegram.called("getUpdates"))
        deadline = time.monotonic() + 20
        while len(self._telegram.called("getUpdates")) == before and time.monotonic() < deadline:
            time.sleep(0.05)


class Admin:
    """Settles what nobody knows: a worker that dies over an order leaves it to somebody who looks.

    Our trainer keeps nothing that could be looked at, so each is ordered again; it costs nothing.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self.settled = 0
        self.done = threading.Event()

    def look(self) -> None:
        """Every now and then, as long as people talk."""
        while not self.done.wait(2):
            if self._house.count("training_runs", "status = 'uncertain'"):
                for line in self._house.ask("runs", "uncertain").splitlines():
                    run, status, *_ = line.split()
                    if status == "uncertain":
                        self._house.ask("runs", "not-sent", run)
                        self.settled += 1


@pytest.mark.sized
@pytest.mark.timeout(300 + 15 * KILLS)
def test_whenever_the_bot_or_the_worker_is_killed_nothing_is_lost_or_doubled(
    tmp_path: Path,
) -> None:
    with FakeTelegram(TOKEN) as telegram:
        house = telegram_house(
            tmp_path,
            telegram,
            training__simulated_seconds=3,
            training__simulated_queue_seconds=1,
            telegram__poll_seconds=1,
        )
        house.start("telegram")
        house.start("worker")
        killer, admin = Killer(house, telegram, SEED), Admin(house)
        try:
            killer.await_service()
            with ThreadPoolExecutor(PEOPLE + 2) as pool:
                looking = pool.submit(admin.look)
                killing = pool.submit(killer.kill, KILLS)
                people = [pool.submit(talk, house, telegram, killer, n) for n in range(PEOPLE)]
                try:
                    conversations = sum(person.result() for person in people)
                finally:
                    admin.done.set()
                    looking.result()  # people who wait for an admin that failed say less
                killing.result()
            telegram.wait_until(lambda: not telegram.unanswered)
            sent = telegram.world.updates.next_id - 700_000_001
            assert house.count("inbox", "channel = 'telegram'") == sent, "no update is lost"
            assert house.count("inbox", "handled_at IS NULL") == 0
            assert house.count("inbox", "attempts > 0") == 0
        finally:
            house.stop()
    print(f"{killer.killed} kills in {conversations} conversations, {admin.settled} orders settled")
    assert sum(killer.killed.values()) == KILLS


def talk(house: House, telegram: FakeTelegram, killer: Killer, number: int) -> int:
    """Hold conversations as long as somebody is killing; how many."""
    held = 0
    while not (held and killer.done.is_set()):
        chat = TelegramChat(house, telegram, BOTH[(number + held) % 2])
        chat.patience = PATIENCE
        an_album_with_everything(chat)
        kept = chat.settle()
        whole(kept, chat)
        assert kept.state == "training_completed"
        assert len(kept.photos) == 13, "no photo is lost or doubled"
        assert sorted(photo["number"] for photo in kept.photos) == list(range(1, 14))
        assert len(kept.runs) == 1
        held += 1
    return held
