"""The end of a process that was asked to stop: it waits for its work, not for a silent database.

A process may be killed at any instant; so where the database gives no answer at all, neither a row
nor an error, this one ends as if it had been.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress

import structlog

from core.base.db import release, run

log = structlog.get_logger()

PATIENCE = 5.0
"""So many seconds without an answer are taken for silence."""
LOOK_SECONDS = 1.0


def begin() -> None:
    """To be called when the process is asked to stop; returns at once."""
    threading.Thread(target=_end, name="ending", daemon=True).start()


def _end() -> None:
    while _answers():
        time.sleep(LOOK_SECONDS)
    log.warning("ended without waiting for the database, which does not answer")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _answers() -> bool:
    """Whether the database says anything: an error lets nobody wait."""
    answered = threading.Event()

    def ask() -> None:
        with suppress(Exception):  # whoever works hears of it
            run("SELECT 1")
        release()
        answered.set()

    threading.Thread(target=ask, daemon=True).start()
    return answered.wait(PATIENCE)
