"""Several processes of one machine, started and stopped together, under honcho.

Nothing is restarted: that is for systemd or containers. One process that stops stops them all, and
where the one that started them is killed, so that it can't, they stop by themselves.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from honcho.manager import Manager
from honcho.printer import Message, Printer

HELD = "HELD_WHILE_RUNNING"
"""Environment variable: the file that whoever started this process holds a lock on."""

_ASKED = (128 + signal.SIGINT, 128 + signal.SIGTERM)


def run_together(commands: Iterable[str]) -> bool:
    """Run `likeness COMMAND` for each of them until all have stopped.

    True when they were asked to stop (Ctrl-C, SIGTERM, a closed terminal), False when one of them
    stopped by itself.
    """
    processes = _Processes(_Output(sys.stdout))
    with NamedTemporaryFile(prefix="likeness-") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)  # no fork has a part in it, and a kill ends it
        for command in commands:
            words = [sys.executable, "-m", "core.cli", *command.split()]
            name, line = command.split()[-1], f"exec {shlex.join(words)}"
            processes.add_process(name, line, env=os.environ | {HELD: held.name})
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        processes.loop()
    return processes.returncode in _ASKED


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


class _Processes(Manager):  # type: ignore[misc]  # honcho has no types
    """honcho's manager; it alone trips over a signal that comes before all have started."""

    def __init__(self, printer: Printer) -> None:
        super().__init__(printer)
        self._owner = os.getpid()

    def terminate(self) -> None:
        if os.getpid() != self._owner:  # a fork that has not started its command yet
            return
        if self._all_started():
            super().terminate()
        else:
            again = threading.Timer(0.1, self.terminate)
            again.daemon = True
            again.start()


class _Output(Printer):  # type: ignore[misc]  # honcho has no types
    """honcho's output; where the terminal has gone the processes must be stopped all the same."""

    def write(self, message: Message) -> None:
        with suppress(OSError):
            super().write(message)
