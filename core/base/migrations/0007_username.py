"""`username`, by which a person can be found: what their channel calls them in public."""

from typing import Any


def up(_migrator: Any, db: Any) -> None:
    """Add the column; whoever writes next fills theirs."""
    db.execute_sql("ALTER TABLE users ADD COLUMN username VARCHAR(64) NOT NULL DEFAULT ''")


def down(_migrator: Any, db: Any) -> None:
    """Take it away again."""
    db.execute_sql("ALTER TABLE users DROP COLUMN username")
