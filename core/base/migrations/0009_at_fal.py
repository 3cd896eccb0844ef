"""What is left at fal and must go (`remote_copies`); questions to its platform are events as well.

SQLite can't change a CHECK, so the table of events is made anew.
"""

from typing import Any

import peewee

_SQLITE = {"serial": "INTEGER PRIMARY KEY AUTOINCREMENT", "uuid": "TEXT", "float": "REAL",
           "bool": "INTEGER", "false": "0"}  # fmt: skip
_POSTGRESQL = {"serial": "BIGSERIAL PRIMARY KEY", "uuid": "UUID", "float": "DOUBLE PRECISION",
               "bool": "BOOLEAN", "false": "false"}  # fmt: skip
_FORMER = "'upload', 'submit', 'status', 'result', 'cancel', 'webhook', 'download'"
_PHASES = f"{_FORMER}, 'requests', 'prices', 'delete', 'meta'"
_COLUMNS = (
    "id, at, run_id, endpoint, phase, ok, http_status, error_type, error_class, message, seconds,"
    " request_id, test_mode"
)

_COPIES = """
CREATE TABLE remote_copies (
    id {serial},
    kind VARCHAR(16) NOT NULL CHECK (kind IN ('request', 'model')),
    name VARCHAR(255) NOT NULL,
    endpoint VARCHAR(128) NOT NULL,
    test_mode {bool} NOT NULL,
    at {float} NOT NULL,
    next_check_at {float} NOT NULL,
    attempts INTEGER NOT NULL,
    error_type VARCHAR(64) NOT NULL
);
CREATE UNIQUE INDEX remote_copies_name ON remote_copies (kind, name);
CREATE INDEX remote_copies_due ON remote_copies (next_check_at)
"""

_EVENTS = """
ALTER TABLE fal_events RENAME TO former_events;
CREATE TABLE fal_events (
    id {serial},
    at {float} NOT NULL,
    run_id {uuid},
    endpoint VARCHAR(128) NOT NULL,
    phase VARCHAR(16) NOT NULL CHECK (phase IN ({phases})),
    ok {bool} NOT NULL,
    http_status INTEGER,
    error_type VARCHAR(64) NOT NULL,
    error_class VARCHAR(16) NOT NULL CHECK (error_class IN ('', 'person', 'retry', 'operator')),
    message VARCHAR(300) NOT NULL,
    seconds {float},
    request_id VARCHAR(128) NOT NULL,
    test_mode {bool} NOT NULL DEFAULT {false}
);
INSERT INTO fal_events ({columns}) SELECT {columns} FROM former_events;
DROP TABLE former_events;
CREATE INDEX fal_events_run ON fal_events (run_id);
CREATE INDEX fal_events_ok ON fal_events (ok, at);
CREATE INDEX fal_events_errors ON fal_events (endpoint, error_type, message, at, run_id)
    WHERE NOT ok;
CREATE INDEX fal_events_calls ON fal_events (at, test_mode, ok)
"""
_CHECK = """
ALTER TABLE fal_events DROP CONSTRAINT fal_events_phase_check;
ALTER TABLE fal_events ADD CONSTRAINT fal_events_phase_check CHECK (phase IN ({phases}))
"""


def up(_migrator: Any, db: Any) -> None:
    """Allow the new phases, and add the table."""
    _allow(db, _PHASES)
    _execute(db, _COPIES)


def down(_migrator: Any, db: Any) -> None:
    """Take the table away, and the events that only the new phases have."""
    db.execute_sql("DROP TABLE remote_copies")
    db.execute_sql(f"DELETE FROM fal_events WHERE phase NOT IN ({_FORMER})")
    _allow(db, _FORMER)


def _allow(db: Any, phases: str) -> None:
    made_anew = isinstance(db, peewee.SqliteDatabase)
    _execute(db, _EVENTS if made_anew else _CHECK, phases=phases, columns=_COLUMNS)


def _execute(db: Any, statements: str, **words: str) -> None:
    types = _SQLITE if isinstance(db, peewee.SqliteDatabase) else _POSTGRESQL
    for statement in statements.format(**types, **words).split(";"):
        db.execute_sql(statement)
