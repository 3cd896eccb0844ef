"""Keeping a claim alive while slow work goes on under it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import structlog

from core.base.db import INFRASTRUCTURE, release
from core.base.errors import kind_of
from core.base.processes.beside import beside

log = structlog.get_logger()

MOST = 60
"""So many times a claim is renewed: work that takes longer than that hangs."""


@contextmanager
def kept(renew: Callable[[], object], seconds: float) -> Iterator[None]:
    """Call `renew` every so many seconds, on a thread of its own, as long as the block lasts.

    A process that dies over the block renews nothing: its claim runs out.
    """
    with beside("keeper", partial(_keep, renew, seconds), patience=None):
        yield


def _keep(renew: Callable[[], object], seconds: float, over: threading.Event) -> None:
    try:
        for _ in range(MOST):
            if over.wait(seconds):
                return
            _try(renew)
    finally:
        release()


def _try(renew: Callable[[], object]) -> None:
    try:
        renew()
    except INFRASTRUCTURE as error:  # a claim that runs out costs a second try, and nothing else
        log.warning("a claim can't be renewed", error=kind_of(error))
        release()
