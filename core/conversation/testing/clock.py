"""A clock that stands still until it is told to go on."""

from __future__ import annotations


class Clock:
    """Seconds since 1970, as its owner wants them."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
