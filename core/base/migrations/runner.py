"""Applying migrations, one process at a time, and refusing a database that doesn't fit.

`playhouse.migrations` knows the order and the history; it takes no lock, so one is taken here: on
PostgreSQL an advisory lock of the one transaction that all of it is done in, which a pooler can't
keep beyond it, on SQLite a locked file beside the database.
"""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import peewee
import structlog
from playhouse.migrations import MigrationError, Runner

from core.base.errors import ConfigurationError, DatabaseUnavailable, SchemaMismatch

log = structlog.get_logger()

_FOLDER = Path(__file__).parent
_LOCK = 0x11CE4E55
_EXPANDS = re.compile(r"\d+_expand_")
"""The name of a migration that the version before runs on; it is all that this version knows."""
LOCK_SECONDS = 60
"""So long PostgreSQL waits for this lock and for those of tables, before it gives up."""
_NOT_HAD = "55P03"
"""SQLSTATE of a lock that was waited for so long."""

_LOCKED = (
    "The database's schema is locked: what was needed of it could not be had for {} seconds. "
    "Either another process migrates, or a transaction is open for too long (`SELECT * FROM "
    "pg_stat_activity` shows whose). Try again once that has ended."
)

Database = peewee.Database | peewee.DatabaseProxy


def migrate(database: Database, target: str | None = None, *, down: bool = False) -> list[str]:
    """Bring a database up to the newest migration (or `target`), or down through `target`.

    Without a target, `down` reverts the last one. Returns the names in the order they ran; raises
    ConfigurationError for a target that doesn't exist, DatabaseUnavailable.
    """
    runner = _runner(database)
    with _reached(database), _alone(database):
        try:
            name = _full_name(runner, target)
            names: list[str] = runner.down(name) if down else runner.up(name)
        except MigrationError as error:
            raise ConfigurationError(f"The migration can't run: {error}") from error
    return names


def prepare(database: Database) -> None:
    """Make the schema where there is none at all; raise SchemaMismatch where it doesn't fit.

    A process that comes while another makes it waits, and finds it whole; of one that is killed
    over it nothing is left. Raises DatabaseUnavailable where there is no use in trying.
    """
    with _reached(database):
        if not _fits(database):
            with _alone(database):
                if not database.get_tables():
                    with database.atomic():
                        _runner(database).up()
        check(database)


def _fits(database: Database) -> bool:
    """Whether nothing is to be made; a file of SQLite is begun by one process, so never there."""
    real = _real(database)
    if isinstance(real, peewee.SqliteDatabase):
        return False
    real.connect(reuse_if_open=True)
    _require_unicode(real)
    return all(m.applied for m in _runner(database).status())


def look(database: Database, *, quiet: bool = False) -> bool:
    """Whether there is a schema; makes nothing.

    Raises ConfigurationError, DatabaseUnavailable or SchemaMismatch where no process would start.
    """
    with _reached(database):
        real = _real(database)
        real.connect(reuse_if_open=True)
        if not isinstance(real, peewee.SqliteDatabase):
            _require_unicode(real)
        if not database.get_tables():
            return False
        check(database, quiet=quiet)
        return True


def names() -> list[str]:
    """The migrations that this code knows, in their order."""
    return sorted(path.stem for path in _FOLDER.glob("[0-9]*.py"))


def check(database: Database, *, quiet: bool = False) -> None:
    """Raise SchemaMismatch where the database is behind this code, or ahead of it.

    What only expands it may be ahead: that changes nothing that the version before relies on. It is
    logged, unless `quiet`.
    """
    status = _runner(database).status()
    pending = [m.name for m in status if m.path and not m.applied]
    ahead = [m.name for m in status if not m.path]
    if foreign := [name for name in ahead if not _EXPANDS.match(name)]:
        raise SchemaMismatch(
            f"The database is ahead of this version of Likeness: it has {', '.join(foreign)}. "
            "Run the version that made it, or restore a backup from before."
        )
    if pending:
        raise SchemaMismatch(
            f"The database is behind this version of Likeness: {', '.join(pending)} missing. "
            "Make a backup and run `likeness migrate`."
        )
    if ahead and not quiet:
        log.info("the database is ahead of this version, which runs on it", ahead=ahead)


def _runner(database: Database) -> Runner:
    return Runner(_real(database), str(_FOLDER))


def _real(database: Database) -> Any:
    return database.obj if isinstance(database, peewee.DatabaseProxy) else database


def _full_name(runner: Runner, target: str | None) -> str | None:
    """A migration by its number or its name: `1`, `0001`, `0001_initial`."""
    if target is None or not target.isdecimal():
        return target
    names = [m.name for m in runner.migrations() if m.idx == int(target)]
    return names[0] if names else target


@contextmanager
def _reached(database: Database) -> Iterator[None]:
    """Say in a sentence that a database is away, read-only, full or none at all."""
    try:
        yield
    except peewee.DatabaseError as error:
        if isinstance(error, peewee.IntegrityError | peewee.ProgrammingError):
            raise
        if getattr(getattr(error, "orig", None), "sqlstate", None) == _NOT_HAD:
            raise DatabaseUnavailable(_LOCKED.format(LOCK_SECONDS)) from error
        raise DatabaseUnavailable(unavailable(database, str(error))) from error
    except OSError as error:
        raise DatabaseUnavailable(unavailable(database, str(error.strerror))) from error


def unavailable(database: Database, why: str) -> str:
    """A database that can't be used now, in a sentence with its remedy."""
    real = _real(database)
    cause = why.strip().splitlines()[0]
    if isinstance(real, peewee.SqliteDatabase):
        return (
            f"The database {real.database} can't be used: {cause}. Its folder must be writable "
            "and have room; data_dir or database.url names another."
        )
    return f"The database can't be used: {cause}. Start it, or correct database.url."


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Connected, and the only one of all processes in here."""
    real = _real(database)
    if isinstance(real, peewee.SqliteDatabase):
        with open(f"{real.database}.migrating", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            real.connect(reuse_if_open=True)  # two that begin a write-ahead log refuse each other
            yield
    else:
        real.connect(reuse_if_open=True)
        _require_unicode(real)
        with real.transaction("READ COMMITTED"):  # each statement sees what others have made
            real.execute_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            real.execute_sql("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            yield


def _require_unicode(postgresql: Any) -> None:
    """Raise ConfigurationError where people's names and words would not fit."""
    encoding = postgresql.connection().info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise ConfigurationError(
            f"The database of database.url is encoded in {encoding}, which can't hold every name. "
            "Make one that can: CREATE DATABASE likeness ENCODING 'UTF8' TEMPLATE template0."
        )
