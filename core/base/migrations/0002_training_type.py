"""`training_type`, apart from `avatar_type`: which algorithm trains an avatar.

Rows from before are portraits, which is what was trained then.
"""

from core.base.migrations import Connected

_ADD = """
ALTER TABLE avatars ADD COLUMN training_type VARCHAR(16) NOT NULL DEFAULT 'portrait'
    CHECK (training_type IN ('portrait', 'style'))
"""


def up(_migrator: object, db: Connected) -> None:
    """Add the column: filled, not null and constrained in one statement on both databases."""
    db.execute_sql(_ADD)


def down(_migrator: object, db: Connected) -> None:
    """Drop it; its constraint goes with it."""
    db.execute_sql("ALTER TABLE avatars DROP COLUMN training_type")
