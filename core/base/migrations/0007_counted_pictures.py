"""Indexes from which the numbers of pictures are counted without reading a row."""

from core.base.migrations import Connected

BEFORE = {
    "picture_runs_created": "picture_runs (created_at)",
    "picture_runs_finished": "picture_runs (finished_at)",
    "picture_runs_avatars": "picture_runs (avatar_id, created_at)",
}
COUNTED = {
    "picture_runs_created": "picture_runs (created_at, test_mode, status, purpose, count, blocked, "
    "spoilt, cost_usd, avatar_id)",
    "picture_runs_finished": "picture_runs (finished_at, status, test_mode, profile, created_at)",
    "picture_runs_avatars": "picture_runs (avatar_id, created_at, purpose)",
    "picture_runs_styles": "picture_runs (profile, pack, id, created_at, test_mode, status, count, "
    "blocked, spoilt, cost_usd)",
    "pictures_counted": "pictures (run_id, made_at, removed_at, favourite, likeness)",
}


def up(_migrator: object, db: Connected) -> None:
    """Widen three, and add two."""
    _replace(db, BEFORE, COUNTED)


def down(_migrator: object, db: Connected) -> None:
    """Bring the narrow ones back."""
    _replace(db, COUNTED, BEFORE)


def _replace(db: Connected, old: dict[str, str], new: dict[str, str]) -> None:
    for name in old:
        db.execute_sql(f"DROP INDEX {name}")
    for name, columns in new.items():
        db.execute_sql(f"CREATE INDEX {name} ON {columns}")
