"""Restarts failing channels without affecting other parts.

Installed channels may come from anybody. An exception from one is logged and shown in its
heartbeat, and the channel is restarted with increasing delays.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, ParamSpec, TypeVar

import structlog

from core.base.errors import ConfigurationError, LikenessError, kind_of

log = structlog.get_logger()

LONGEST_WAIT = 60.0
"""Longest delay between restarts, and the uptime that resets the count of failures (seconds)."""


P = ParamSpec("P")
R = TypeVar("R")


def guarded(name: str, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """The result of a channel's function; None if it raises, which is logged."""
    try:
        return call(*args, **kwargs)
    except LikenessError:
        raise
    except (Exception, SystemExit):
        log.exception("a channel failed", channel=name)
        return None


class Ended(NamedTuple):
    """An unrequested end of a channel's process: its number in a row, and how it ended."""

    failures: int
    how: str

    @property
    def told(self) -> str:
        return f"ended by itself and is started again: {self.how}"


def failed_again(failures: int, served: float) -> int:
    """The count of failures in a row after another one, `served` seconds after the start."""
    return 1 if served > LONGEST_WAIT else failures + 1


def waiting(failures: int) -> float:
    """Seconds until the next restart."""
    return min(LONGEST_WAIT, 2.0 ** min(failures - 1, 9))


class Isolation:
    """Runs one channel for the life of the process; `trouble` is its last failure."""

    def __init__(
        self,
        name: str,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        before: Ended | None = None,
    ) -> None:
        """`before` is the unrequested end of the channel's previous process, if any."""
        self._name = name
        self._sleep = sleep
        self._clock = clock
        self._before = before
        self._trouble = before.told if before else ""

    def trouble(self) -> str:
        """For the heartbeat: "" while it serves."""
        return self._trouble

    def serve(self, run: Callable[[], None], renew: Callable[[], None]) -> None:
        """Run it until a requested end; `renew` recreates it after a failure.

        Raises ConfigurationError, which no restart can cure.
        """
        failures = 0
        if self._before:
            log.error("a channel ended unasked", channel=self._name, how=self._before.how)
            self._wait(self._before.failures)
        while True:
            began = self._clock()
            try:
                if failures:
                    renew()
                return run()
            except ConfigurationError:
                raise
            except Exception as error:
                failures = failed_again(failures, self._clock() - began)
                log.exception("a channel failed", channel=self._name, again_in=waiting(failures))
                self._trouble = f"failed and is started again: {kind_of(error)}"
                self._wait(failures)

    def _wait(self, failures: int) -> None:
        self._sleep(waiting(failures))
        self._trouble = ""
