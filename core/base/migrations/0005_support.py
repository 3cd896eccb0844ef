"""Messages of people to the operator, and the answers."""

from core.base.migrations import Connected, create, drop


def up(_migrator: object, db: Connected) -> None:
    """Create the table."""
    create(db, "support.sql")


def down(_migrator: object, db: Connected) -> None:
    """Drop it."""
    drop(db, "support.sql")
