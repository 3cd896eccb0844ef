"""The terminal: a process for each person, talked to through pipes."""

from __future__ import annotations

import itertools
import re
import shlex
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from core.conversation.replies import words
from tests.scenarios.contract import Chat, Sight
from tests.scenarios.house import House, new_name
from tests.scenarios.stage import Stage

_LINE = re.compile(
    r"(?P<number>\d+)\. (?P<label>.+)"
    r"|• (?P<worded>.+) \((?:type it in words|напишите словами|.+[“«](?P<words>.+)[”»])\)"
)

_LEFT = re.compile(r"[🖼📦][^/]*(?P<path>/.+)")
"""A line that names a file which was left for the person."""


class ConsoleChat(Chat):
    channel = "console"

    def __init__(self, house: House, language: str) -> None:
        super().__init__(house, language)
        self.address = new_name()
        self._files = itertools.count(1)
        self._said: list[str] = []
        self._fresh = 0
        self._looked_at = 0.0
        self._process = house.start(
            *("console", "--as", self.address, "--lang", language),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def say(self, text: str) -> None:
        self._fresh = len(self._said)
        self._write(text)

    def send_photos(self, photos: Sequence[bytes]) -> None:
        paths = [self._file(f"photo{next(self._files)}.jpg", photo) for photo in photos]
        self.say(shlex.join(map(str, paths)))

    def send_file(self, name: str, data: bytes) -> None:
        self.say(shlex.quote(str(self._file(name, data))))

    def press_label(self, label: str) -> None:
        """By its label, as people do; by its number or its words where that is only a sign."""
        listed = _listed(list(self._said))
        readable = words(label) and sum(words(s) == words(label) for s in listed) == 1
        self.say(listed[label] or label if listed[label] and not readable else label)

    @property
    def sight(self) -> Sight:
        """All since the person last said something, and the last numbered list."""
        lines = list(self._said)
        return Sight("\n".join(lines[self._fresh :]), tuple(_listed(lines)))

    @property
    def received(self) -> list[bytes]:
        paths = (_LEFT.fullmatch(line) for line in list(self._said)[self._fresh :])
        return [Path(found["path"]).read_bytes() for found in paths if found]

    def pause(self) -> None:
        """A terminal that is talked to through a pipe looks when it is asked to."""
        time.sleep(0.1)
        if time.monotonic() > self._looked_at + 0.5:
            self._looked_at = time.monotonic()
            self._write("/wait 0.3")

    def close(self) -> None:
        """The end of the input; whoever trains is waited for."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            assert self._process.wait(60) == 0, self.house.said("console")
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join(10)
            if self._process.stdout:
                self._process.stdout.close()

    def _file(self, name: str, data: bytes) -> Path:
        path = self.house.folder / name
        path.write_bytes(data)
        return path

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{line}\n".encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise AssertionError(f"it is gone:\n{self.house.said('console')}") from None

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if not line.startswith(b"> "):  # what the person said themselves
                self._said.append(line.decode().rstrip("\n"))


class ConsoleStage(Stage):
    """Everybody has a terminal, and a data folder, of their own."""

    at_once = 6

    def __init__(self, folder: Path, **settings: object) -> None:
        super().__init__(House(folder))
        self._settings = settings

    def chat(self, language: str) -> ConsoleChat:
        folder = self.house.folder / new_name()
        folder.mkdir()
        return ConsoleChat(House(folder, **self._settings), language)


def _listed(lines: Sequence[str]) -> dict[str, str]:
    """The labels of the last list, with what to type for each; a notice's go on with a screen's."""
    found: dict[str, str] = {}
    beside, before = False, ""
    for line in lines:
        listed = _LINE.fullmatch(line)
        if listed and not (beside or _LINE.fullmatch(before)):
            found = {}
        if listed:
            label = listed["label"] or listed["worded"]
            found[label] = listed["number"] or listed["words"] or ""
        beside = line.startswith("🔔") or (beside and bool(line or before))
        before = line
    return found
