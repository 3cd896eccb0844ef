"""What is counted: events and seconds, added up in this process until its heartbeat writes them.

Rows can't be counted for it: they are deleted, with a person or after their time, and a counter
never falls. One that is killed loses what it counted since its last heartbeat.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect_left
from collections.abc import Iterable

BOUNDS = (
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
    30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0,
)  # fmt: skip
"""Upper bounds of every histogram's buckets, in seconds; the last bucket has none."""

Labels = tuple[tuple[str, str], ...]
Key = tuple[str, Labels]
"""A sample's name and its labels, in the order of their names."""

_LE = (*map(str, BOUNDS), "+Inf")

_lock = threading.Lock()
_counted: dict[Key, float] = {}


def count(name: str, n: float = 1.0, **labels: str) -> None:
    """Add to a counter; call it once what is counted is committed."""
    _add((((name, tuple(sorted(labels.items()))), n),))


def observe(name: str, *seconds: float, **labels: str) -> None:
    """Add durations to a histogram; one that a clock made negative lasted no time."""
    of_sum = tuple(sorted(labels.items()))
    for lasted in (max(0.0, one) for one in seconds):
        labels["le"] = _LE[bisect_left(BOUNDS, lasted)]
        bucket = (f"{name}_bucket", tuple(sorted(labels.items())))
        _add(((bucket, 1.0), ((f"{name}_sum", of_sum), lasted)))


def labelled(labels: Labels) -> str:
    """Labels as a row has them."""
    return json.dumps(dict(labels), ensure_ascii=False)


def take() -> list[tuple[Key, float]]:
    """What was counted since it was last asked; in one order, so that no two writers wait for each
    other in a circle."""
    with _lock:
        taken = sorted(_counted.items())
        _counted.clear()
    return taken


def give_back(taken: Iterable[tuple[Key, float]]) -> None:
    """Keep what could not be written until the next time."""
    _add(taken)


def _add(counted: Iterable[tuple[Key, float]]) -> None:
    with _lock:
        for key, n in counted:
            _counted[key] = _counted.get(key, 0.0) + n
