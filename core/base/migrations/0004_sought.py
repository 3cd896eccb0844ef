"""`sought`: the names that people and avatars are looked for by, folded by Python.

A database's own `lower` depends on its locale, and knows no ё as е.
"""

from typing import Any

import peewee

from core.base.folding import folded
from core.base.migrations import Connected


def up(_migrator: object, db: Connected) -> None:
    """Add the columns, and fill them."""
    db.execute_sql("DROP INDEX users_name")
    for table in ("users", "avatars"):
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN sought TEXT NOT NULL DEFAULT ''")
        cursor: Any = db.execute_sql(f"SELECT id, name FROM {table} WHERE name <> ''")
        for row, name in cursor.fetchall():
            _fill(db, table, row, name)


def down(_migrator: object, db: Connected) -> None:
    """Drop them."""
    db.execute_sql("CREATE INDEX users_name ON users (name)")
    for table in ("avatars", "users"):
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN sought")


def _fill(db: Connected, table: str, row: object, name: str) -> None:
    mark = "?" if isinstance(db, peewee.SqliteDatabase) else "%s"
    db.execute_sql(f"UPDATE {table} SET sought = {mark} WHERE id = {mark}", (folded(name), row))
