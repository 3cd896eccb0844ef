"""An index for what became of the photos of a period, by channel."""

from core.base.migrations import Connected


def up(_migrator: object, db: Connected) -> None:
    """Create it."""
    db.execute_sql(
        "CREATE INDEX avatar_photos_judged ON avatar_photos "
        "(created_at, validation_status, conversation_id)"
    )


def down(_migrator: object, db: Connected) -> None:
    """Drop it."""
    db.execute_sql("DROP INDEX avatar_photos_judged")
