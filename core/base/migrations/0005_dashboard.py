"""What the dashboard and the alerts keep, and the indexes that their questions want."""

import re
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

_TABLES = """
CREATE TABLE heartbeats (
    part VARCHAR(32) NOT NULL,
    process VARCHAR(128) NOT NULL,
    at {float} NOT NULL,
    started_at {float} NOT NULL,
    version VARCHAR(32) NOT NULL,
    trouble VARCHAR(300) NOT NULL,
    PRIMARY KEY (part, process)
);
CREATE TABLE audit (
    id {serial},
    at {float} NOT NULL,
    who VARCHAR(64) NOT NULL,
    action VARCHAR(32) NOT NULL,
    subject VARCHAR(128) NOT NULL,
    detail VARCHAR(300) NOT NULL
);
CREATE INDEX audit_at ON audit (at);
CREATE TABLE login_attempts (
    id {serial},
    at {float} NOT NULL,
    name VARCHAR(64) NOT NULL,
    source VARCHAR(64) NOT NULL,
    succeeded {bool} NOT NULL
);
CREATE INDEX login_attempts_at ON login_attempts (at);
CREATE TABLE dashboard_sessions (
    token VARCHAR(64) PRIMARY KEY,
    name VARCHAR(64) NOT NULL,
    role VARCHAR(16) NOT NULL CHECK (role IN ('viewer', 'admin')),
    created_at {float} NOT NULL,
    seen_at {float} NOT NULL
);
CREATE TABLE alerts (
    id {serial},
    rule VARCHAR(32) NOT NULL,
    subject VARCHAR(128) NOT NULL,
    value {float} NOT NULL,
    threshold {float} NOT NULL,
    fired_at {float} NOT NULL,
    resolved_at {float},
    told_fired_at {float},
    told_resolved_at {float}
);
CREATE UNIQUE INDEX alerts_open ON alerts (rule, subject) WHERE resolved_at IS NULL;
CREATE INDEX alerts_fired ON alerts (fired_at);
CREATE TABLE silences (
    rule VARCHAR(32) PRIMARY KEY,
    until {float} NOT NULL,
    who VARCHAR(64) NOT NULL
);
CREATE TABLE blocks (
    user_id {uuid} PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    at {float} NOT NULL,
    who VARCHAR(64) NOT NULL
);
CREATE TABLE grants (
    id {serial},
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at {float} NOT NULL,
    who VARCHAR(64) NOT NULL
);
CREATE INDEX grants_user ON grants (user_id, at)
"""
_INDEXES = """
CREATE INDEX transitions_moves ON transitions (at, dest, conversation_id) WHERE source <> dest;
CREATE INDEX training_runs_finished ON training_runs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX training_runs_request ON training_runs (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX avatars_created ON avatars (created_at);
CREATE INDEX users_created ON users (created_at);
CREATE INDEX users_name ON users (name);
CREATE INDEX conversations_active ON conversations (active_at);
CREATE INDEX conversations_chat ON conversations (chat);
CREATE INDEX avatar_photos_refused ON avatar_photos (created_at)
    WHERE validation_status IN ('invalid', 'duplicate');
CREATE INDEX inbox_failed ON inbox (failed_at) WHERE failed_at IS NOT NULL;
CREATE INDEX fal_events_errors ON fal_events (endpoint, error_type, message, at, run_id)
    WHERE NOT ok
"""


def up(_migrator: Any, db: Any) -> None:
    """Create them."""
    types = _SQLITE if isinstance(db, peewee.SqliteDatabase) else _POSTGRESQL
    for statement in f"{_TABLES.format(**types)};{_INDEXES}".split(";"):
        db.execute_sql(statement)


def down(_migrator: Any, db: Any) -> None:
    """Drop them."""
    for index in re.findall(r"CREATE INDEX (\w+)", _INDEXES):
        db.execute_sql(f"DROP INDEX {index}")
    for table in re.findall(r"CREATE TABLE (\w+)", _TABLES):
        db.execute_sql(f"DROP TABLE {table}")
