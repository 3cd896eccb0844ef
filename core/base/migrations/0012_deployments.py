"""Which version has run since when."""

from core.base.migrations import Connected, create, drop


def up(_migrator: object, db: Connected) -> None:
    """Create the table."""
    create(db, "deployments.sql")


def down(_migrator: object, db: Connected) -> None:
    """Drop it."""
    drop(db, "deployments.sql")
