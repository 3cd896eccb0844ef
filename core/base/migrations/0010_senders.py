"""A token for each lease, which grows with every change of hands."""

from core.base.migrations import Connected


def up(_migrator: object, db: Connected) -> None:
    """Add it; every process of a version before ignores it."""
    db.execute_sql("ALTER TABLE leases ADD COLUMN token BIGINT NOT NULL DEFAULT 0")


def down(_migrator: object, db: Connected) -> None:
    """Drop it, and the shares of bots, which mean nothing without."""
    db.execute_sql("DELETE FROM leases")
    db.execute_sql("ALTER TABLE leases DROP COLUMN token")
