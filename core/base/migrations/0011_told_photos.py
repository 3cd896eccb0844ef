"""What people were told of their photos, what was put aside, and names as people see them.

Verdicts from before count as told. A name of forty characters may have many more code points.
"""

from typing import Any

import peewee

_UP = """
ALTER TABLE avatar_photos ADD COLUMN told_revision BIGINT;
UPDATE avatar_photos SET told_revision = 0 WHERE validation_status <> 'pending';
ALTER TABLE held_photos ADD COLUMN declared VARCHAR(16) NOT NULL DEFAULT 'picture'
    CHECK (declared IN ('picture', 'file', 'other'))
"""
_DOWN = """
ALTER TABLE held_photos DROP COLUMN declared;
ALTER TABLE avatar_photos DROP COLUMN told_revision
"""
_NAME = "ALTER TABLE avatars ALTER COLUMN name TYPE VARCHAR({length}) USING left(name, {length})"
"""SQLite holds any text, whatever length was declared."""


def up(_migrator: Any, db: Any) -> None:
    """Add the columns, and make room for names."""
    _run(db, _UP, 1200)


def down(_migrator: Any, db: Any) -> None:
    """Take them away again; of a longer name the beginning is kept."""
    _run(db, _DOWN, 64)


def _run(db: Any, statements: str, length: int) -> None:
    for statement in statements.split(";"):
        db.execute_sql(statement)
    if not isinstance(db, peewee.SqliteDatabase):
        db.execute_sql(_NAME.format(length=length))
