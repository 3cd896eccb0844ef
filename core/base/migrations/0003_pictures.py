"""Orders of pictures and pictures, and where fal has a model's weights for a while."""

from core.base.migrations import Connected, create, drop


def up(_migrator: object, db: Connected) -> None:
    """Create both tables, and the two columns."""
    create(db, "pictures.sql")
    db.execute_sql("ALTER TABLE trained_models ADD COLUMN remote_url TEXT NOT NULL DEFAULT ''")
    db.execute_sql("ALTER TABLE trained_models ADD COLUMN remote_at DOUBLE PRECISION")


def down(_migrator: object, db: Connected) -> None:
    """Drop them."""
    db.execute_sql("ALTER TABLE trained_models DROP COLUMN remote_at")
    db.execute_sql("ALTER TABLE trained_models DROP COLUMN remote_url")
    drop(db, "pictures.sql")
