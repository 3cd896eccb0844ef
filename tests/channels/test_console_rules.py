"""The terminal keeps the rules of the contract kit: a process for each person, through pipes."""

from __future__ import annotations

import itertools
import re
import shlex
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from core.conversation.testing.kit import House
from likeness_bot.kit import ChannelRules, Chat, Sight

_LEFT = re.compile(r"(?P<mark>[🖼📦])[^/]*(?P<path>/.+)")
"""A line that names a file which was left for the person."""
_LOOK_SECONDS = 0.3


class ConsoleChat(Chat):
    """One terminal; where its program has died, it is started again."""

    def __init__(self, house: House, name: str) -> None:
        self._house, self._name = house, name
        self._files = itertools.count(1)
        self._lines: list[str] = []
        self._fresh = 0
        self._looked_at = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def say(self, text: str) -> None:
        line = f"{text}\n".encode()
        stdin = self._stdin()
        self._fresh = len(self._lines)
        stdin.write(line)
        stdin.flush()

    def send_photos(self, photos: Sequence[bytes], caption: str = "") -> None:
        paths = [self._file(f"photo {next(self._files)}.jpg", photo) for photo in photos]
        self.say(" ".join(filter(None, (shlex.join(map(str, paths)), caption))))

    def send_file(self, name: str, data: bytes) -> None:
        self.say(shlex.quote(str(self._file(name, data))))

    @property
    def sight(self) -> Sight:
        """All since the person last said something."""
        self._look()
        lines = self._lines[self._fresh :]
        left = [found for found in map(_LEFT.fullmatch, lines) if found]
        read = [(one["mark"], Path(one["path"]).read_bytes()) for one in left]
        pictures = tuple(data for mark, data in read if mark == "🖼")
        files = tuple(data for mark, data in read if mark == "📦")
        return Sight("\n".join(lines), (), pictures, files)

    def close(self) -> None:
        self._shut()
        if self._process is not None:
            self._process.wait(30)

    def _shut(self) -> None:
        """The end of the input."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(BrokenPipeError):  # what nobody will read any more
                self._process.stdin.close()

    def _look(self) -> None:
        """A terminal that is talked to through a pipe looks when it is asked to."""
        stdin = self._stdin()
        if time.monotonic() > self._looked_at + _LOOK_SECONDS:
            self._looked_at = time.monotonic()
            try:
                stdin.write(b"/wait 0.1\n")
                stdin.flush()
            except BrokenPipeError:  # it has just died
                return

    def _stdin(self) -> IO[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._shut()
            self._process = self._house.spawn(
                subprocess.PIPE, subprocess.PIPE, name=self._name, language="en"
            )
            threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        assert self._process.stdin is not None
        return self._process.stdin

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                if not line.startswith(b"> "):  # what the person said themselves
                    self._lines.append(line.decode().rstrip("\n"))

    def _file(self, name: str, data: bytes) -> Path:
        path = self._house.folder / self._name / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path


class TestConsole(ChannelRules):
    channel = "console"
    keeps = False  # what was typed into a program that has died stands on the screen, and is lost

    def open(self, folder: Path) -> Mapping[str, object]:
        return {}

    def chat(self, name: str) -> ConsoleChat:
        return ConsoleChat(self.house, name)
