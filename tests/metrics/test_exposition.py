"""Prometheus' text format: well-formed, and the same numbers as on the pages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from core.base import db
from core.operation.metrics import cost, errors, health, overview, training
from core.operation.metrics.prometheus import exposition
from core.operation.metrics.scope import DAY, Scope
from tests.metrics.history import NOW, make

_LINE = re.compile(r'(likeness_\w+)(?:\{(\w+="[^"\\\n]*"(?:,\w+="[^"\\\n]*")*)\})? (\S+)')


def read(text: str) -> dict[str, float]:
    """Every sample by its name and labels."""
    found = [_LINE.fullmatch(line) for line in text.splitlines() if not line.startswith("#")]
    assert all(found)
    return {f"{m[1]}{{{m[2] or ''}}}": float(m[3]) for m in found if m}


def test_it_says_what_the_pages_say(db: Any) -> None:
    make()
    told = read(exposition.text(NOW))
    day = Scope(NOW - DAY, NOW)
    assert told["likeness_avatars_created{}"] == overview.avatars_created(day) > 0
    assert told["likeness_people_new{}"] == overview.people_new(day)
    for mode in ("production", "test"):
        scope = Scope(NOW - DAY, NOW, mode)
        ended = overview.outcomes(scope)
        label = f'mode="{mode}"'
        assert told[f'likeness_trainings_ended{{{label},status="failed"}}'] == ended.failed
        assert told.get(f"likeness_training_success_ratio{{{label}}}") == ended.success
        assert told[f"likeness_fal_errors{{{label}}}"] == errors.calls(scope).errors
        assert told[f"likeness_cost_usd{{{label}}}"] == pytest.approx(cost.spent(scope).total)
        for times in training.times(scope):
            labels = f'{label},type="{times.training_type}",quantile="0.9"'
            assert told[f"likeness_training_seconds{{{labels}}}"] == pytest.approx(times.p90)
    assert told['likeness_waiting{what="events"}'] == health.unhandled().n


def test_every_number_has_its_kind_and_its_meaning_once(sqlite_db: Any) -> None:
    make(30)
    lines = exposition.text(NOW).splitlines()
    for word in ("HELP", "TYPE"):
        named = [line.split()[2] for line in lines if line.startswith(f"# {word} ")]
        assert len(named) == len(set(named))
        names = {key.partition("{")[0] for key in read("\n".join(lines))}
        assert {re.sub("_(bucket|sum|count)$", "", name) for name in names} <= set(named)
    assert exposition.text(NOW).endswith("\n")


def test_nothing_yet_is_told_as_nothing(db: Any) -> None:
    told = read(exposition.text(NOW))
    assert told["likeness_avatars_created{}"] == 0
    assert not any(name.startswith("likeness_training_success_ratio") for name in told)


def test_a_label_can_not_break_a_line(sqlite_db: Any) -> None:
    with db.transaction():
        db.run(
            "INSERT INTO heartbeats (part, process, at, started_at, version, trouble) "
            "VALUES (?, 'p', ?, 0, '1', '')",
            *('a"b\\\nc', NOW - 5),
        )
    assert 'likeness_heartbeat_seconds{part="a\\"b\\\\\\nc"} 5.0' in exposition.text(NOW)
