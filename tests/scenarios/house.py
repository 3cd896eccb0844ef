"""Likeness as its users have it: real processes over a data folder, and what they keep there."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.avatars.disposal import SPOOLED
from core.services.storage import FolderStore
from tests.patience import LONG

ROOT = Path(__file__).parents[2]
START_SECONDS = STOP_SECONDS = LONG


@dataclass(frozen=True, repr=False)
class Kept:
    """What belongs to one person: rows as dictionaries."""

    state: str
    avatars: tuple[Mapping[str, Any], ...]
    photos: tuple[Mapping[str, Any], ...]
    runs: tuple[Mapping[str, Any], ...]
    held: int
    unapplied: int
    failed: tuple[str, ...]

    def __str__(self) -> str:
        photos = [(photo["number"], photo["validation_status"]) for photo in self.photos]
        runs = [(run["status"], run["progress"]) for run in self.runs]
        return f"{self.state}: {self.names} {self.statuses}, {photos}, {runs}, {self.failed}"

    def photos_that_are(self, status: str) -> list[Mapping[str, Any]]:
        """The photos with this status, without the removed ones."""
        there = (photo for photo in self.photos if photo["removed_at"] is None)
        return [photo for photo in there if photo["validation_status"] == status]

    @property
    def statuses(self) -> list[str]:
        """The statuses of the avatars, oldest first."""
        return [avatar["status"] for avatar in self.avatars]

    @property
    def names(self) -> list[str]:
        return [avatar["name"] for avatar in self.avatars]


class House:
    """A data folder, and the processes that share it; `settings` as LIKENESS_… names them."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.store = FolderStore(folder / "objects")
        self._settings = {name: str(value) for name, value in settings.items()}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *command: str, **streams: Any) -> subprocess.Popen[bytes]:
        """Start `likeness COMMAND`; what it says goes to a file named after the command."""
        streams.setdefault("stdin", subprocess.DEVNULL)
        with self._log(command[0]).open("ab") as log:
            streams = {"stdout": log, **streams}
            process = subprocess.Popen(
                [sys.executable, "-m", "core.app.cli", *command],
                cwd=self.folder,
                env=self.environment,
                stderr=log,
                **streams,
            )
        self._running[command[0]] = process
        return process

    def ask(self, *command: str) -> str:
        """What `likeness COMMAND` answers; it has ended then."""
        done = subprocess.run(
            [sys.executable, "-m", "core.app.cli", *command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=True,
        )
        return done.stdout

    def answer(self, number: int, text: str) -> None:
        """Answer a message to support, as an operator does."""
        self.ask("support", "answer", str(number), text)

    def pid(self, command: str) -> int:
        """The process of a command that is running."""
        return self._running[command].pid

    def kill(self, command: str) -> None:
        """As a power cut would, at once and without a word."""
        process = self._running.pop(command)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def wait_until(self, served: Callable[[], bool]) -> None:
        """Wait until whatever was started serves."""
        deadline = time.monotonic() + START_SECONDS
        while not served():
            assert not self.trouble, self.trouble
            assert time.monotonic() < deadline, [self.said(name) for name in self._running]
            time.sleep(0.1)

    @property
    def trouble(self) -> str:
        """What has stopped by itself, and the last it said."""
        dead = [name for name, process in list(self._running.items()) if process.poll()]
        return "\n".join(f"{name} has stopped:\n{self.said(name)}" for name in dead)

    def stop(self) -> None:
        """Ask every process to stop, and wait for it."""
        for process in self._running.values():
            process.terminate()
        for command, process in self._running.items():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise AssertionError(f"{command} does not stop:\n{self.said(command)}") from None

    def said(self, command: str) -> str:
        """The end of what a command has logged."""
        log = self._log(command)
        return log.read_text(errors="replace")[-3000:] if log.exists() else ""

    @property
    def environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("LIKENESS_")}
        own = {f"LIKENESS_{name.upper()}": value for name, value in self._settings.items()}
        data = {"LIKENESS_DATA_DIR": str(self.folder), "LIKENESS_LOG__LEVEL": "warning"}
        data |= {"LIKENESS_DATABASE__SYNCHRONOUS": "normal"}  # no power cut comes
        drawn = {"LIKENESS_PHOTOS__FIND_FACES": "false"}  # the tests' photos are no photographs
        return clean | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"} | data | drawn | own

    def kept_of(self, channel: str, chat: str) -> Kept:
        """What belongs to whoever talks in this chat."""
        found = self.rows(
            "SELECT id, user_id, state FROM conversations WHERE channel = ? AND chat = ?",
            *(channel, chat),
        )
        if not found:
            return Kept("", (), (), (), 0, 0, ())
        user, mine = found[0]["user_id"], found[0]["id"]
        waiting = "handled_at IS NULL AND failed_at IS NULL"
        tried = self.rows(
            "SELECT error FROM inbox WHERE conversation_id = ? AND attempts > 0", mine
        )
        return Kept(
            state=found[0]["state"],
            avatars=self._of(user, "avatars", "created_at"),
            photos=self._of(user, "avatar_photos", "number"),
            runs=self._of(user, "training_runs", "created_at"),
            held=len(self._of(user, "held_photos", "id")),
            unapplied=len(
                self.rows(f"SELECT 1 FROM inbox WHERE conversation_id = ? AND {waiting}", mine)
            ),
            failed=tuple(row["error"] for row in tried),
        )

    def count(self, table: str, where: str = "1 = 1") -> int:
        """How many rows there are."""
        return int(self.rows(f"SELECT count(*) AS n FROM {table} WHERE {where}")[0]["n"])

    def spooled(self) -> int:
        """How many uploads wait to be looked at."""
        return len(list((self.folder / "objects" / SPOOLED).glob("*")))

    def _of(self, user: str, table: str, order: str) -> tuple[Mapping[str, Any], ...]:
        return self.rows(f"SELECT * FROM {table} WHERE user_id = ? ORDER BY {order}", user)

    def rows(self, query: str, *parameters: object) -> tuple[Mapping[str, Any], ...]:
        """What a query finds."""
        path = self.folder / "likeness.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as opened:
            opened.row_factory = sqlite3.Row
            return tuple(dict(row) for row in opened.execute(query, parameters))

    def _log(self, command: str) -> Path:
        return self.folder / f"{command}.log"


def new_name() -> str:
    """A name that nobody else has."""
    return f"anna{uuid.uuid4().hex[:6]}"
