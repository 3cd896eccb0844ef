"""One worker with many trainings under way at once: results are prompt, memory stays small.

A thousand where SIZE=full: see `tests.sizes`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest

from core.app.bootstrap import App
from core.avatars.models import AvatarStatus, RunStatus, TrainingRun
from core.base.db import transaction
from core.base.settings import Settings
from core.services.fal.simulation import FalServer
from core.services.fal.simulation.orders import Order
from tests import makers
from tests.avatars.storming import at, environ_for
from tests.http_house import free_port, serving, wait_for
from tests.sizes import sized
from tests.yardstick import Yardstick

pytestmark = pytest.mark.soak

MANY = sized(60, 100, 1000)
PROMPT = 20
"""Trainings that end meanwhile, each told of by a webhook."""


def _under_way(order: Order) -> TrainingRun:
    """A training that fal has had for a while."""
    owner = makers.conversation()
    avatar = makers.avatar(owner, photos=0, status=AvatarStatus.TRAINING)
    return TrainingRun.create(
        id=order.run, avatar=avatar, user=owner.user, conversation=owner, training_type="portrait",
        status=RunStatus.RUNNING, profile="flux-lora-portrait-trainer", attempts=1,
        endpoint="fal-ai/flux-lora-portrait-trainer", request_id=order.request_id,
        created_at=time.time(), submitted_at=time.time(), started_at=time.time(),
        deadline_at=time.time() + 1e5,
    )  # fmt: skip


def _order(seconds: float) -> Order:
    return Order(os.urandom(16).hex(), round(time.time() * 1000), 0, round(seconds * 1000), 9,
                 "success")  # fmt: skip


@pytest.mark.timeout(120 + MANY)
def test_many_trainings_under_way_keep_results_prompt_and_memory_small(
    sqlite_db: Any, sqlite_url: str, tmp_path: Path
) -> None:
    port = free_port()
    with FalServer() as fal:
        environ = environ_for(at(fal.base), sqlite_url, tmp_path, port)
        environ["LIKENESS_TRAINING__POLL_PORTRAIT_SECONDS"] = "15"
        app = App(Settings.load(tmp_path / "config.toml", environ=environ))
        with transaction():
            for _ in range(MANY):
                _under_way(_order(1e5))
        prompt = [_order(15.0 + n / 3) for n in range(PROMPT)]
        with transaction():
            ending = [_under_way(order) for order in prompt]
        command = [sys.executable, "-m", "tests.fal_working"]
        with serving(app), subprocess.Popen(command, env=environ) as worker:
            try:
                with Yardstick() as yardstick:
                    for order in prompt:
                        _tell_at_the_end(fal, app, order)
                    wait_for(lambda: _all_ended(ending))
                memory = _resident(worker.pid)
            finally:
                worker.kill()
        app.close()
    taken = [
        (TrainingRun.get_by_id(run.id).finished_at or 0.0) - order.ends
        for run, order in zip(ending, prompt, strict=True)
    ]
    print(f"{MANY} runs: median {median(taken):.2f} s, slowest {max(taken):.2f} s, {memory:.0f} MB")
    assert median(taken) <= yardstick.times_slower, "seconds of a machine of our own"
    assert memory <= 200


def _tell_at_the_end(fal: FalServer, app: App, order: Order) -> None:
    time.sleep(max(0.0, order.ends - time.time()))
    body = f'{{"request_id": "{order.request_id}", "status": "OK", "payload": null}}'.encode()
    headers = fal._signer.headers(order.request_id, body, time.time())
    answer = httpx.post(app.webhook_url(order.run), content=body, headers=headers, trust_env=False)
    assert answer.status_code == 200


def _all_ended(runs: list[TrainingRun]) -> bool:
    ids = [run.id for run in runs]
    done: Any = TrainingRun.select().where(
        TrainingRun.id.in_(ids), TrainingRun.status == RunStatus.COMPLETED
    )
    time.sleep(0.2)
    return bool(done.count() == len(ids))


def _resident(pid: int) -> float:
    """Megabytes of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError("a process without memory")
