"""Databases that are full: made once for each kind of history, and copied from then on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable
from typing import Any

from core.base.db import database, run

_MADE: dict[tuple[Hashable, bool], Any] = {}


def filled(key: Hashable, fill: Callable[[], object]) -> None:
    """Fill the bound, empty database; a copy of what was once made under this key."""
    assert run("SELECT count(*) FROM users").fetchone()[0] == 0, "a copy replaces everything"
    connection = database.connection()
    is_sqlite = isinstance(connection, sqlite3.Connection)
    kept = (key, is_sqlite)
    if kept not in _MADE:
        fill()
        _MADE[kept] = _of_sqlite(connection) if is_sqlite else _of_postgresql(connection)
    elif is_sqlite:
        _MADE[kept].backup(connection)
    else:
        _into_postgresql(connection, *_MADE[kept])


def _of_sqlite(connection: sqlite3.Connection) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    connection.backup(copy)
    return copy


def _of_postgresql(connection: Any) -> tuple[dict[str, bytes], dict[str, int]]:
    """The rows of every table, and how far each has counted."""
    names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = {}
    for (name,) in names.fetchall():
        with connection.cursor().copy(f"COPY {name} TO STDOUT (FORMAT BINARY)") as copy:
            rows[name] = b"".join(copy)
    counted = connection.execute(
        "SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL"
    )
    return rows, dict(counted.fetchall())


def _into_postgresql(connection: Any, rows: dict[str, bytes], counted: dict[str, int]) -> None:
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")  # in any order
        for name, data in rows.items():
            connection.execute(f"DELETE FROM {name}")
            with connection.cursor().copy(f"COPY {name} FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(data)
        for name, number in counted.items():
            connection.execute("SELECT setval(%s::regclass, %s)", (name, number))
