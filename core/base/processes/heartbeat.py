"""Heartbeats: a row per process with its last sign of life and its current trouble.

What the process has counted since the last one is written with each.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import peewee
import structlog

from core import __version__
from core.base.db import release, run, transaction
from core.base.errors import LikenessError, kind_of
from core.base.processes import meters, process
from core.base.processes.beside import beside

log = structlog.get_logger()

SECONDS = 10.0
DEAD_AFTER = 6 * SECONDS
FORGOTTEN_AFTER = 86_400.0
LAST_FORGOTTEN_AFTER = 7 * FORGOTTEN_AFTER
"""The last heartbeat of a part is kept this long, so that its absence is noticed."""

_BEAT = """
INSERT INTO heartbeats (part, process, at, started_at, version, trouble, mode)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (part, process)
DO UPDATE SET at = excluded.at, trouble = excluded.trouble, mode = excluded.mode
"""
_DEPLOYED = """
INSERT INTO deployments (at, version) SELECT ?, ? WHERE NOT EXISTS (
    SELECT 1 FROM deployments WHERE version = ? AND at = (SELECT max(at) FROM deployments)
) ON CONFLICT DO NOTHING
"""
_COUNTED = """
INSERT INTO meters (name, labels, value) VALUES {}
ON CONFLICT (name, labels) DO UPDATE SET value = meters.value + excluded.value
"""
_LEAVE = "DELETE FROM heartbeats WHERE part = ? AND (process = ? OR at < ?)"
_FORGET = """
DELETE FROM heartbeats WHERE at < ? OR at < ? AND EXISTS (
    SELECT 1 FROM heartbeats newer WHERE newer.part = heartbeats.part AND newer.at > heartbeats.at
)
"""


def version() -> str:
    """The version of this program."""
    return __version__


@contextmanager
def beating(
    part: str, probe: Callable[[], str] = str, seconds: float = SECONDS, mode: str = ""
) -> Iterator[None]:
    """Write heartbeats from a thread while the body runs; `probe` returns the trouble, or "".

    `mode` is the one that it orders trainings in, "" where it orders none; see
    `core.base.processes.mode`.
    Trouble that comes or goes is logged once.

    The first process of another version than the last one's is a deployment.

    A process that ends well takes its row away, and those of the part's dead: one that is missing
    then was killed.
    """
    name = process.own_name()
    started = time.time()

    def beat(stopping: threading.Event) -> None:
        trouble = ""
        try:
            _try(lambda: run(_DEPLOYED, started, version()[:32], version()[:32]))
            while True:
                before, trouble = trouble, _probed(probe)[:300]
                if trouble != before:
                    _tell(part, trouble)
                _beat(part, name, started, trouble, mode)
                write_meters()
                if stopping.wait(seconds):
                    return
        finally:
            write_meters()
            _try(lambda: run(_LEAVE, part, name, time.time() - DEAD_AFTER))
            release()

    with beside("heartbeat", beat):
        yield


def write_meters() -> None:
    """Add what this process has counted to the database's sums; kept for later where that fails."""
    taken = meters.take()
    if not taken:
        return
    rows = ", ".join(["(?, ?, ?)"] * len(taken))
    values = [part for (name, labels), n in taken for part in (name, meters.labelled(labels), n)]
    if not _try(lambda: run(_COUNTED.format(rows), *values)):
        meters.give_back(taken)


def _tell(part: str, trouble: str) -> None:
    if trouble:
        log.error("something is out of reach", part=part, trouble=trouble)
    else:
        log.info("all is within reach again", part=part)


def _beat(part: str, name: str, started: float, trouble: str, mode: str) -> None:
    now = time.time()
    _try(lambda: run(_BEAT, part, name, now, started, version()[:32], trouble, mode))
    _try(lambda: run(_FORGET, now - LAST_FORGOTTEN_AFTER, now - FORGOTTEN_AFTER))


def _probed(probe: Callable[[], str]) -> str:
    try:
        return probe()
    except (LikenessError, OSError) as error:
        log.warning("a probe failed", error=str(error))
        return type(error).__name__


def _try(write: Callable[[], object]) -> bool:
    """Whether it could be written; what stands in the way is logged."""
    try:
        with transaction():
            write()
        return True
    except peewee.PeeweeException as error:
        log.warning("a heartbeat could not be written", error=kind_of(error))
        release()
        return False
