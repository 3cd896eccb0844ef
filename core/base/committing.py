"""What follows a commit, and parts of a transaction that can fail alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

import structlog

log = structlog.get_logger()

R = TypeVar("R")

_this_thread = threading.local()


class AfterCommit:
    """For a peewee database: calls what follows a commit as it was asked for.

    Log lines have the ids of then, and what an undone part asked for is forgotten. An error is
    logged: the commit is done, and whatever else follows it is called too.
    """

    def after_commit(self, fn: Callable[[], R]) -> Callable[[], R]:
        """Have a function called once the transaction is committed, now if there is none."""
        followed = partial(copy_context().run, _attempt, fn)
        part = getattr(_this_thread, "part", None)
        if part is None:
            above: Any = super()
            above.after_commit(followed)
        else:
            part.append(followed)
        return fn


class Part:
    """A savepoint: an error undoes what was done in it, and what was to follow the commit."""

    __slots__ = ("_base", "_following", "_outer")

    def __init__(self, base: Any) -> None:
        self._base = base
        self._following: list[Callable[[], object]] = []

    def __enter__(self) -> None:
        self._base.execute_sql("SAVEPOINT part")
        self._outer = getattr(_this_thread, "part", None)
        _this_thread.part = self._following

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        _this_thread.part = self._outer
        if kind is not None:
            self._base.execute_sql("ROLLBACK TO SAVEPOINT part")
        self._base.execute_sql("RELEASE SAVEPOINT part")
        if kind is None:
            for followed in self._following:
                self._base.after_commit(followed)


def _attempt(fn: Callable[[], object]) -> None:
    try:
        fn()
    except Exception:
        log.exception("what follows a commit failed")
