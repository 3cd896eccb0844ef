"""What one process must know of the others: where photos are kept, what mode they train in, which
presses are still to be answered; and what a session of the dashboard was opened with.
"""

import re
from typing import Any

import peewee

_TABLES = """
CREATE TABLE photo_folders (
    name VARCHAR(16) PRIMARY KEY CHECK (name IN ('data', 'objects')),
    id VARCHAR(32) NOT NULL CHECK (length(id) = 32),
    host VARCHAR(255) NOT NULL,
    path VARCHAR(4096) NOT NULL,
    claimed_at {float} NOT NULL
);
CREATE TABLE owed_answers (
    channel VARCHAR(32) NOT NULL,
    bot VARCHAR(64) NOT NULL,
    callback TEXT NOT NULL,
    at {float} NOT NULL,
    PRIMARY KEY (channel, bot, callback)
);
ALTER TABLE heartbeats ADD COLUMN mode VARCHAR(16) NOT NULL DEFAULT ''
    CHECK (mode IN ('', 'production', 'test'));
ALTER TABLE dashboard_sessions ADD COLUMN credential VARCHAR(64) NOT NULL DEFAULT ''
"""


def up(_migrator: Any, db: Any) -> None:
    """Create them; sessions from before were opened with nothing that could be asked after."""
    number = "REAL" if isinstance(db, peewee.SqliteDatabase) else "DOUBLE PRECISION"
    for statement in _TABLES.format(float=number).split(";"):
        db.execute_sql(statement)


def down(_migrator: Any, db: Any) -> None:
    """Take them away again."""
    for table, column in re.findall(r"ALTER TABLE (\w+) ADD COLUMN (\w+)", _TABLES):
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
    for table in re.findall(r"CREATE TABLE (\w+)", _TABLES):
        db.execute_sql(f"DROP TABLE {table}")
