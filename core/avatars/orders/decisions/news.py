"""What is learnt of an order, what else counts, and what is to be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Any, Literal

from core.avatars.orders.kind import Place, Policy
from core.avatars.orders.order import Order, Status, error_of, patience
from core.avatars.orders.submissions import OPEN, Fate, Submission, error_columns
from core.avatars.ports import Failure, Handle, Standing

NEARLY = 99
"""Percent: 100 is shown at the end and not before."""
ASKED_ENOUGH = 6
"""So many times a result that can't be had is asked for before it counts: some minutes."""
RESULT_GONE = "result_gone"
"""The error of an order that was made, and whose result can't be had."""
CHARGED = (200, 422)
"""The codes of a result that failed, and may have been charged."""
CANCELLED = Failure("cancelled", "person", "")


class What(StrEnum):
    """What was learnt by asking."""

    HELD = auto()
    """Something of ours, or of the operator's, is in the way of the next step."""
    DELAYED = auto()
    """The step is to be tried again, and nobody is to be told."""
    REFUSED = auto()
    """The submission was refused: nothing was ordered, for certain."""
    LOST = auto()
    """There was no answer that says whether the submission was taken."""
    TAKEN = auto()
    """The submission was answered: it is taken."""
    FOUND = auto()
    """A lost one is known to have arrived."""
    NOT_SENT = auto()
    """A lost one is known not to have arrived."""
    NOT_FOUND = auto()
    """A lost one was looked for in vain."""
    GOES_ON = auto()
    """It waits in the provider's queue, or runs."""
    MADE = auto()
    """It was made; its result can be fetched."""
    KEPT = auto()
    """Its result was copied, or nobody wants it any more."""
    FAILED = auto()
    """It failed at the provider."""
    AWAY = auto()
    """The provider, or what it made, can't be reached."""
    GIVEN_UP = auto()
    """It took too long, and was told to stop; it may be made still."""
    IMPOSSIBLE = auto()
    """It can never be sent, or never go on."""
    STOPPING = auto()
    """The provider was asked to cancel it."""
    STOPPED = auto()
    """It is cancelled."""


@dataclass(frozen=True, slots=True)
class News:
    """What was learnt of an order, and who found out. `seconds` is the wait that it calls for."""

    what: What
    failure: Failure | None = None
    standing: Standing | None = None
    handle: Handle | None = None
    kept: object = None
    by: str = ""
    charged: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Terms:
    """What else counts: what the operator allows, and the order's kind.

    `estimate` is the percentage that its usual time makes of it; `jitter` a factor that keeps many
    from waiting equally long; `missing` are the errors that say that a result isn't there.
    """

    policy: Policy = field(default_factory=Policy)
    wanted: bool = True
    leaves: bool = False
    place: Place = "free"
    poll_seconds: float = 0.0
    deadline_seconds: float = 0.0
    estimate: int = 0
    jitter: float = 1.0
    missing: tuple[str, ...] = ()


Hook = Literal["", "progressed", "completed", "ended", "resumed", "unwanted"]


@dataclass(frozen=True, slots=True)
class Change:
    """What to write in one transaction: columns of both rows, and the news for the person.

    `tell` is a signal's trigger and what its key names beside the order; `hook` the method of the
    kind that is called, `judged` whether the provider is to be judged by it; `booked` whether an
    order that is over costs something else now.
    """

    order: Mapping[str, Any] = field(default_factory=dict)
    sent: Mapping[str, object] = field(default_factory=dict)
    tell: tuple[str, str] | None = None
    hook: Hook = ""
    judged: bool = False
    booked: bool = False
    said: str = ""
    """What is worth a line in the log."""


NOTHING = Change()


@dataclass(frozen=True, slots=True)
class Case:
    """All that a decision is made by."""

    order: Order
    sent: Submission | None
    news: News
    now: float
    terms: Terms

    @property
    def failure(self) -> Failure:
        return self.news.failure or Failure("unknown", "retry", "")

    @property
    def standing(self) -> Standing:
        assert self.news.standing is not None, "such news says where it stands"
        return self.news.standing

    @property
    def handle(self) -> Handle:
        assert self.news.handle is not None, "such news names the order"
        return self.news.handle

    @property
    def finished_by(self) -> str:
        return self.order.finished_by or self.news.by

    def overdue(self, grace: float = 0.0) -> bool:
        deadline = self.order.deadline_at
        return deadline is not None and self.now >= deadline + grace

    def fate(self, was: tuple[Fate, ...], fate: Fate, **columns: object) -> dict[str, object]:
        """The submission's new fate, where it has one of these still."""
        known = self.sent is not None and self.sent.fate in was
        return {"fate": fate, **columns} if known else {}

    def over(self, fate: Fate, charged: bool, failure: Failure | None = None) -> dict[str, object]:
        """The submission is over, unless that was known; it costs its price where `charged`."""
        cost = self.sent.price_usd if charged and self.sent else 0.0
        return self.fate(OPEN, fate, cost_usd=cost, ended_at=self.now, **error_columns(failure))

    def again(self, failures: int | None = None) -> dict[str, object]:
        """The columns of an order whose step is tried again later, and why it waits."""
        so_far = self.order.failures if failures is None else failures
        wait = max(
            patience(so_far) * self.terms.jitter, min(self.failure.retry_after or 0.0, 3600.0)
        )
        waits = {"next_check_at": self.now + wait, "failures": so_far + 1}
        return {**error_of(self.failure), **waits}

    def telling(self, status: Status) -> tuple[str, str] | None:
        """The signal that an order waits, where it waits for something else than before."""
        error = self.failure.error_type[:64]
        return (
            ("progress", f"{status}:{error}:{self.now:.0f}")
            if error != self.order.error_type
            else None
        )
