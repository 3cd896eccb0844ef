"""An index from which the avatars of a period are counted in either mode without reading a row."""

from core.base.migrations import Connected

_INDEX = "CREATE INDEX picture_runs_avatars ON picture_runs (avatar_id, created_at, purpose{more})"


def up(_migrator: object, db: Connected) -> None:
    """Widen it by the mode."""
    _replace(db, ", test_mode")


def down(_migrator: object, db: Connected) -> None:
    """Bring the narrow one back."""
    _replace(db, "")


def _replace(db: Connected, more: str) -> None:
    db.execute_sql("DROP INDEX picture_runs_avatars")
    db.execute_sql(_INDEX.format(more=more))
