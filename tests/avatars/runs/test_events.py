"""What is kept of calls, and for how long."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from structlog.testing import capture_logs

from core.avatars.orders.events import Events, FalEvent, sweep
from core.avatars.ports import Observation
from core.base.db import database

RUN = uuid.uuid4()


def seen(**changes: Any) -> Observation:
    plain = {"run_id": str(RUN), "endpoint": "fal-ai/x", "phase": "status", "ok": True}
    return Observation(**{**plain, **changes})


def test_a_call_is_a_row_with_its_moment(db: Any) -> None:
    Events(lambda: 7.0).observe(seen(http_status=202, seconds=0.5, request_id="r" * 300))
    (event,) = FalEvent.select()
    assert (event.at, event.run_id, event.http_status) == (7.0, RUN, 202)
    assert len(event.request_id) == 128


def test_one_about_no_run_of_ours_is_kept_without(db: Any) -> None:
    Events().observe(seen(run_id="", phase="webhook", ok=False, error_class="operator"))
    assert FalEvent.get().run_id is None


def kept() -> list[tuple[float, str]]:
    return [(event.at, event.phase) for event in FalEvent.select().order_by(FalEvent.id)]


def test_polls_that_went_well_wait_for_company_while_a_worker_works(db: Any) -> None:
    moments = iter(range(9))
    events = Events(lambda: next(moments))
    with events.batched():
        events.observe(seen())
        events.observe(seen())
        assert kept() == []
        events.observe(seen(phase="submit"))
        assert kept() == [(0, "status"), (1, "status"), (2, "submit")]
        events.observe(seen())
        events.observe(seen(ok=False))
        assert len(kept()) == 5
        events.observe(seen())
        events.flush()
        events.flush()
        assert len(kept()) == 6


def test_what_can_not_be_written_stops_nobody(db: Any) -> None:
    database.execute_sql("ALTER TABLE fal_events RENAME TO mislaid")
    try:
        with capture_logs() as logs:
            Events().observe(seen())
    finally:
        database.execute_sql("ALTER TABLE mislaid RENAME TO fal_events")
    assert [line["event"] for line in logs] == ["events could not be kept"]


@pytest.mark.parametrize(
    ("changes", "at", "kept"),
    [
        ({}, 49.0, False),
        ({}, 51.0, True),
        ({"ok": False}, 49.0, True),
        ({"phase": "submit"}, 49.0, True),
        ({"phase": "submit"}, 9.0, False),
    ],
)
def test_polls_that_told_nothing_go_first(
    db: Any, changes: dict[str, Any], at: float, kept: bool
) -> None:
    Events(lambda: at).observe(seen(**changes))
    assert sweep(before=10.0, polls_before=50.0) == (not kept)
    assert FalEvent.select().count() == kept
