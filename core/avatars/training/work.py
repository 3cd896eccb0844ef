"""The kinds of background work that a training is: prompt steps, polls, transfers, late orders."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from core.avatars.models import TrainingRun
from core.avatars.orders.machine import Stepped
from core.avatars.orders.submissions import Submission
from core.avatars.training.training import Training
from core.base.settings import Settings
from core.base.work import Piece, Pool, Wait, Work, owned

PROMPT = 2
"""Threads for runs that were woken: those wait for no poll and no transfer."""
RUNS_AT_ONCE = 500
"""How many runs are taken at a look: a thousand may be under way."""
WAITS = (
    Wait("training_runs", "next_check_at", 20.0, "AND status IN ('queued', 'training')"),
    Wait("training_runs", "next_check_at", 120.0),
)
"""A training that is merely asked after is asked twice at worst."""


def kinds(training: Training, settings: Settings, slow: Pool) -> list[Work]:
    """All of them; `slow` is the pool of what nobody waits for."""
    jobs, orders = settings.jobs, training.orders

    def advance(run_id: str) -> Iterator[Piece]:
        return _following(run_id, orders.step(run_id))

    def transfer(run_id: str) -> Iterator[Piece]:
        return _following(run_id, orders.step(run_id, transfer=True))

    def look(submission_id: str) -> list[Piece]:
        orders.look_late(submission_id)
        return []

    owners = owned(TrainingRun.select(TrainingRun.id, TrainingRun.user))
    sent = Submission.select(Submission.id, TrainingRun.user)
    owners_of_orders = owned(sent.join(TrainingRun, on=Submission.run_id == TrainingRun.id))
    polls, copies = Pool("polls", jobs.run_threads, patient=True), Pool("copies", jobs.copy_threads)
    return [
        Work("run", Pool("runs", PROMPT), advance, owners=owners, woken=True, waits=WAITS),
        Work("poll", polls, advance, partial(orders.due, limit=RUNS_AT_ONCE), owners),
        Work("copy", copies, transfer, partial(orders.due, transfer=True), owners),
        Work("late", slow, look, orders.due_late, owners_of_orders),
    ]


def _following(run_id: str, stepped: Stepped | None) -> Iterator[Piece]:
    """What a step of a run leads to."""
    if stepped is None:
        return
    if stepped.transfers:
        yield "copy", run_id
    if stepped.conversation_id is not None:
        yield "turn", str(stepped.conversation_id)
