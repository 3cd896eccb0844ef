"""What a kind of order brings along: all that the machinery doesn't know of what is ordered.

Methods with an order are called outside of any transaction where they say that they raise
`Unreachable`, else inside of the one that changes the order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from core.avatars.orders.order import Order, Status
from core.avatars.ports import Failure, Handle, Provider, Standing
from core.base.errors import LikenessError

O_contra = TypeVar("O_contra", bound=Order, contravariant=True)
Alive = Callable[[], object]
"""Called again and again by a transfer, to say that it is still at it."""
Place = Literal["free", "busy", "taken"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator allows, for every kind.

    Money is US dollars. No budget is 0, no breaker is 0 failures.

    `attempts` is how often an order is sent again that failed by no fault of ours; `fetches` how
    often in a row what was made is looked for, each time with a fresh result, where nothing is;
    `watch_seconds` how long one is asked after that was given up; `tick_seconds` how long a person
    hears nothing of its progress. `zone` is the time zone in which a day begins.
    """

    enabled: bool = True
    daily_budget_usd: float = 0.0
    attempts: int = 3
    fetches: int = 20
    breaker_failures: int = 0
    breaker_seconds: float = 0.0
    watch_seconds: float = 0.0
    tick_seconds: float = 0.0
    zone: str = "UTC"


class Impossible(LikenessError):
    """An order can never be sent: its material is gone; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Request:
    """What is about to be sent; `send` orders it by one POST.

    `arguments` are without addresses and without what a person typed. `send` is given the address
    of the webhook, and raises NotSubmitted or Uncertain and nothing else.
    """

    arguments: Mapping[str, object]
    send: Callable[[str], Handle]


class Kind(Protocol[O_contra]):
    """One sort of thing that is ordered and paid."""

    @property
    def name(self) -> str: ...

    @property
    def model(self) -> Any:
        """Its table, an `Order`."""

    @property
    def provider(self) -> Provider: ...

    @property
    def policy(self) -> Policy: ...

    @property
    def missing(self) -> tuple[str, ...]:
        """The errors that say that a result isn't there: it may be at a fresh address."""

    # what it may be ordered as

    def profiles(self, order: O_contra | None = None) -> tuple[str, ...]:
        """The profiles that may serve an order, in order of preference; all there are for None."""

    def units(self, order: O_contra) -> int:
        """How many of what the provider has a price for it orders."""

    def simulated_usd(self, profile: str) -> float:
        """What a unit of a simulated order pretends to cost."""

    def marks(self, order: O_contra) -> tuple[str, ...]:
        """Words in an order's arguments by which the provider's list of requests knows it."""

    # material and request

    def present(self, order: O_contra) -> bool:
        """Whether what it is for is there still."""

    def fits(self, order: O_contra, profile: str) -> bool:
        """Whether what was uploaded is for this profile too."""

    def prepared(self, order: O_contra, profile: str) -> bool:
        """Whether what was uploaded can still be ordered with, at this profile."""

    def upload(self, order: O_contra, alive: Alive) -> Mapping[str, Any]:
        """Send the material, and get the order's columns that say where it is.

        Raises Unreachable, StorageUnavailable, or Impossible.
        """

    def request(self, order: O_contra, profile: str) -> Request | None:
        """What to send; None where nobody is there any more who wants it.

        Raises Impossible where it can never be sent.
        """

    # what is accepted, and kept

    def leaves(self, standing: Standing) -> bool:
        """Whether a result is to be copied into our store."""

    def keep(self, order: O_contra, standing: Standing, alive: Alive) -> object:
        """Check what was made, copy it, and get what `completed` needs.

        A Failure says that it can't be copied now, and needs nobody's attention.

        Raises Unreachable (`bad_result` where it is not what was ordered), StorageUnavailable.
        """

    # how it ended

    def signal(self, news: str) -> str:
        """What news of it is called in a conversation."""

    def wanted(self, order: O_contra) -> bool:
        """Whether somebody is there, and still wants what was ordered."""

    def place(self, order: O_contra) -> Place:
        """Whether what is made late can be theirs: they may have another one, or be busy."""

    def intended(self, order: O_contra) -> None:
        """It is about to be sent."""

    def identified(self, order: O_contra, request_id: str) -> None:
        """Its request id was learnt."""

    def progressed(self, order: O_contra, percent: int) -> None:
        """It has come so far."""

    def completed(self, order: O_contra, result: Mapping[str, object], kept: Any) -> None:
        """It was made, `kept` where it was copied; it may be that nobody wants it any more."""

    def ended(self, order: O_contra, status: Status) -> None:
        """It has failed or was cancelled."""

    def resumed(self, order: O_contra, percent: int) -> None:
        """One that was given up goes on."""

    def unwanted(self, order: O_contra, result: Mapping[str, object]) -> None:
        """One that is over was made after all, and nobody can have it."""

    # pace

    def poll_seconds(self, order: O_contra) -> float:
        """How long until it is asked after again, so that many are not asked at once."""

    def deadline_seconds(self, order: O_contra) -> float:
        """How long it may take, its wait in the queue included."""

    def percent(self, order: O_contra, elapsed: float) -> int:
        """How far it probably is after so many seconds."""


AnyKind = Kind[Any]
