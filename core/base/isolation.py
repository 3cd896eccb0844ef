"""A channel that fails by itself is started again, and takes nothing else with it.

Installed channels come from anywhere. What one of them raises is logged, told in its heartbeat,
and waited out, longer each time; the worker and the other channels never hear of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, ParamSpec, TypeVar

import structlog

from core.base.errors import ConfigurationError, LikenessError, kind_of

log = structlog.get_logger()

LONGEST_WAIT = 60.0
"""Seconds between two starts, and how long a channel must have served to count as well again."""


P = ParamSpec("P")
R = TypeVar("R")


def guarded(name: str, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """What a channel answers, or None where it fails: its mistake is not everybody's."""
    try:
        return call(*args, **kwargs)
    except LikenessError:
        raise
    except (Exception, SystemExit):
        log.exception("a channel failed", channel=name)
        return None


class Ended(NamedTuple):
    """How a channel's process ended that was not asked to, the how manieth time in a row."""

    failures: int
    how: str

    @property
    def told(self) -> str:
        return f"ended by itself and is started again: {self.how}"


def failed_again(failures: int, served: float) -> int:
    """How often it has failed in a row by now, after it had served for so many seconds."""
    return 1 if served > LONGEST_WAIT else failures + 1


def waiting(failures: int) -> float:
    """Seconds until it is started again."""
    return min(LONGEST_WAIT, 2.0 ** min(failures - 1, 9))


class Isolation:
    """Serves one channel for as long as the process lives; `trouble` says what it failed with."""

    def __init__(
        self,
        name: str,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        before: Ended | None = None,
    ) -> None:
        """`before` is how the channel's last process ended, where that was not asked for."""
        self._name = name
        self._sleep = sleep
        self._clock = clock
        self._before = before
        self._trouble = before.told if before else ""

    def trouble(self) -> str:
        """For the heartbeat: "" while it serves."""
        return self._trouble

    def serve(self, run: Callable[[], None], renew: Callable[[], None]) -> None:
        """Run it until it ends as it was asked to; `renew` makes it anew after a failure.

        A setting that is wrong is not waited out: ConfigurationError comes through.
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
