"""Many trainings against a fal on which everything goes wrong, with workers that are killed.

How many: see `tests.sizes`; two thousand take an hour.
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from core.app.bootstrap import App
from core.avatars.models import Avatar, AvatarStatus, RunStatus, TrainingRun
from core.avatars.orders.submissions import Fate, Submission
from core.avatars.queries import model_of
from core.avatars.training.training import lost_trainings
from core.base.settings import Settings
from core.services.fal.errors import TYPES
from core.services.fal.simulation import FalServer
from core.services.fal.simulation.faults import Ledger
from core.services.fal.simulation.orders import CODES, REQUEST_CODES, Order
from core.services.fal.simulation.webhooks import FORGERIES
from tests.avatars.storming import SURE, at, environ_for, faults, settle, settle_lost, worker
from tests.http_house import begin_in, ends, events, free_port, serving, wait_for
from tests.patience import LONG
from tests.sizes import SEED, sized

RUNS = sized(12, 200, 2000)
KILLS = max(4, RUNS // 50)
PATIENCE = LONG + RUNS
FINAL = (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED)

CALLS = ("reset", "500", "503_html", "malformed", "reset_untaken", "429")
FAULTS = {
    "submit": ("hang", "hang_untaken", "no_id", "422:image_too_small", "foreign_urls", *CALLS),
    "status": ("missing_logs", "missing_position", "hang", *CALLS),
    "result": CALLS,
    "upload": CALLS,
    "token": CALLS,
    "download": ("truncated", *CALLS),
    "webhook": ("twice", "ten", "late", "early", "never", "null_payload", *FORGERIES),
    "training": (*CODES, *REQUEST_CODES),
}


@pytest.mark.sized
@pytest.mark.timeout(PATIENCE * 3)
def test_in_a_storm_of_faults_every_run_ends_right_and_is_paid_once(
    sqlite_db: Any, sqlite_url: str, tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "workers.log"
    with FalServer(queue_seconds=0.2, training_seconds=0.6) as fal:
        ledger = fal.ledger
        environ = environ_for(at(fal.base), sqlite_url, tmp_path, port)
        app = App(Settings.load(tmp_path / "config.toml", environ=environ))
        with serving(app):
            started = [begin_in(app) for _ in range(RUNS)]
            fal.plan.choose = faults(FAULTS, SEED)
            for n in range(KILLS):
                with worker(environ, log):
                    time.sleep(2.0 + n % 3)
            fal.plan.choose = faults(FAULTS, SEED + 1)
            with worker(environ, log):
                wait_for(_settled, PATIENCE)
                lost = lost_trainings()
                time.sleep(SURE)
                for run in lost:
                    settle(app.training.orders.resolver, run, ledger.taken[run.id.hex], PATIENCE)
                fal.plan.choose = lambda phase, run: ""
                wait_for(lambda: _ended(app, ledger), PATIENCE)
        app.close()
        print(f"{len(lost)} of {RUNS} were uncertain: {Counter(run.error_type for run in lost)}")
        for run in started:
            _check(TrainingRun.get_by_id(run.id), ledger.taken[run.id.hex])
        forged = [sent for sent in ledger.webhooks if sent.kind and sent.status]
        assert {sent.status for sent in forged} <= {401}
        assert len(events(phase="webhook", http_status=401)) == len(forged)


def _check(run: TrainingRun, taken: list[str]) -> None:
    """One run has ended as its last order did, and no order before it was to be paid."""
    outcomes = [order.outcome for order in map(Order.read, taken) if order is not None]
    doubled = [o for o in outcomes[:-1] if TYPES.get(o) != "retry"]
    assert not doubled, (
        outcomes,
        [(e.phase, e.error_type, e.request_id) for e in events(run_id=run.id)],
    )
    avatar = Avatar.get_by_id(run.avatar_id)
    told = "completed" if run.status is RunStatus.COMPLETED else "failed"
    assert ends(run) == [told], "its person is told, once"
    if run.status is RunStatus.COMPLETED:
        assert outcomes[-1] == "success"
        assert (avatar.status, avatar.finetune_id) == (AvatarStatus.COMPLETED, run.request_id)
        model = model_of(avatar.id)
        assert model is not None
        assert model.weights_key == run.weights_key
        _check_costs(run)
        return
    assert (run.status, avatar.status) == (RunStatus.FAILED, AvatarStatus.ERROR)
    if run.request_id is None:  # refused, as one that nobody can repair
        assert run.error_type == "image_too_small"
    else:
        assert run.error_type == outcomes[-1]
    assert run.error_class == TYPES[run.error_type]
    if run.error_class == "retry":
        assert run.attempts >= 3


def _check_costs(run: TrainingRun) -> None:
    """One order was made and costs its price; another only where fal may have charged it."""
    sent = list(Submission.select().where(Submission.run_id == run.id))
    made = [order for order in sent if order.fate == Fate.COMPLETED]
    assert [order.request_id for order in made] == [run.request_id]
    for order in sent:
        charged = order in made or order.http_status == 422
        assert order.price_usd is not None
        expected = order.price_usd if charged and order.fate != Fate.REFUSED else 0.0
        assert order.cost_usd == expected, (order.fate, order.error_type)
    assert run.cost_usd == sum(order.cost_usd or 0.0 for order in sent)


def _settled() -> bool:
    known: Any = TrainingRun.status.in_((*FINAL, RunStatus.UNCERTAIN))
    time.sleep(0.2)
    return not TrainingRun.select().where(~known).exists()


def _ended(app: App, ledger: Ledger) -> bool:
    """Whether all have."""
    time.sleep(0.2)
    settle_lost(TrainingRun, app.training.orders.resolver, ledger.taken, PATIENCE)
    return not TrainingRun.select().where(TrainingRun.status.not_in(FINAL)).exists()
