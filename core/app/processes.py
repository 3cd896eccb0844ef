"""Several processes of one machine, started and stopped together, under honcho.

A channel that stops unasked is started anew, for it may come from anywhere; how it ended is known
to the new process, which waits and says so. Nothing else is: that is for systemd or containers.
One other process that stops stops them all, and where the one that started them is killed, so that
it can't, they stop by themselves.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from ctypes import CDLL, c_bool
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from honcho.manager import Manager
from honcho.printer import Message, Printer
from honcho.process import Process

from core.base import libraries
from core.base.processes.isolation import Ended, failed_again

HELD = "HELD_WHILE_RUNNING"
"""Environment variable: the file that the starter of this process holds a lock on."""
ENDED = "ENDED_BEFORE"
"""Environment variable: how often in a row, and how, the process before this one ended unasked."""
CONFIGURATION = 2
"""The exit code of a wrong setting, which starting anew does not put right."""
_ARENA_MAX, _ARENAS = -8, 2
"""An option of glibc's `mallopt`, and its value."""

_ASKED = (128 + signal.SIGINT, 128 + signal.SIGTERM)


def run_together(commands: Iterable[str], channels: Iterable[str] = ()) -> bool:
    """Run `likeness COMMAND`, and `likeness channel NAME`, for each of them until all have stopped.

    True when they were asked to stop (Ctrl-C, SIGTERM, a closed terminal), False when one of them
    stopped by itself.
    """
    libraries.check("honcho", Process, "_send_message")
    libraries.check("honcho", Manager, "_all_started")
    processes = _Processes(_Output(sys.stdout))
    with NamedTemporaryFile(prefix="likeness-") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)  # no fork has a part in it, and a kill ends it
        for command in (*(f"channel {name}" for name in channels), *commands):
            words = [sys.executable, "-P", "-m", "core.app.cli", *command.split()]
            name, line = command.split()[-1], f"exec {shlex.join(words)}"
            processes.again = command.startswith("channel ")
            processes.add_process(name, line, env=os.environ | {HELD: held.name})
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        processes.loop()
    return processes.returncode in _ASKED


def share_arenas() -> None:
    """Have all threads share two of glibc's arenas: it would give eight to each core.

    What is freed in one arena no other uses; a worker under a hundred trainings takes 145 MB
    instead of 185. Python's threads seldom allocate at once. Elsewhere nothing is changed.
    """
    with suppress(OSError, AttributeError):
        CDLL(None).mallopt(_ARENA_MAX, _ARENAS)


def stop_with_starter() -> None:
    """Stop this process, as if asked to, once the one that started it with others is gone."""
    held = os.environ.get(HELD)
    if held:
        threading.Thread(target=_stop_after, args=(Path(held),), daemon=True).start()


def _stop_after(held: Path) -> None:
    with suppress(FileNotFoundError), held.open() as file:
        fcntl.lockf(file, fcntl.LOCK_SH)  # not granted before the starter ends
    held.unlink(missing_ok=True)
    os.kill(os.getpid(), signal.SIGTERM)


def ended_before() -> Ended | None:
    """How the process before this one ended, which served the same channel; None where it is the
    first one.
    """
    failures, _, how = os.environ.get(ENDED, "").partition(" ")
    return Ended(int(failures), how) if failures else None


def kept() -> bool:
    """Whether this process is started anew where it ends by itself."""
    return HELD in os.environ


class _Processes(Manager):  # type: ignore[misc]  # honcho has no types
    """honcho's manager; it alone trips over a signal that comes before all have started."""

    again = False
    """Whether what is added now is started again where it ends by itself."""

    def __init__(self, printer: Printer) -> None:
        super().__init__(printer)
        self._owner = os.getpid()
        self._asked = multiprocessing.RawValue(c_bool, False)
        self._process_ctor = self._made

    def _made(self, cmd: str, **options: object) -> Process:
        return _Kept(self._asked, cmd, **options) if self.again else Process(cmd, **options)

    def terminate(self) -> None:
        if os.getpid() != self._owner:  # a fork that has not started its command yet
            return
        self._asked.value = True
        if self._all_started():
            super().terminate()
        else:
            again = threading.Timer(0.1, self.terminate)
            again.daemon = True
            again.start()


class _Kept(Process):  # type: ignore[misc]
    """A process in whose place another one is started until all are asked to stop."""

    def __init__(self, asked: Any, cmd: str, **options: Any) -> None:
        super().__init__(cmd, **options)
        self.env: dict[str, str]
        self._asked = asked
        self._code = 0

    def run(self, events: object = None, ignore_signals: bool = False) -> None:
        failures = 0
        while True:
            began = time.monotonic()
            super().run(events, ignore_signals)
            wrong_setting = self._code == CONFIGURATION and not failures
            orphaned = not Path(self.env[HELD]).exists()  # the starter is gone
            if self._asked.value or wrong_setting or orphaned:
                super()._send_message({"returncode": self._code}, type="stop")
                return
            failures = failed_again(failures, time.monotonic() - began)
            self.env[ENDED] = f"{failures} {_how(self._code)}"

    def _send_message(self, data: Any, type: str = "line") -> None:
        if type == "stop":
            self._code = data["returncode"]
            return
        super()._send_message(data, type)
        if type == "start" and self._asked.value:  # started while all were being stopped
            os.killpg(data["pid"], signal.SIGTERM)


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


class _Output(Printer):  # type: ignore[misc]  # honcho has no types
    """honcho's output; where the terminal has gone the processes must be stopped all the same."""

    def write(self, message: Message) -> None:
        with suppress(OSError):
            super().write(message)
