"""A row for each order that was sent, with its own price; a price that is not known is no price.

Every run that had sent an order gets one row, its last. Until here a real training at price 0 was
one whose price had not been configured.
"""

from typing import Any

import peewee

_SQLITE = {
    "uuid": "TEXT", "json": "TEXT", "float": "REAL", "new_id": "lower(hex(randomblob(16)))",
    "false": "0",
}  # fmt: skip
_POSTGRESQL = {
    "uuid": "UUID", "json": "JSONB", "float": "DOUBLE PRECISION", "new_id": "gen_random_uuid()",
    "false": "false",
}  # fmt: skip

_TABLE = """
CREATE TABLE submissions (
    id {uuid} PRIMARY KEY,
    run_id {uuid} NOT NULL REFERENCES training_runs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number > 0),
    profile VARCHAR(64) NOT NULL,
    endpoint VARCHAR(128) NOT NULL,
    arguments {json} NOT NULL,
    fate VARCHAR(16) NOT NULL CHECK (fate IN ('sending', 'uncertain', 'refused', 'taken',
        'completed', 'failed', 'cancelled', 'abandoned', 'not_sent')),
    price_usd {float} CHECK (price_usd >= 0),
    cost_usd {float} CHECK (cost_usd >= 0),
    request_id VARCHAR(255),
    status_url TEXT NOT NULL,
    response_url TEXT NOT NULL,
    cancel_url TEXT NOT NULL,
    error_type VARCHAR(64) NOT NULL,
    error_class VARCHAR(16) NOT NULL CHECK (error_class IN ('', 'person', 'retry', 'operator')),
    http_status INTEGER,
    sent_at {float} NOT NULL,
    answered_at {float},
    ended_at {float},
    next_check_at {float} NOT NULL,
    watch_until {float},
    UNIQUE (run_id, number)
);
CREATE INDEX submissions_sent ON submissions (sent_at);
CREATE INDEX submissions_request ON submissions (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX submissions_watched ON submissions (next_check_at) WHERE watch_until IS NOT NULL;
CREATE TABLE prices (
    endpoint VARCHAR(128) PRIMARY KEY,
    usd {float} NOT NULL CHECK (usd >= 0),
    unit VARCHAR(64) NOT NULL,
    at {float} NOT NULL
);
ALTER TABLE training_runs ADD COLUMN submission INTEGER NOT NULL DEFAULT 0
"""
_NULLABLE = {"training_runs": ("price_usd", "0"), "cost_entries": ("usd", "0")}
_UNKNOWN = """
UPDATE training_runs SET price_usd = NULL WHERE test_mode = {false} AND price_usd = 0;
UPDATE training_runs SET cost_usd = NULL WHERE price_usd IS NULL AND status = 'completed'
"""
_FILL = """
INSERT INTO submissions (id, run_id, number, profile, endpoint, arguments, fate, price_usd,
    cost_usd, request_id, status_url, response_url, cancel_url, error_type, error_class, sent_at,
    answered_at, ended_at, next_check_at)
SELECT {new_id}, id, 1, profile, endpoint, arguments,
    CASE
        WHEN status IN ('queued', 'training', 'saving') THEN 'taken'
        WHEN status = 'cancelling' AND request_id IS NOT NULL THEN 'taken'
        WHEN status = 'submitting' THEN 'sending'
        WHEN intent_at IS NOT NULL THEN 'uncertain'
        WHEN status = 'failed' AND error_type = 'deadline' THEN 'abandoned'
        WHEN status = 'completed' THEN 'completed'
        WHEN request_id IS NULL AND status IN ('failed', 'ready', 'preparing') THEN 'refused'
        WHEN request_id IS NULL THEN 'not_sent'
        ELSE status
    END,
    price_usd,
    CASE WHEN status IN ('ready', 'preparing') THEN 0 ELSE cost_usd END,
    request_id, status_url, response_url, cancel_url, error_type,
    CASE WHEN error_class IN ('person', 'retry', 'operator') THEN error_class ELSE '' END,
    coalesce(submitted_at, intent_at, created_at), submitted_at, finished_at, 0
FROM training_runs
WHERE attempts > 0 OR request_id IS NOT NULL OR intent_at IS NOT NULL OR status = 'submitting';
UPDATE training_runs SET submission = 1 WHERE id IN (SELECT run_id FROM submissions)
"""


def up(_migrator: Any, db: Any) -> None:
    """Create the table, let prices be unknown, and fill it from what runs know."""
    types = _SQLITE if isinstance(db, peewee.SqliteDatabase) else _POSTGRESQL
    _execute(db, _TABLE.format(**types))
    for table, (column, _) in _NULLABLE.items():
        _make_nullable(db, table, column, types["float"])
    _execute(db, f"{_UNKNOWN.format(**types)};{_FILL.format(**types)}")


def down(_migrator: Any, db: Any) -> None:
    """Take it away; an unknown price is 0 again."""
    _execute(
        db,
        "DROP TABLE prices; DROP TABLE submissions;"
        "ALTER TABLE training_runs DROP COLUMN submission",
    )
    types = _SQLITE if isinstance(db, peewee.SqliteDatabase) else _POSTGRESQL
    for table, (column, value) in _NULLABLE.items():
        db.execute_sql(f"UPDATE {table} SET {column} = {value} WHERE {column} IS NULL")
        _make_required(db, table, column, types["float"])


def _make_nullable(db: Any, table: str, column: str, kind: str) -> None:
    if isinstance(db, peewee.SqliteDatabase):
        _replace(db, table, column, kind)
    else:
        db.execute_sql(f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL")


def _make_required(db: Any, table: str, column: str, kind: str) -> None:
    if isinstance(db, peewee.SqliteDatabase):
        _replace(db, table, column, f"{kind} NOT NULL DEFAULT 0")
    else:
        db.execute_sql(f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")


def _replace(db: Any, table: str, column: str, kind: str) -> None:
    """SQLite can't change a column: a new one takes its values and its name."""
    _execute(
        db,
        f"ALTER TABLE {table} ADD COLUMN replaced {kind};"
        f"UPDATE {table} SET replaced = {column};"
        f"ALTER TABLE {table} DROP COLUMN {column};"
        f"ALTER TABLE {table} RENAME COLUMN replaced TO {column}",
    )


def _execute(db: Any, statements: str) -> None:
    for statement in statements.split(";"):
        db.execute_sql(statement)
