"""The trainer's own records of what was ordered: asked beside its queue, and never needed.

Each question raises Unreachable where it can't be answered now. Some want a key that may do more
than order; where ours may not, the failure's type is KEY_REFUSED, and life goes on without.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

KEY_REFUSED = "key_refused"
"""The failure's type where the key may order, and may not ask this."""


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What a trainer charges at present: US dollars for one `unit`, a word of its own."""

    usd: float
    unit: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An order as the trainer's list has it.

    `sent_at` is seconds since 1970 by the trainer's clock, None where it doesn't say;
    `arguments` is what was ordered, None where the list keeps that to itself.
    """

    request_id: str
    sent_at: float | None
    arguments: Mapping[str, object] | None

    def says(self, word: str) -> bool:
        """Whether one of its arguments is this word, or has it between spaces."""
        given = (self.arguments or {}).values()
        return any(word in str(value).split() for value in given)


class Platform(Protocol):
    """Answers for one account: the key's."""

    def prices(self, endpoints: Iterable[str]) -> Mapping[str, UnitPrice]:
        """The prices in force by endpoint; one that has none in US dollars is left out."""

    def requests(self, endpoint: str, since: float, until: float) -> list[Listed]:
        """All orders of an endpoint between two moments; Unreachable unless it is all of them."""

    def request(self, endpoint: str, request_id: str, since: float) -> Listed | None:
        """One order of an endpoint that was sent after a moment; None where it isn't listed."""

    def delete(self, request_id: str) -> None:
        """Delete what is kept of an order: what was asked, what came of it, and those files.

        One that is gone already is fine. Files that were uploaded for it are not touched.
        """

    def networks(self) -> tuple[str, ...]:
        """The networks that webhooks come from, as `192.0.2.0/24`."""
