"""Several processes of one machine, started and stopped together, under honcho.

Nothing is restarted: that is for systemd or containers. One process that stops stops them all.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress

from honcho.manager import Manager
from honcho.printer import Message, Printer

_ASKED = (128 + signal.SIGINT, 128 + signal.SIGTERM)


def run_together(commands: Iterable[str]) -> bool:
    """Run `likeness COMMAND` for each of them until all have stopped.

    True when they were asked to stop (Ctrl-C, SIGTERM, a closed terminal), False when one of them
    stopped by itself.
    """
    processes = _Processes(_Output(sys.stdout))
    for command in commands:
        words = [sys.executable, "-m", "core.cli", *command.split()]
        processes.add_process(command.split()[-1], f"exec {shlex.join(words)}")
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    processes.loop()
    return processes.returncode in _ASKED


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
