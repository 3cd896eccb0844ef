"""The job queue, as a waker only: it makes the worker prompt, and nothing depends on it.

huey loses what is in flight when it is killed, so no truth is kept in it: a message names a row,
and what is to be done with it stands there. A lost message costs the time until the next sweep.
"""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import structlog
from huey import Huey
from huey.consumer import Consumer, Scheduler
from huey.storage import PostgresStorage, SqliteStorage

from core.base import libraries
from core.base.db import emptied
from core.base.logs import traces

log = structlog.get_logger()

POLL_SECONDS = 0.05
IDLE_POLL_SECONDS = 0.1
"""How often the queue is looked at while wake-ups come, and while none comes."""
BUSY_SECONDS = 1.0
"""How long a wake-up waits for the queue's file before it is given up."""

_MAKING = 0x11CE4E56
"""PostgreSQL's advisory lock for making the queue's tables."""


class _Storage(SqliteStorage):  # type: ignore[misc]  # huey has no types
    """`synchronous` normal: its own options are full, an fsync for each message, or off.

    What is taken from it is overwritten.
    """

    def _create_connection(self) -> object:
        connection = super()._create_connection()
        connection.execute("pragma synchronous = normal")
        connection.execute("pragma secure_delete = on")
        return connection


class _Postgresql(PostgresStorage):  # type: ignore[misc]  # huey has no types
    """Closes the connections by which huey's threads listen, too, once they are stopped."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        self._opened: list[Any] = []
        super().__init__(*args, **kwargs)

    def _connect(self) -> object:
        connection = super()._connect()
        self._opened = [known for known in self._opened if not known.closed]
        self._opened.append(connection)
        return connection

    _create_connection = _connect

    def initialize_schema(self) -> None:
        """Make the tables, unless they are there: a server may only read for now.

        One process after another: `IF NOT EXISTS` fails where two make one table at once.
        """
        with self.db(close=True) as cursor:
            there = cursor.execute("SELECT to_regclass(%s)", (self.table_task,)).fetchone()[0]
        if there is not None:
            return
        with self.db(commit=True, close=True) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
            for statement in self.ddl:
                cursor.execute(statement)

    def close(self) -> None:
        super().close()
        for connection in self._opened:
            connection.close()


class _NoSchedule(Scheduler):  # type: ignore[misc]  # huey has no types
    """Nothing is ever scheduled: delays stand in our rows. huey's own one writes every second."""

    def loop(self, now: object = None) -> None:  # noqa: ARG002  # huey calls it so
        self.stop_flag.wait()


class _Consumer(Consumer):  # type: ignore[misc]  # huey has no types
    """A consumer without signal handlers, so that any thread may start it."""

    scheduler_class = _NoSchedule

    def _set_signal_handlers(self) -> None:
        pass


class Jobs:
    """Wakes, and serves the wake-ups of every process that shares the queue.

    That is the file at `path` on one machine; several machines share the PostgreSQL database at
    `url`, in tables of its own.
    """

    def __init__(self, path: Path, url: str = "") -> None:
        libraries.check("huey", SqliteStorage, "_create_connection")
        libraries.check("huey", PostgresStorage, "_connect", "initialize_schema", "ddl")
        libraries.check("huey", Consumer, "_set_signal_handlers", "scheduler_class")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = None if url else path
        storage = (
            {"storage_class": _Postgresql, "dsn": url, "prepare_threshold": None}
            if url
            else {"storage_class": _Storage, "filename": str(path), "timeout": BUSY_SECONDS}
        )
        self._huey = Huey("likeness", results=False, **storage)
        self._handlers: Mapping[str, Callable[[str], None]] = {}
        self._message = self._huey.task(name="wake")(self._handle)
        self._consumer: Any = None

    def wake(self, kind: str, id: str) -> None:
        """Have a row looked at now. Never raises: a lost wake-up only delays."""
        traces.queued(kind, id)
        try:
            self._message(kind, id)
        except Exception:
            log.warning("wake-up lost", kind=kind, id=id, exc_info=True)

    def serve(self, handlers: Mapping[str, Callable[[str], None]], threads: int = 1) -> None:
        """Begin to call the handlers, by kind, on threads of their own; returns at once."""
        self._handlers = handlers
        self._consumer = _Consumer(
            self._huey,
            workers=threads,
            periodic=False,
            initial_delay=POLL_SECONDS,
            max_delay=IDLE_POLL_SECONDS,
        )
        self._consumer.start()

    def stop(self) -> None:
        """End serving, once what is being handled is done."""
        if self._consumer is not None:
            self._consumer.stop(graceful=True)
            self._consumer = None

    def close(self) -> None:
        """Close the queue; a later wake-up opens it again."""
        self._huey.storage.close()

    def waiting(self) -> int:
        """How many wake-ups nobody has taken yet."""
        return int(self._huey.pending_count())

    def forget(self) -> bool:
        """Empty the file's log, where messages stand that were taken; False while it is read."""
        if self._path is None:
            return True
        with closing(sqlite3.connect(self._path)) as connection:  # huey's own is busy polling
            return emptied(connection)

    def _handle(self, kind: str, id: str) -> None:
        handler = self._handlers.get(kind)
        if handler is None:
            log.error("unknown kind of wake-up", kind=kind, id=id)
            return
        handler(id)
