"""When the faces in an avatar's photos are to be compared: null where they are, or need not be."""

from typing import Any

import peewee


def up(_migrator: Any, db: Any) -> None:
    """Add the column, and an index over what is due alone."""
    kind = "REAL" if isinstance(db, peewee.SqliteDatabase) else "DOUBLE PRECISION"
    db.execute_sql(f"ALTER TABLE avatars ADD COLUMN compare_at {kind}")
    db.execute_sql(
        "CREATE INDEX avatars_to_compare ON avatars (compare_at) WHERE compare_at IS NOT NULL"
    )


def down(_migrator: Any, db: Any) -> None:
    """Take both away again."""
    db.execute_sql("DROP INDEX avatars_to_compare")
    db.execute_sql("ALTER TABLE avatars DROP COLUMN compare_at")
