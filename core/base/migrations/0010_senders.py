"""Any number of senders: a token for each lease, and what a bot may send in all."""

from core.base.migrations import Connected, create, drop


def up(_migrator: object, db: Connected) -> None:
    """Add both; a version before ignores them."""
    db.execute_sql("ALTER TABLE leases ADD COLUMN token BIGINT NOT NULL DEFAULT 0")
    create(db, "senders.sql")


def down(_migrator: object, db: Connected) -> None:
    """Drop both, and all leases: shares mean nothing to a version before."""
    drop(db, "senders.sql")
    db.execute_sql("DELETE FROM leases")
    db.execute_sql("ALTER TABLE leases DROP COLUMN token")
