"""Migrations, applied in the order of their numbers; each is frozen once it is released."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

import peewee

_SQLITE = {"serial": "INTEGER PRIMARY KEY AUTOINCREMENT", "uuid": "TEXT", "json": "TEXT",
           "float": "REAL", "moment": "DATETIME", "bool": "INTEGER", "no": "0"}  # fmt: skip
_POSTGRESQL = {"serial": "BIGSERIAL PRIMARY KEY", "uuid": "UUID", "json": "JSONB",
               "float": "DOUBLE PRECISION", "moment": "TIMESTAMP", "bool": "BOOLEAN",
               "no": "FALSE"}  # fmt: skip


class Connected(Protocol):
    """A database, as a migration knows it."""

    def execute_sql(self, sql: str, params: tuple[object, ...] = ()) -> object: ...


def create(db: Connected, schema: str) -> None:
    """Create the tables and indexes of a file beside this one, in the database's own types."""
    types = _SQLITE if isinstance(db, peewee.SqliteDatabase) else _POSTGRESQL
    for statement in filter(str.strip, _read(schema).format(**types).split(";")):
        db.execute_sql(statement)


def drop(db: Connected, schema: str) -> None:
    """Drop the tables of such a file, the dependent ones first."""
    for table in reversed(re.findall(r"CREATE TABLE (\w+)", _read(schema))):
        db.execute_sql(f"DROP TABLE {table}")


def _read(schema: str) -> str:
    return Path(__file__).with_name(schema).read_text()
