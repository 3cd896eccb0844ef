"""SQLite and PostgreSQL as peewee opens them, and as we want them: what each does differently."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

import peewee
import structlog

log = structlog.get_logger()

R = TypeVar("R")

_PREPARED_AFTER = 5
"""A statement is prepared once a connection has executed it so often, psycopg's default."""

_PASSING = {"25006", "25P02", "25P03", "25P04"}
"""SQLSTATEs that drivers call internal errors: a server that is read-only for now, as while another
takes over, and a transaction that is over because of something before."""

_this_thread = threading.local()


class _AfterCommit:
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


class Sqlite(_AfterCommit, peewee.SqliteDatabase):
    """SQLite; tolerates that a full disk has already rolled the transaction back."""

    connection: Callable[[], sqlite3.Connection]

    def execute_sql(self, sql: str, params: Any = None) -> sqlite3.Cursor:
        """Execute a statement; peewee's log and hooks would take half as long as a small one."""
        try:
            return self.connection().execute(sql, params or ())
        except sqlite3.Error:
            with peewee.__exception_wrapper__:  # type: ignore[attr-defined]  # not in its stubs
                raise

    def rollback(self) -> None:
        if self.connection().in_transaction:
            super().rollback()


class Postgresql(_AfterCommit, peewee.PostgresqlDatabase):
    """PostgreSQL; replaces a connection that the server has closed.

    An error that passes by itself is one of INFRASTRUCTURE, whatever its driver calls it.
    Statements are prepared by name, for planning takes the server two thirds of its time; but not
    behind a pooler, where they would be another session's.
    """

    def _connect(self) -> object:
        above: Any = super()
        connection = above._connect()
        try:
            if _is_direct(connection):
                connection.prepare_threshold = _PREPARED_AFTER
        except BaseException:
            connection.close()
            raise
        return connection

    def cursor(self, *args: object, **kwargs: object) -> object:
        this: Any = self  # peewee types neither its connections nor its cursors
        above: Any = super()
        if not (self.is_closed() or self.in_transaction()) and this.connection().closed:
            self.close()
        return above.cursor(*args, **kwargs)

    def execute_sql(self, *args: Any, **kwargs: Any) -> Any:
        above: Any = super()
        try:
            return above.execute_sql(*args, **kwargs)
        except peewee.InternalError as error:
            orig = getattr(error, "orig", None)
            if getattr(orig, "sqlstate", None) not in _PASSING:
                raise
            raise peewee.OperationalError(orig, *error.args) from orig


def _is_direct(connection: Any) -> bool:
    """Whether PostgreSQL itself answers: a pooler names no process of the server, or another."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return bool(row[0] == connection.info.backend_pid)
