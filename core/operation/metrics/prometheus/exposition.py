"""The dashboard's numbers in Prometheus' text format: those of a day until now, and what waits.

These are gauges, and quantiles of a day: what is deleted or cleared away makes a total of rows
smaller, which a counter can't be. What only rises is in `counters`.
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from core import __version__
from core.base import db
from core.base.processes.mode import said
from core.operation.metrics import cost, errors, health, overview, photos, training
from core.operation.metrics.pictures import totals
from core.operation.metrics.prometheus import counters
from core.operation.metrics.scope import DAY, Mode, Scope

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_MODES: tuple[Mode, ...] = ("production", "test")


class Sample(NamedTuple):
    """A number with its labels; `None` where there is nothing to say."""

    name: str
    value: float | None
    labels: Mapping[str, str] = {}


HELP = {
    "avatars_created": "Avatars with a name that were begun in the last 24 hours.",
    "people_new": "People who came for the first time in the last 24 hours.",
    "trainings_ended": "Trainings that ended in the last 24 hours.",
    "training_success_ratio": "Completed / (completed + failed), of the last 24 hours.",
    "training_seconds": "Quantiles of how long completed trainings of the last 24 hours took.",
    "training_wait_seconds": "Quantiles of how long they waited to begin.",
    "fal_calls": "Calls of fal in the last 24 hours.",
    "fal_errors": "Calls of fal that failed in the last 24 hours.",
    "cost_usd": "What the trainings that began in the last 24 hours cost.",
    "pictures": "Pictures that were ordered in the last 24 hours, and what came of them.",
    "picture_orders_failed": "Orders of the last 24 hours of which no picture came.",
    "picture_seconds": "Quantiles of how long orders of pictures took that ended in 24 hours.",
    "picture_cost_usd": "What the pictures that were ordered in the last 24 hours cost.",
    "orders": "Whether trainings are ordered in this mode: 1 for one of them, by what workers say.",
    "trainings_active": "Trainings under way.",
    "waiting": "How much waits now.",
    "waiting_seconds": "How long the oldest of it has waited.",
    "notices": "Notices of the last 24 hours that did not arrive for certain.",
    "unreachable_chats": "Chats that blocked the bot.",
    "quarantined_events": "Events that were set aside, 200 at most.",
    "heartbeat_seconds": "How long ago any process of a part said that it lives.",
    "build_info": "1, with the versions that answer.",
}  # fmt: skip


_SUMMARIES = {"training_seconds", "training_wait_seconds", "picture_seconds"}
"""Quantiles over the rows of a day, exact; they have no sum and no count."""


def text(now: float) -> str:
    """The numbers of a moment (seconds since 1970), a line each."""
    by_name: dict[str, list[Sample]] = {}
    for sample in samples(now):
        by_name.setdefault(sample.name, []).append(sample)
    of_now = (_of_now(name, found) for name, found in by_name.items())
    return "".join((*of_now, *map(_rising, counters.families())))


def samples(now: float) -> Iterator[Sample]:
    """The same as they are."""
    day = Scope(now - DAY, now)
    yield Sample("build_info", 1, _build())
    yield Sample("avatars_created", overview.avatars_created(day))
    yield Sample("people_new", overview.people_new(day))
    for mode in _MODES:
        yield from _of_mode(Scope(now - DAY, now, mode))
    ordered = said(now)
    for mode in _MODES:
        yield Sample("orders", None if ordered is None else int(ordered == mode), {"mode": mode})
    yield from _waiting(now)
    for outcome, n in health.notices(day)._asdict().items():
        yield Sample("notices", n, {"outcome": outcome})
    yield Sample("unreachable_chats", health.unreachable())
    yield Sample("quarantined_events", len(health.quarantined()))
    freshest: dict[str, float] = {}
    for beat in health.beats():
        freshest[beat.part] = max(beat.at, freshest.get(beat.part, 0.0))
    for part, at in freshest.items():
        yield Sample("heartbeat_seconds", max(0.0, now - at), {"part": part})


def _of_mode(scope: Scope) -> Iterator[Sample]:
    labels = {"mode": scope.mode}
    ended = overview.outcomes(scope)
    for status, n in ended._asdict().items():
        yield Sample("trainings_ended", n, {**labels, "status": status})
    yield Sample("training_success_ratio", ended.success, labels)
    for name, found in (
        ("training_seconds", training.times(scope)),
        ("training_wait_seconds", training.waits(scope)),
    ):
        for times in found:
            kind = {**labels, "type": times.training_type}
            for q, seconds in (("0.5", times.p50), ("0.9", times.p90), ("0.99", times.p99)):
                yield Sample(name, seconds, {**kind, "quantile": q})
    calls = errors.calls(scope)
    yield Sample("fal_calls", calls.calls, labels)
    yield Sample("fal_errors", calls.errors, labels)
    yield Sample("cost_usd", cost.spent(scope).total, labels)
    yield from _of_pictures(scope, labels)
    active = Counter(run.status for run in training.active(scope))
    for status in training.ACTIVE:
        yield Sample("trainings_active", active[status], {**labels, "status": status})


def _of_pictures(scope: Scope, labels: Mapping[str, str]) -> Iterator[Sample]:
    found = totals.ordered(scope)
    for what, n in (
        ("ordered", found.pictures),
        ("made", found.made),
        ("blocked", found.blocked),
        ("spoilt", found.spoilt),
    ):
        yield Sample("pictures", n, {**labels, "what": what})
    yield Sample("picture_orders_failed", found.failed, labels)
    for times in totals.times(scope):
        profile = {**labels, "profile": times.profile}
        for q, seconds in (("0.5", times.p50), ("0.9", times.p90), ("0.99", times.p99)):
            yield Sample("picture_seconds", seconds, {**profile, "quantile": q})
    spent = found.usd + totals.forgotten(scope).usd
    yield Sample("picture_cost_usd", spent, labels)


def _waiting(now: float) -> Iterator[Sample]:
    """Events, screens, runs and photos that somebody has yet to deal with."""
    erasures, exports = health.erasures(now), health.exports(now)
    found = {
        "events": health.unhandled(),
        "screens": health.unshown(),
        "runs": health.overdue(Scope(0, now), now),
        "photos": health.Waiting(*photos.pending()),
        "objects": health.doomed(),
        "erasures": health.Waiting(len(erasures), erasures[0].since if erasures else None),
        "exports": health.Waiting(len(exports), exports[0].ordered_at if exports else None),
    }
    for what, waiting in found.items():
        yield Sample("waiting", waiting.n, {"what": what})
        age = 0.0 if waiting.since is None else max(0.0, now - waiting.since)
        yield Sample("waiting_seconds", age, {"what": what})


def _build() -> dict[str, str]:
    database = "sqlite" if db.is_sqlite() else "postgresql"
    return {"version": __version__, "python": platform.python_version(), "database": database}


def _of_now(name: str, found: list[Sample]) -> str:
    kind = "summary" if name in _SUMMARIES else "gauge"
    lines = [_line(name, one.labels, one.value) for one in found if one.value is not None]
    return _family(name, kind, HELP[name], lines)


def _rising(family: counters.Family) -> str:
    lines = [_line(*sample) for sample in family.samples]
    return _family(family.name, family.kind, family.help, lines)


def _family(name: str, kind: str, meaning: str, lines: list[str]) -> str:
    named = f"likeness_{name}"
    return "\n".join((f"# HELP {named} {meaning}", f"# TYPE {named} {kind}", *lines, ""))


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    return f"likeness_{name}{_labels(labels)} {value}"


def _labels(labels: Mapping[str, str]) -> str:
    inner = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
