"""What only rises: counters and histograms, as all processes counted them together.

What a process counted comes here with its heartbeat (`core.base.processes.meters`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple, get_args

from core.avatars.models import PhotoValidationStatus
from core.avatars.orders.order import Status
from core.avatars.ports import Phase
from core.base.processes.meters import BOUNDS
from core.conversation.inbox import Receipt
from core.operation.metrics.scope import rows

MODES = ("production", "test")
_KINDS = ("training", "pictures")
_PHASES: tuple[Any, ...] = get_args(Phase)
_LE = (*map(str, BOUNDS), "+Inf")


class Counted(NamedTuple):
    """What a name means, and the values of its labels that are shown before anything happens.

    Where they are known beforehand, the first one that happens is seen to rise from 0.
    """

    help: str
    labels: Mapping[str, tuple[str, ...]] = {}


COUNTERS = {
    "turns": Counted(
        "Events applied, tries that failed, and events set aside after too many.",
        {"outcome": ("applied", "failed", "quarantined")},
    ),
    "updates_received": Counted(
        "Updates that arrived, by channel and by what became of them.",
        {"channel": (), "receipt": tuple(Receipt)},
    ),
    "screens_shown": Counted("Screens that a channel accepted."),
    "notices": Counted(
        "Notices that were sent, or given up.",
        {"outcome": ("sent", "uncertain", "blocked", "failed")},
    ),
    "photos_judged": Counted(
        "Photos that got their verdict.",
        {
            "verdict": tuple(
                status for status in PhotoValidationStatus if status is not status.PENDING
            )
        },
    ),
    "orders": Counted(
        "Trainings and orders of pictures that ended.",
        {
            "kind": _KINDS,
            "status": tuple(status for status in Status if status.final),
            "mode": MODES,
        },
    ),
    "http_requests": Counted(
        "Answers of the web server, the chat page and the dashboard.", {"code": ("200", "500")}
    ),
    "fal_requests": Counted(
        "Calls of fal, and webhooks from there.",
        {"phase": _PHASES, "outcome": ("ok", "failed"), "mode": MODES},
    ),
}
HISTOGRAMS = {
    "turn_seconds": Counted("How long an event took to be applied and committed."),
    "order_seconds": Counted(
        "How long completed orders took from the first wish to the result.", {"kind": _KINDS}
    ),
    "fal_request_seconds": Counted("How long calls of fal took.", {"phase": ()}),
}

Labels = tuple[tuple[str, str], ...]
Found = dict[str, dict[Labels, float]]


class Family(NamedTuple):
    """A name with its kind, its meaning and its samples: each by name, labels and value."""

    name: str
    kind: str
    help: str
    samples: Sequence[tuple[str, Mapping[str, str], float]]


def families() -> Iterator[Family]:
    """All of them, as they stand in the database."""
    found: Found = {}
    for name, labels, value in rows("SELECT name, labels, value FROM meters"):
        found.setdefault(name, {})[_sorted(json.loads(labels))] = value
    for name, counted in COUNTERS.items():
        sums = dict.fromkeys(_combinations(counted.labels), 0.0) | found.get(name, {})
        samples = [(f"{name}_total", dict(labels), n) for labels, n in sums.items()]
        yield Family(f"{name}_total", "counter", counted.help, samples)
    for name, counted in HISTOGRAMS.items():
        yield Family(name, "histogram", counted.help, list(_histogram(name, counted, found)))


def _histogram(
    name: str, counted: Counted, found: Found
) -> Iterator[tuple[str, Mapping[str, str], float]]:
    """Buckets that contain the ones below them, the sum, and how many there are."""
    buckets, sums = found.get(f"{name}_bucket", {}), found.get(f"{name}_sum", {})
    for labels in dict.fromkeys((*_combinations(counted.labels), *sums)):
        known, so_far = dict(labels), 0.0
        for le in _LE:
            so_far += buckets.get(_sorted({**known, "le": le}), 0.0)
            yield f"{name}_bucket", {**known, "le": le}, so_far
        yield f"{name}_sum", known, sums.get(labels, 0.0)
        yield f"{name}_count", known, so_far


def _combinations(labels: Mapping[str, tuple[str, ...]]) -> Iterator[Labels]:
    for values in product(*labels.values()):
        yield _sorted(dict(zip(labels, map(str, values), strict=True)))


def _sorted(labels: Mapping[str, str]) -> Labels:
    return tuple(sorted(labels.items()))
