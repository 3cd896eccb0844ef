"""What erasure, export and the books need.

`users.erasing_at` is when a person asked to be forgotten, until that is done; what was drawn before
`conversations.forgotten_revision` is not written down any more. `cost_entries` and `daily_totals`
are what is left of those who are gone: numbers of a day, without any identifier.
"""

from typing import Any

import peewee

_SQLITE = {
    "serial": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "uuid": "TEXT",
    "float": "REAL",
    "bool": "INTEGER",
}
_POSTGRESQL = {
    "serial": "BIGSERIAL PRIMARY KEY",
    "uuid": "UUID",
    "float": "DOUBLE PRECISION",
    "bool": "BOOLEAN",
}

_UP = """
ALTER TABLE users ADD COLUMN erasing_at {float};
CREATE INDEX users_erasing ON users (erasing_at) WHERE erasing_at IS NOT NULL;
ALTER TABLE conversations ADD COLUMN forgotten_revision BIGINT NOT NULL DEFAULT 0;
CREATE TABLE cost_entries (
    id {serial},
    day VARCHAR(10) NOT NULL,
    training_type VARCHAR(16) NOT NULL CHECK (training_type IN ('portrait', 'style')),
    test_mode {bool} NOT NULL,
    status VARCHAR(16) NOT NULL CHECK (status IN ('completed', 'failed', 'cancelled')),
    usd {float} NOT NULL
);
CREATE INDEX cost_entries_day ON cost_entries (day);
CREATE TABLE daily_totals (
    id {serial},
    day VARCHAR(10) NOT NULL,
    metric VARCHAR(64) NOT NULL,
    count BIGINT NOT NULL
);
CREATE UNIQUE INDEX daily_totals_metric ON daily_totals (day, metric);
CREATE TABLE doomed_files (
    id {serial},
    name VARCHAR(64) NOT NULL,
    at {float} NOT NULL
);
CREATE TABLE exports (
    id {uuid} PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    ordered_at {float} NOT NULL,
    attempts INTEGER NOT NULL,
    next_check_at {float} NOT NULL,
    made_at {float},
    parts INTEGER NOT NULL,
    size BIGINT NOT NULL
);
CREATE INDEX exports_user ON exports (user_id);
CREATE INDEX exports_due ON exports (next_check_at) WHERE made_at IS NULL
"""
_DOWN = """
DROP TABLE exports;
DROP TABLE doomed_files;
DROP TABLE daily_totals;
DROP TABLE cost_entries;
ALTER TABLE conversations DROP COLUMN forgotten_revision;
DROP INDEX users_erasing;
ALTER TABLE users DROP COLUMN erasing_at
"""


def up(_migrator: Any, db: Any) -> None:
    """Add the columns and the tables."""
    types = _SQLITE if isinstance(db, peewee.SqliteDatabase) else _POSTGRESQL
    for statement in _UP.format(**types).split(";"):
        db.execute_sql(statement)


def down(_migrator: Any, db: Any) -> None:
    """Take them away again."""
    for statement in _DOWN.split(";"):
        db.execute_sql(statement)
