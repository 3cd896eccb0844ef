"""The schema as it was before `training_type`: frozen, and independent of today's models.

Written as statements because constraints and partial indexes are the point of it.
"""

from core.base.migrations import Connected, create, drop


def up(_migrator: object, db: Connected) -> None:
    """Create every table and index."""
    create(db, "initial.sql")


def down(_migrator: object, db: Connected) -> None:
    """Drop every table, the dependent ones first."""
    drop(db, "initial.sql")
