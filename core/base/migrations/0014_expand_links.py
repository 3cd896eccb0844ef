"""Several conversations of one person: how they are linked, and what each of them brought."""

from core.base.migrations import Connected, create, drop

_COLUMNS = (
    ("consents", "set_aside_at"), ("consents", "home_id"), ("grants", "home_id"),
    ("admissions", "home_id"), ("avatars", "home_id"), ("conversations", "username"),
    ("conversations", "name"), ("conversations", "home_id"),
)  # fmt: skip


def up(_migrator: object, db: Connected) -> None:
    """Create them; a version before ignores them."""
    create(db, "links.sql")


def down(_migrator: object, db: Connected) -> None:
    """Drop them. People who are linked stay so, for good."""
    for table, column in _COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
    db.execute_sql("DROP INDEX users_joined")
    db.execute_sql("ALTER TABLE users DROP COLUMN joined_id")
    drop(db, "links.sql")
