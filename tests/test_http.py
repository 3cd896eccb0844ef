"""The web server over real sockets: health, and webhooks from the simulated fal."""

from __future__ import annotations

import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.avatars.models import AvatarStatus, RunStatus, TrainingRun
from core.base.db import database
from core.base.errors import ConfigurationError
from core.base.settings import Settings
from core.base.settings.running.processes import Http
from core.operation import http
from core.services.fal.simulation.webhooks import FORGERIES, Signer
from tests import makers
from tests.http_house import NEVER, HttpHouse, ends, events, opened, wait_for

QUICK: Any = {"simulated_queue_seconds": 0.1, "simulated_seconds": 2.0, "check_seconds": NEVER}
"""A training lasts so long that the first question, right after the order, comes before its end."""


@pytest.fixture
def house(db: Any, database_url: str, tmp_path: Path) -> Iterator[HttpHouse]:
    """A house whose worker asks after nothing by itself: it must be told."""
    with opened(database_url, tmp_path, **QUICK) as made:
        yield made


@pytest.fixture
def still(sqlite_db: Any, sqlite_url: str, tmp_path: Path) -> Iterator[HttpHouse]:
    """A house without a worker."""
    with opened(sqlite_url, tmp_path, working=False, **QUICK) as made:
        yield made


def test_a_webhook_alone_brings_a_training_to_its_end(house: HttpHouse) -> None:
    _, avatar, run = house.begin()
    wait_for(lambda: makers.fresh(run).status is RunStatus.COMPLETED)
    ended = makers.fresh(run)
    assert ended.finished_by == "webhook"
    assert makers.fresh(avatar).finetune_id == ended.request_id
    assert house.app.store.exists(ended.weights_key)
    assert ends(run) == ["completed"]
    (heard,) = events(phase="webhook")
    assert (heard.ok, heard.http_status, heard.run_id) == (True, 200, run.id)


@pytest.mark.parametrize("fault", FORGERIES)
def test_what_fal_has_not_sent_is_refused_and_counted(house: HttpHouse, fault: str) -> None:
    house.fal.plan.add("webhook", fault)
    _, _, run = house.begin()
    wait_for(lambda: makers.fresh(run).status is RunStatus.COMPLETED)
    wait_for(lambda: len(events(phase="webhook")) == 2)
    refused, heard = events(phase="webhook")
    assert (refused.ok, refused.http_status, refused.run_id) == (False, 401, run.id)
    assert refused.error_type in ("bad_signature", "stale")
    assert (heard.ok, heard.http_status) == (True, 200)
    assert makers.fresh(run).finished_by == "webhook"


@pytest.mark.parametrize("fault", ["twice", "ten", "null_payload", "early"])
def test_however_webhooks_come_the_end_comes_once(house: HttpHouse, fault: str) -> None:
    house.fal.plan.add("webhook", fault)
    _, avatar, run = house.begin()
    wait_for(lambda: events(phase="webhook"))
    if fault == "early":  # it says what is not true yet; the next question is the next chance
        wait_for(lambda: makers.fresh(run).status in (RunStatus.QUEUED, RunStatus.RUNNING))
        wait_for(lambda: _asked_again(run))
    wait_for(lambda: makers.fresh(run).status is RunStatus.COMPLETED)
    assert ends(run) == ["completed"]
    assert makers.fresh(avatar).status is AvatarStatus.COMPLETED
    assert len(makers.runs(avatar)) == 1


def _asked_again(run: TrainingRun) -> bool:
    query: Any = TrainingRun.update(next_check_at=0).where(
        TrainingRun.id == run.id, TrainingRun.status.in_((RunStatus.QUEUED, RunStatus.RUNNING))
    )
    query.execute()
    return makers.fresh(run).status in (RunStatus.SAVING, RunStatus.COMPLETED)


def _signed(house: HttpHouse, request_id: str) -> tuple[dict[str, str], bytes]:
    """A webhook that the simulated fal has signed."""
    signer: Signer = house.fal._signer
    body = f'{{"request_id": "{request_id}", "status": "OK", "payload": null}}'.encode()
    return signer.headers(request_id, body, house.fal._clock()), body


def test_what_strangers_send_is_refused_and_leaves_one_row(still: HttpHouse) -> None:
    for n in range(20):
        assert still.site.post(f"/fal/webhook/{n}", content=b"{}").status_code == 401
    (noted,) = events(phase="webhook")
    assert (noted.http_status, noted.run_id) == (401, None)


def test_a_true_webhook_about_no_run_of_ours_is_taken_and_changes_nothing(
    still: HttpHouse,
) -> None:
    _, _, run = still.begin()
    headers, body = _signed(still, "somebody else's")
    unknown = still.app.webhook_url(str(uuid.uuid4())).removeprefix(still.app.settings.public_url)
    own = still.app.webhook_url(str(run.id)).removeprefix(still.app.settings.public_url)
    for path in (unknown, own, "/fal/webhook/made-up"):
        assert still.site.post(path, content=body, headers=headers).status_code == 200
    after = makers.fresh(run)
    assert (after.status, after.request_id) == (RunStatus.READY, None)
    kinds = [event.error_type for event in events(phase="webhook")]
    assert kinds == ["unknown_run", "other_run", "unknown_run"]


def test_a_lost_order_is_found_by_its_webhook(still: HttpHouse) -> None:
    _, _, run = still.begin()
    TrainingRun.update(
        status=RunStatus.UNCERTAIN, intent_at=1.0, profile="flux-lora-portrait-trainer"
    ).execute()
    headers, body = _signed(still, "fal-77")
    path = still.app.webhook_url(str(run.id)).removeprefix(still.app.settings.public_url)
    assert still.site.post(path, content=body, headers=headers).status_code == 200
    found = makers.fresh(run)
    assert (found.status, found.request_id) == (RunStatus.QUEUED, "fal-77")


def test_one_that_can_not_be_written_down_is_asked_for_again(still: HttpHouse) -> None:
    _, _, run = still.begin()
    headers, body = _signed(still, "fal-77")
    path = still.app.webhook_url(str(run.id)).removeprefix(still.app.settings.public_url)
    database.execute_sql("ALTER TABLE training_runs RENAME TO mislaid")
    try:
        assert still.site.post(path, content=body, headers=headers).status_code == 503
    finally:
        database.execute_sql("ALTER TABLE mislaid RENAME TO training_runs")
    assert still.site.post(path, content=body, headers=headers).status_code == 200


def test_where_the_keys_are_out_of_reach_fal_is_to_try_again(still: HttpHouse) -> None:
    still.fal.plan.add("keys", "500", times=5)
    headers, body = _signed(still, "fal-77")
    assert still.site.post("/fal/webhook/x", content=body, headers=headers).status_code == 503
    (noted,) = events(phase="webhook")
    assert (noted.ok, noted.error_class) == (False, "retry")


def test_a_body_without_end_is_cut_off(still: HttpHouse) -> None:
    answer = still.site.post("/fal/webhook/x", content=b"x" * (5 * 1024 * 1024))
    assert answer.status_code == 413


def test_whoever_hangs_up_in_the_middle_leaves_no_error_behind(
    still: HttpHouse, caplog: pytest.LogCaptureFixture
) -> None:
    where = httpx.URL(still.app.settings.public_url)
    with socket.create_connection((where.host, where.port or 80)) as caller:
        caller.sendall(b"POST /fal/webhook/x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx")
        time.sleep(0.2)
    time.sleep(0.3)
    assert still.site.get("/health").status_code == 200
    assert [record for record in caplog.records if record.exc_info] == []


def test_health_says_whether_the_database_answers(still: HttpHouse) -> None:
    answer = still.site.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok"})


def test_no_event_holds_an_address_a_key_or_a_name(house: HttpHouse) -> None:
    _, _, run = house.begin()
    wait_for(lambda: makers.fresh(run).status is RunStatus.COMPLETED)
    seen = events()
    assert {event.phase for event in seen} >= {"upload", "submit", "status", "result", "download"}
    written = " ".join(f"{event.endpoint} {event.message} {event.error_type}" for event in seen)
    assert not any(word in written for word in ("://", "127.0.0.1", "simulated", "Anna"))


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"port {port} of 127.0.0.1.*http.port"):
            http.listen(Http(port=port))


def test_it_is_served_beside_the_rest_only_where_somebody_can_reach_it() -> None:
    assert not http.configured(Settings())
    assert http.configured(Settings(public_url="https://bot.example"))
    assert http.configured(Settings(http=Http(port=8600)))
    assert http.address(Http()) == "http://127.0.0.1:8600"
    assert http.address(Http(host="::1", port=1)) == "http://[::1]:1"
