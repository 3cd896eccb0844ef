"""Secrets that all hosts share, and the browser that an attempt to log in came from."""

from core.base.migrations import Connected


def up(_migrator: object, db: Connected) -> None:
    """Add a table and a column."""
    db.execute_sql(
        "CREATE TABLE shared_secrets (name VARCHAR(40) NOT NULL PRIMARY KEY, "
        "value TEXT NOT NULL, made_at DOUBLE PRECISION NOT NULL)"
    )
    db.execute_sql("ALTER TABLE login_attempts ADD COLUMN device VARCHAR(64) NOT NULL DEFAULT ''")


def down(_migrator: object, db: Connected) -> None:
    """Take them away: then each host makes its own secrets again."""
    db.execute_sql("ALTER TABLE login_attempts DROP COLUMN device")
    db.execute_sql("DROP TABLE shared_secrets")
