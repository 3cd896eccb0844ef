"""The schema as it was before `training_type`: frozen, and independent of today's models.

Written as statements because constraints and partial indexes are the point of it.
"""

import re
from pathlib import Path

import peewee

from core.base.migrations import Connected

_SQLITE = {"serial": "INTEGER PRIMARY KEY AUTOINCREMENT", "uuid": "TEXT", "json": "TEXT",
           "float": "REAL", "moment": "DATETIME", "bool": "INTEGER", "no": "0"}  # fmt: skip
_POSTGRESQL = {"serial": "BIGSERIAL PRIMARY KEY", "uuid": "UUID", "json": "JSONB",
               "float": "DOUBLE PRECISION", "moment": "TIMESTAMP", "bool": "BOOLEAN",
               "no": "FALSE"}  # fmt: skip
_SCHEMA = Path(__file__).with_name("initial.sql").read_text()


def up(_migrator: object, db: Connected) -> None:
    """Create every table and index."""
    types = _SQLITE if isinstance(db, peewee.SqliteDatabase) else _POSTGRESQL
    for statement in filter(str.strip, _SCHEMA.format(**types).split(";")):
        db.execute_sql(statement)


def down(_migrator: object, db: Connected) -> None:
    """Drop every table, the dependent ones first."""
    for table in reversed(re.findall(r"CREATE TABLE (\w+)", _SCHEMA)):
        db.execute_sql(f"DROP TABLE {table}")
