"""Storms at a fal of the test's own: real orders, faults by chance, workers that are killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from core.avatars.orders.lost.resolver import Resolver, lost_orders
from core.avatars.orders.order import Order
from core.avatars.ports import Unreachable
from tests.http_house import events, wait_for

SURE = 10.0
"""Seconds after which nobody waits for the answer to an order any more."""


class Places(NamedTuple):
    """Where a fal answers, without slashes at the end."""

    queue: str
    rest: str
    cdn: str


def at(base: str) -> Places:
    """Those of the simulated fal."""
    return Places(f"{base}/queue", f"{base}/rest", f"{base}/cdn")


def faults(
    known: Mapping[str, Sequence[str]], seed: int, share: float = 0.35
) -> Callable[[str, str], str]:
    """Choose one of a phase's faults for this share of its calls."""
    chance = random.Random(seed)

    def choose(phase: str, _run: str) -> str:
        words = known.get(phase, ())
        return chance.choice(words) if words and chance.random() < share else ""

    return choose


@contextmanager
def worker(environ: dict[str, str], log: Path) -> Iterator[None]:
    """A worker in a process of its own, killed in the end."""
    command = [sys.executable, "-m", "tests.fal_working"]
    with log.open("a") as said, subprocess.Popen(command, env=environ, stderr=said) as process:
        try:
            yield
        finally:
            process.kill()


def settle(resolver: Resolver, run: Order, taken: Sequence[str], patience: float) -> None:
    """As the admin does who looks at fal's own list: an order that we never asked after is ours.

    A webhook may have settled it meanwhile. The storm goes on: where fal can't be asked, the
    question stays open, and the admin asks again.
    """
    known = {event.request_id for event in events(run_id=run.id, phase="status")}
    if taken and taken[-1] not in known:
        wait_for(lambda: _said(resolver, run, taken[-1]), patience)
    else:
        resolver.not_sent(str(run.id))


def settle_lost(
    model: type[Order], resolver: Resolver, taken: Mapping[str, Sequence[str]], patience: float
) -> None:
    """Settle those that are lost for long; on a busy machine one may be without any fault."""
    for run in lost_orders(model):
        if run.intent_at is not None and run.intent_at < time.time() - SURE:
            settle(resolver, run, taken[run.id.hex], patience)


def _said(resolver: Resolver, run: Order, request_id: str) -> bool:
    """Whether the admin could say it; refused where fal is away."""
    try:
        resolver.sent(str(run.id), request_id)
    except Unreachable:
        return False
    return True


def environ_for(fal: Places, url: str, folder: Path, port: int) -> dict[str, str]:
    """What a process with this database and this fal is started with."""
    (folder / "config.toml").touch()
    return {
        **{name: value for name, value in os.environ.items() if name != "FAL_KEY"},
        "FAL_KEY": "storm",
        "LIKENESS_CONFIG": str(folder / "config.toml"),
        "LIKENESS_DATA_DIR": str(folder / "data"),
        "LIKENESS_DATABASE__URL": url,
        "LIKENESS_DATABASE__SYNCHRONOUS": "normal",
        "LIKENESS_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LIKENESS_HTTP__PORT": str(port),
        "LIKENESS_FAL__QUEUE_URL": fal.queue,
        "LIKENESS_FAL__REST_URL": fal.rest,
        "LIKENESS_FAL__CDN_URL": fal.cdn,
        "LIKENESS_FAL__JWKS_URL": f"{fal.rest}/.well-known/jwks.json",
        "LIKENESS_FAL__ANSWER_SECONDS": "1",
        "LIKENESS_FAL__SUBMIT_SECONDS": "1",
        "LIKENESS_TRAINING__MIN_PHOTOS": "4",
        "LIKENESS_TRAINING__BREAKER_MINUTES": "0.05",  # soon tried again
        "LIKENESS_PICTURES__BREAKER_MINUTES": "0.05",
        "LIKENESS_TRAINING__POLL_PORTRAIT_SECONDS": "1",
        "LIKENESS_JOBS__SWEEP_SECONDS": "5",
        "LIKENESS_LOG__LEVEL": "warning",
    }
