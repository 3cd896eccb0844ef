"""Shutdown: a process finishes its work, but doesn't wait for a silent database.

If the database returns neither a row nor an error, the process exits; it may be killed at any
instant anyway.
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
"""Seconds without an answer after which the database counts as silent."""
LOOK_SECONDS = 1.0


def begin() -> None:
    """Start watching the database when a stop is requested; returns at once."""
    threading.Thread(target=_end, name="ending", daemon=True).start()


def _end() -> None:
    while _answers():
        time.sleep(LOOK_SECONDS)
    log.warning("ended without waiting for the database, which does not answer")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _answers() -> bool:
    """Whether the database answers at all; an error is an answer."""
    answered = threading.Event()

    def ask() -> None:
        with suppress(Exception):  # reported where the work is done
            run("SELECT 1")
        release()
        answered.set()

    threading.Thread(target=ask, daemon=True).start()
    return answered.wait(PATIENCE)
