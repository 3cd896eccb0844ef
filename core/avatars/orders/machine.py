"""An order's life, step by step, whatever is killed meanwhile: claim, ask, decide, write.

Each step claims the order (`order`), asks outside of any transaction (`asking`), decides by a table
(`decide`) and writes the rows and the person's signal in one transaction (`writing`). A worker
that dies leaves a claim that runs out.

    ready → preparing → submitting → queued → running → saving → completed | failed
      ↑________________________│  ╲→ uncertain ↗
    any of them → cancelling → cancelled | completed

An order that waits for something outside (the provider, the admin, the budget) waits in `ready`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import peewee

from core.avatars.orders import order as orders
from core.avatars.orders import submissions
from core.avatars.orders.asking import CANCEL_SECONDS, Asker
from core.avatars.orders.decisions.news import What
from core.avatars.orders.gate import Gate
from core.avatars.orders.kind import AnyKind
from core.avatars.orders.lost import restored
from core.avatars.orders.lost.finding import Finder
from core.avatars.orders.lost.resolver import Resolver
from core.avatars.orders.order import CLAIM_SECONDS, HOLDING, Status
from core.avatars.orders.submissions import Submission
from core.avatars.orders.writing import Writer
from core.avatars.ports import Waker
from core.base.db import database, transaction
from core.base.logs import traces
from core.conversation.inbox import Inbox

AGAIN_SECONDS = 120.0
"""How often an order that was given up is asked after."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step that was taken: whose conversation may have been told something, and what is next."""

    conversation_id: int | None
    transfers: bool
    """Whether the next step transfers bytes and may be taken at once."""


class Machine:
    """Advances and cancels the orders of a kind; `clock` gives seconds since 1970.

    `webhook_url` gives the address at which a submission's webhook is expected, "" where nobody
    listens.
    """

    def __init__(
        self,
        kind: AnyKind,
        inbox: Inbox,
        jobs: Waker,
        webhook_url: Callable[[str], str],
        clock: Callable[[], float],
    ) -> None:
        self.kind = kind
        self._jobs = jobs
        self._clock = clock
        self.gate = Gate(kind)
        self._writer = Writer(kind, inbox, self.gate.judge, clock)
        self.resolver = Resolver(kind, self._writer, Finder(kind), jobs, clock)
        self._asker = Asker(kind, self.gate, self.resolver.find, webhook_url, clock)

    def due(self, now: float, limit: int = 100, transfer: bool = False) -> list[str]:
        """Orders that want their next step, or bytes transferred, the longest waiting first."""
        return orders.due(self.kind.model, now, limit, transfer)

    def step(self, order_id: str, transfer: bool = False) -> Stepped | None:
        """Take an order one step further, unless somebody else is at it or it is too early.

        A `transfer` takes as long as its bytes take.
        """
        claimed = orders.claim(self.kind.model, order_id, self._clock(), transfer)
        if claimed is None:
            return None
        was = claimed.status
        with traces.span("order", kind=self.kind.name, order=order_id, status=was) as note:
            news = self._asker.ask(claimed)
            if news is None:
                uploads = was is Status.READY and claimed.status is Status.PREPARING
                return Stepped(claimed.conversation_id, uploads)
            note(news=news.what)
            self._writer.write(claimed, news)
            if news.what is What.REFUSED and news.failure and news.failure.endpoint_gone:
                self._asker.fall_back(claimed)
            return Stepped(claimed.conversation_id, news.what is What.MADE)

    def cancel(self, order_id: uuid.UUID) -> Any:
        """Stop an order, whatever it is doing; the worker tells the provider.

        Returns it, or None where it is over or being stopped. A submission that is under way keeps
        its claim, so that its request id is known by then.
        """
        model, now = self.kind.model, self._clock()
        kept = (Status.SUBMITTING, Status.UNCERTAIN)
        soon = peewee.Case(model.status, [(s, model.next_check_at) for s in kept], 0.0)
        saving = (model.saving_at.is_null(False), model.deadline_at)
        query = model.update(
            status=Status.CANCELLING,
            next_check_at=soon,
            deadline_at=peewee.Case(None, [saving], now + CANCEL_SECONDS),
        )
        if not query.where(model.id == order_id, model.status.in_(HOLDING)).execute():
            return None
        database.after_commit(lambda: self._jobs.wake(self.kind.name, str(order_id)))
        return model.get_by_id(order_id)

    def settle_restored(self, at: float) -> int:
        """Send none again of a backup of a moment; how many nobody knows to have been sent."""
        return restored.settle(self.kind, self._writer, at)

    # what was given up

    def due_late(self, now: float, limit: int = 100) -> list[str]:
        """Submissions that were given up, and want to be asked after."""
        query = Submission.select(Submission.id).where(
            submissions.WATCHED,
            Submission.kind == self.kind.name,
            Submission.next_check_at <= now,
        )
        found = query.order_by(Submission.next_check_at).limit(limit)
        return [str(name) for name in found.scalars()]

    def look_late(self, name: str) -> None:
        """Ask after one, unless somebody else does.

        A late success is the person's, for it is paid: unless they have another one by now, or
        want none of it any more, the order goes on as if it had never been given up.
        """
        now = self._clock()
        claim = Submission.update(next_check_at=now + CLAIM_SECONDS).where(
            Submission.id == name, submissions.WATCHED, Submission.next_check_at <= now
        )
        with transaction():
            sent = Submission.get_by_id(name) if claim.execute() else None
        if sent is None or sent.test_mode != self.kind.provider.test_mode:
            return
        if self._writer.write_late(sent, self._asker.standing(sent), AGAIN_SECONDS):
            self._jobs.wake(self.kind.name, str(sent.run_id))
