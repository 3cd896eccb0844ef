"""What a channel must remember to reach people again, and to clear up behind a killed process.

`thread` is where in a chat the person last spoke; `posting` says that a message may be there which
nothing records; `reached_at` is when a blocked chat could be written to again. A notice counts how
often it was refused, and knows its message.
"""

from typing import Any

COLUMNS = (
    ("conversations", "thread", "VARCHAR(64) NOT NULL DEFAULT ''"),
    ("conversations", "posting", "TEXT"),
    ("conversations", "reached_at", "DOUBLE PRECISION NOT NULL DEFAULT 0"),
    ("notices", "attempts", "SMALLINT NOT NULL DEFAULT 0 CHECK (attempts >= 0)"),
    ("notices", "message", "VARCHAR(128) NOT NULL DEFAULT ''"),
)


def up(_migrator: Any, db: Any) -> None:
    """Add the columns: nothing is known of what was sent before."""
    for table, name, kind in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")


def down(_migrator: Any, db: Any) -> None:
    """Take them away again."""
    for table, name, _kind in reversed(COLUMNS):
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN {name}")
