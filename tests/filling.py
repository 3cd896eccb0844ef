"""Databases that are full: made once for each kind of history, and copied from then on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable

from core.base.db import database, run

_MADE: dict[Hashable, sqlite3.Connection] = {}


def filled(key: Hashable, fill: Callable[[], object]) -> None:
    """Fill the bound, empty database; a copy of what was once made under this key, on SQLite."""
    assert run("SELECT count(*) FROM users").fetchone()[0] == 0, "a copy replaces everything"
    connection = database.connection()
    if not isinstance(connection, sqlite3.Connection):
        fill()
    elif key in _MADE:
        _MADE[key].backup(connection)
    else:
        fill()
        _MADE[key] = sqlite3.connect(":memory:", check_same_thread=False)
        connection.backup(_MADE[key])
