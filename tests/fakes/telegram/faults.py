"""How things go wrong: answers made up, connections cut, delays, and the rate limits."""

import math
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

from tests.fakes.telegram.refusals import ApiError, too_many

DESCRIPTIONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


@dataclass
class Fault:
    """One scripted misfortune. `hits` counts how often it struck."""

    method: str  # "*" is any; a file's download is called "download"
    code: int | None = None
    description: str | None = None
    retry_after: int = 1
    drop: Literal["before", "after"] | None = None
    delay: float = 0.0
    times: int | None = 1  # None: until `heal()`
    chat: int | None = None
    body: str | None = None  # the whole answer, whatever it may be
    hits: int = 0

    def strikes(self, method: str, chat: int | None) -> bool:
        return (
            self.method.lower() in ("*", method.lower())
            and self.chat in (None, chat)
            and (self.times is None or self.hits < self.times)
        )

    @property
    def refusal(self) -> ApiError | None:
        if self.code is None:
            return None
        if self.code == 429:
            return too_many(self.retry_after)
        return ApiError(self.code, self.description or DESCRIPTIONS.get(self.code, "Error"))


class Faults(list[Fault]):
    def strike(self, method: str, chat: int | None) -> tuple[Fault | None, float]:
        """The first fault that this call meets, and the seconds of all its delays."""
        striking = [fault for fault in self if fault.strikes(method, chat)]
        delays = [fault for fault in striking if fault.delay]
        faults = [fault for fault in striking if not fault.delay][:1]
        for hit in delays + faults:
            hit.hits += 1
        return next(iter(faults), None), sum(fault.delay for fault in delays)


@dataclass
class Bucket:
    """Sends `size` at once and `rate` a second; a larger lot runs it into debt."""

    size: float
    rate: float
    level: float = field(init=False)
    filled_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.level = self.size

    def wait(self) -> float:
        now = time.monotonic()
        self.level = min(self.size, self.level + (now - self.filled_at) * self.rate)
        self.filled_at = now
        return max(0.0, (1 - self.level) / self.rate)


class RateLimits:
    """30 messages a second overall, 1 a second for a chat (3 at once), 20 a minute for a group."""

    def __init__(self) -> None:
        self.everyone = Bucket(30, 30)
        self.people: defaultdict[int, Bucket] = defaultdict(lambda: Bucket(3, 1))
        self.groups: defaultdict[int, Bucket] = defaultdict(lambda: Bucket(20, 20 / 60))

    def spend(self, chat: int, messages: int) -> None:
        buckets = [self.everyone, (self.groups if chat < 0 else self.people)[chat]]
        if wait := max(bucket.wait() for bucket in buckets):
            raise too_many(math.ceil(wait))
        for bucket in buckets:
            bucket.level -= messages
