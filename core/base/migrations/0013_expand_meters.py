"""What all processes counted together, for `/metrics`, and indexes for what it asks each time."""

from core.base.migrations import Connected, create, drop


def up(_migrator: object, db: Connected) -> None:
    """Create them."""
    create(db, "meters.sql")


def down(_migrator: object, db: Connected) -> None:
    """Drop them."""
    db.execute_sql("DROP INDEX notices_troubled")
    db.execute_sql("DROP INDEX conversations_unreachable")
    drop(db, "meters.sql")
