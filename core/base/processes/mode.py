"""The system's mode: whether new trainings are real or simulated.

Workers place orders and may be the only processes with a key, so their heartbeats carry the mode.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from core.base.db import run
from core.base.processes.heartbeat import DEAD_AFTER

Own = Literal["production", "test"]
Mode = Literal["production", "test", "both"]

_WORKERS = "SELECT mode, at FROM heartbeats WHERE part = 'worker' AND mode <> ''"
_LAST_RUN = "SELECT test_mode FROM training_runs ORDER BY created_at DESC LIMIT 1"
_UNDER_WAY = """
SELECT DISTINCT test_mode FROM training_runs
WHERE status NOT IN ('completed', 'failed', 'cancelled')
"""


def ordered(own: Own, now: float) -> Own:
    """The mode of a training ordered now; `own` if there has never been a worker."""
    return said(now) or own


def said(now: float) -> Own | None:
    """The mode from the workers' heartbeats, or None; one worker with a key decides."""
    return said_by(run(_WORKERS).fetchall(), now)


def said_by(beats: Iterable[Sequence[Any]], now: float) -> Own | None:
    """The same, by heartbeats that were read already: the mode and moment of each."""
    found = _alive(beats, now)
    if not found:
        return None
    return "production" if "production" in found else "test"


def shown(own: Own, now: float) -> Mode:
    """The default mode of the dashboard: of workers and of trainings under way."""
    found = _of_workers(now) | {named(row[0]) for row in run(_UNDER_WAY).fetchall()}
    if len(found) > 1:
        return "both"
    if found:
        return next(iter(found))
    last = run(_LAST_RUN).fetchone()
    return own if last is None else named(last[0])


def paid(mode: Mode) -> Own:
    """The mode whose budget applies."""
    return "test" if mode == "test" else "production"


def _of_workers(now: float) -> set[Own]:
    """The modes of live workers; if there are none, of the last one."""
    return _alive(run(_WORKERS).fetchall(), now)


def _alive(beats: Iterable[Sequence[Any]], now: float) -> set[Own]:
    newest = sorted(((at, mode) for mode, at in beats), reverse=True)
    alive: set[Own] = {mode for at, mode in newest if at > now - DEAD_AFTER}
    return alive or {mode for _, mode in newest[:1]}


def named(test_mode: object) -> Own:
    """The mode of a training with this `test_mode`."""
    return "test" if test_mode else "production"
