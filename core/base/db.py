"""The database: one handle for SQLite and PostgreSQL, and the two ways to use it.

Between two transactions PostgreSQL's connection may be exchanged for another one: a pooler does so.
Nothing here, and nothing that uses it, leaves anything in a session.

`transaction()` writes: on SQLite `BEGIN IMMEDIATE` behind one lock for each process (sixteen busy
threads waited up to 1.4 s on SQLite's own busy timeout, 66 ms behind a lock), on PostgreSQL an
ordinary transaction whose rows are locked by whoever reads them. `snapshot()` reads: everything
inside it is of one moment.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Literal, TypeVar

import peewee

from core.base.errors import ConfigurationError
from core.base.handles import Part, Postgresql, Sqlite
from core.base.quantiles import Quantiles, different

database = peewee.DatabaseProxy()
_writer = threading.RLock()
_patient = threading.Lock()
_this_thread = threading.local()

_SILENCE = {"connect_timeout": "10", "tcp_user_timeout": "20000"}
"""Timeouts of PostgreSQL, in seconds and milliseconds; the defaults exceed two minutes."""
_MAPPED_BYTES = 2**31
"""Bytes of the file that are memory-mapped, SQLite's maximum."""

INFRASTRUCTURE = (peewee.OperationalError, peewee.InterfaceError)
"""Infrastructure errors (a locked or unreachable database, a full disk): not the event's fault."""

Synchronous = Literal["full", "normal"]


class _Model(peewee.Model):
    """The base of every table."""

    class Meta:
        database = database
        legacy_table_names = False


Model = _Model
M = TypeVar("M", bound=Model)


def make_folder(folder: Path) -> None:
    """Create a folder for this account only; raises ConfigurationError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The folder {folder} can't be made: {error.strerror}. Correct data_dir or the url."
        ) from None


def connect(url: str, synchronous: Synchronous = "full") -> Any:
    """Bind the models to the database at `url` and return it; see `handle`."""
    opened = handle(url, synchronous)
    database.initialize(opened)
    return opened


def handle(url: str, synchronous: Synchronous = "full") -> Any:
    """The database at `url`, `sqlite:///file` or `postgresql://…`; nothing is opened yet.

    SQLite keeps a write-ahead log, enforces foreign keys and overwrites what is deleted;
    `synchronous` "full" survives a power cut.
    """
    if url.startswith("sqlite:///"):
        return _sqlite(url.removeprefix("sqlite:///"), synchronous)
    patience: Any = {name: value for name, value in _SILENCE.items() if name not in url}
    return Postgresql(url, prefer_psycopg3=True, prepare_threshold=None, **patience)


def _sqlite(path: str, synchronous: Synchronous) -> peewee.SqliteDatabase:
    pragmas = {
        "journal_mode": "wal",
        "busy_timeout": 5_000,
        "foreign_keys": 1,
        "synchronous": synchronous,
        "secure_delete": 1,
        "wal_autocheckpoint": 4_000,  # pages: the hot ones are copied back less often
    }
    opened = Sqlite(path, pragmas=pragmas, lock_type="IMMEDIATE", timeout=5)
    opened.register_aggregate(Quantiles, "quantiles", 1)
    opened.register_function(different, "different", 1)
    return opened


def is_sqlite() -> bool:
    """Whether the bound database is SQLite."""
    return isinstance(database.obj, peewee.SqliteDatabase)


def transaction() -> AbstractContextManager[object]:
    """A write transaction; nested uses join the outer one."""
    base = database.obj
    if base.in_transaction():
        return nullcontext()
    return _Writing(base) if is_sqlite() else base.transaction()


def part() -> AbstractContextManager[None]:
    """A part of a transaction that can fail alone; see `Part`."""
    return Part(database.obj)


def be_patient() -> None:
    """Give this thread low priority: at most one such thread waits for the writer lock."""
    _this_thread.patient = True


class _Writing:
    """SQLite's `BEGIN IMMEDIATE` under this process's writer lock."""

    __slots__ = ("_inner", "_patiently")

    def __init__(self, base: Any) -> None:
        self._inner = base.transaction()
        self._patiently = getattr(_this_thread, "patient", False)

    def __enter__(self) -> None:
        if self._patiently:
            _patient.acquire()
        _writer.acquire()
        try:
            self._inner.__enter__()
        except BaseException:
            self._release()
            raise

    def __exit__(self, *error: object) -> None:
        try:
            self._inner.__exit__(*error)
        finally:
            self._release()

    def _release(self) -> None:
        _writer.release()
        if self._patiently:
            _patient.release()


def snapshot() -> AbstractContextManager[object]:
    """A read transaction on one snapshot, which doesn't wait for writers."""
    base = database.obj
    if base.in_transaction():
        return nullcontext()
    transaction_: AbstractContextManager[object] = base.transaction(
        "DEFERRED" if is_sqlite() else "REPEATABLE READ"
    )
    return transaction_


@contextmanager
def reading_ahead() -> Iterator[None]:
    """Memory-map SQLite's file for queries that read much of it.

    The system then reads ahead, which takes a third of the time if the file isn't cached. Queries
    that read a few pages are slower with it.
    """
    if not is_sqlite():
        yield
        return
    database.obj.pragma("mmap_size", _MAPPED_BYTES)
    try:
        yield
    finally:
        database.obj.pragma("mmap_size", 0)


def run(text: str, *parameters: object) -> Any:
    """Execute one hand-written statement, with `?` for each parameter.

    For the hot path, where building a query costs more than executing it.
    """
    spelt = text if is_sqlite() else text.replace("?", "%s")
    return database.obj.execute_sql(spelt, parameters)


def release() -> None:
    """Close this thread's database connection."""
    if not database.is_closed():
        database.close()


def blameless(error: Exception) -> bool:
    """Whether an error may pass by itself; a statement that SQLite rejects is a bug."""
    if not isinstance(error, INFRASTRUCTURE):
        return False
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    return code not in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH)


def storable(text: str) -> str:
    """A text without characters that databases reject: NUL and lone surrogates."""
    if text.isascii():
        return text.replace("\0", "")
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "")


def forget_deleted() -> bool:
    """Run VACUUM to remove remains of deleted rows from SQLite's file; False if it must be retried.

    `secure_delete` overwrites a row's last place, but a copy may remain where it was before its
    page was split. Takes about a second per 100 MB and blocks writers. Does nothing on PostgreSQL,
    whose operator is responsible for its files and log.
    """
    if not is_sqlite():
        return True
    connection = database.obj.connection()
    with _writer:
        return _patiently(connection, 1_000, "VACUUM")


def forget_log() -> bool:
    """Truncate SQLite's write-ahead log, which may contain old rows; False while it has readers."""
    return not is_sqlite() or emptied(database.obj.connection())


def emptied(connection: sqlite3.Connection) -> bool:
    """Truncate an SQLite connection's write-ahead log without waiting; whether that succeeded."""
    return _patiently(connection, 0, "PRAGMA wal_checkpoint(TRUNCATE)")


def _patiently(connection: sqlite3.Connection, milliseconds: int, statement: str) -> bool:
    """Execute a statement with this busy timeout; whether it succeeded."""
    patience = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute(f"PRAGMA busy_timeout = {milliseconds}")
    try:
        row = connection.execute(statement).fetchone()
    except sqlite3.OperationalError:  # busy, or the disk is full
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout = {patience}")
    return row is None or not row[0]
