"""What befalls the town: a kill every few seconds, and what happens to servers now and then."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

from tests.chaos import loss
from tests.chaos.town import COMMANDS, HOSTS, Town

LEAST = 3
"""Each kind of process is killed so many times before any is killed at random."""


class Trouble:
    """Kills a process every `every` seconds; `seconds` in all, in which each misfortune happens."""

    def __init__(self, town: Town, seconds: float, every: float, seed: int) -> None:
        self.kills: Counter[str] = Counter()
        self.befallen: list[str] = []
        self.told: list[str] = []
        self.ended: list[str] = []
        """Processes that ended though nobody killed them."""
        self._town, self._seconds, self._every = town, seconds, every
        self._dice = random.Random(seed)
        self._thread = threading.Thread(target=self._run, name="trouble", daemon=True)
        self._misfortunes = threading.Thread(target=self._befall, name="misfortunes", daemon=True)

    def start(self) -> None:
        for thread in (self._thread, self._misfortunes):
            thread.start()

    def join(self) -> None:
        for thread in (self._thread, self._misfortunes):
            thread.join()

    def _run(self) -> None:
        owed = list(COMMANDS) * LEAST
        self._dice.shuffle(owed)
        end = time.monotonic() + self._seconds
        while owed or time.monotonic() < end:
            self._supervise(self._every)
            command = owed.pop() if owed else self._dice.choice(COMMANDS)
            self.kills[command] += 1
            self._tell(self._town.kill(self._dice, command))

    def _supervise(self, seconds: float) -> None:
        """Start again what has ended, for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.ended += self._town.ended()
            time.sleep(1.0)

    def _befall(self) -> None:
        """One after the other, as far apart as the time allows."""
        misfortunes = self._all()
        for what, happen in misfortunes:
            time.sleep(self._seconds / (len(misfortunes) + 1) / 2)
            self._tell(what)
            self.befallen.append(what)
            happen(self._seconds / (len(misfortunes) + 1) / 2)

    def _all(self) -> Sequence[tuple[str, Callable[[float], None]]]:
        return (
            ("Telegram answers 500", lambda s: self._fault(s, code=500)),
            ("the database restarts", self._restart),
            self._parted("silent", "database", "direct"),
            ("Telegram asks to wait", lambda s: self._fault(s, code=429, retry_after=2)),
            self._parted("slow 0.1", "database", "direct", "store", "telegram"),
            ("the store goes away", self._no_store),
            ("the database only reads", self._read_only),
            self._parted("silent", "telegram"),
            ("Telegram answers nonsense", lambda s: self._fault(s, body="<html>busy</html>")),
            self._parted("cut", "store"),
            ("the database restarts again", self._restart),
            self._parted("cut", "database", "direct"),
            ("Telegram answers nothing", lambda s: self._fault(s, drop="before")),
            *self._losses(),
            *self._full_disk(),
        )

    def _parted(self, how: str, *names: str) -> tuple[str, Callable[[float], None]]:
        """Lines of one host are so for a while; the other host's are well."""
        host = self._dice.choice(HOSTS)

        def happen(seconds: float) -> None:
            for name in names:
                self._town.hosts[host].lines.set(name, how)
            time.sleep(min(15.0, seconds))
            for name in names:
                self._town.hosts[host].lines.set(name, "well")

        return f"the {host} host's {' and '.join(names)}: {how}", happen

    def _losses(self) -> Sequence[tuple[str, Callable[[float], None]]]:
        """Where packets may be lost, those of one host's lines are; once longer than TCP waits."""
        if not loss.possible():
            return ()
        return (
            self._lossy(loss.SOME, "database", "direct", "store", "telegram"),
            self._lossy(loss.ALL, "database", "direct"),
        )

    def _lossy(self, how: str, *names: str) -> tuple[str, Callable[[float], None]]:
        host = self._dice.choice(HOSTS)

        def happen(seconds: float) -> None:
            lasts = min(30.0, max(1.0, seconds))
            for name in names:
                self._town.hosts[host].lines.lose(name, how, lasts)
            time.sleep(lasts)

        return f"packets of the {host} host's {' and '.join(names)}: {how}", happen

    def _full_disk(self) -> Sequence[tuple[str, Callable[[float], None]]]:
        """Where a host has a disk of its own, it is full for a while."""
        host = self._dice.choice(HOSTS)
        folder = self._town.folder / host
        if not folder.is_mount():
            return ()

        def happen(seconds: float) -> None:
            ballast = folder / "ballast"
            with suppress(OSError), ballast.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(65_536))
            time.sleep(min(15.0, seconds))
            ballast.unlink()

        return ((f"the {host} host's disk is full", happen),)

    def _fault(self, seconds: float, **how: object) -> None:
        """Every call for a while; what is left of it is forgotten then."""
        self._town.telegram.fault("*", times=None, **how)  # type: ignore[arg-type]
        time.sleep(min(5.0, seconds))
        self._town.telegram.heal()

    def _restart(self, _seconds: float) -> None:
        self._town.database.stop()
        time.sleep(1.0)
        self._town.database.start()

    def _read_only(self, seconds: float) -> None:
        with self._town.database.read_only():
            time.sleep(min(20.0, max(5.0, seconds)))

    def _no_store(self, seconds: float) -> None:
        self._town.store.kill()
        time.sleep(min(10.0, seconds))
        self._town.store.start()

    def _tell(self, what: str) -> None:
        self.told.append(f"{time.strftime('%H:%M:%S')} {what}")
