"""The background work that a kind of order is: prompt steps, polls, transfers, late orders."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from core.avatars.orders.machine import Machine, Stepped
from core.avatars.orders.submissions import Submission
from core.base.settings import Settings
from core.base.work import Piece, Pool, Wait, Work, owned

PROMPT = 2
"""Threads for orders that were woken: those wait for no poll and no transfer."""
AT_ONCE = 500
"""How many orders are taken at a look: a thousand may be under way."""


def waits(table: str) -> tuple[Wait, Wait]:
    """An order that is merely asked after is asked twice at worst."""
    return (
        Wait(table, "next_check_at", 20.0, "AND status IN ('queued', 'training')"),
        Wait(table, "next_check_at", 120.0),
    )


def kinds(machine: Machine, settings: Settings, slow: Pool) -> list[Work]:
    """All of it for one kind, on its own threads; `slow` is the pool of what nobody waits for."""
    jobs, name, model = settings.jobs, machine.kind.name, machine.kind.model

    def advance(order_id: str) -> Iterator[Piece]:
        return _following(name, order_id, machine.step(order_id))

    def transfer(order_id: str) -> Iterator[Piece]:
        return _following(name, order_id, machine.step(order_id, transfer=True))

    def look(submission_id: str) -> list[Piece]:
        machine.look_late(submission_id)
        return []

    owners, late = owned(model.select(model.id, model.user)), _owners_of_submissions(model)
    polls = Pool(f"{name} polls", jobs.run_threads, patient=True)
    copies, prompt = Pool(f"{name} copies", jobs.copy_threads), Pool(name, PROMPT)
    every = partial(machine.due, limit=AT_ONCE)
    bounds = waits(model._meta.table_name)
    return [
        Work(name, prompt, advance, owners=owners, woken=True, waits=bounds),
        Work(f"{name} poll", polls, advance, every, owners),
        Work(f"{name} copy", copies, transfer, partial(machine.due, transfer=True), owners),
        Work(f"{name} late", slow, look, machine.due_late, late),
    ]


def _owners_of_submissions(model: Any) -> Any:
    sent = Submission.select(Submission.id, model.user)
    return owned(sent.join(model, on=Submission.run_id == model.id))


def _following(name: str, order_id: str, stepped: Stepped | None) -> Iterator[Piece]:
    """What a step of an order leads to."""
    if stepped is None:
        return
    if stepped.transfers:
        yield f"{name} copy", order_id
    if stepped.conversation_id is not None:
        yield "turn", str(stepped.conversation_id)
