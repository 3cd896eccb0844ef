"""The schema as it was before `training_type`: frozen, and independent of today's models.

Written as statements because constraints and partial indexes are the point of it. `{…}` are the
few types that SQLite and PostgreSQL spell differently.
"""

import re
from typing import Any

import peewee

_SQLITE = {"serial": "INTEGER PRIMARY KEY AUTOINCREMENT", "uuid": "TEXT", "json": "TEXT",
           "float": "REAL", "moment": "DATETIME", "bool": "INTEGER", "no": "0"}  # fmt: skip
_POSTGRESQL = {"serial": "BIGSERIAL PRIMARY KEY", "uuid": "UUID", "json": "JSONB",
               "float": "DOUBLE PRECISION", "moment": "TIMESTAMP", "bool": "BOOLEAN",
               "no": "FALSE"}  # fmt: skip

_TABLES = """
CREATE TABLE users (
    id {uuid} PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    language VARCHAR(8) NOT NULL,
    language_chosen {bool} NOT NULL,
    created_at {float} NOT NULL
);
CREATE TABLE conversations (
    id {serial},
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    channel VARCHAR(32) NOT NULL,
    bot VARCHAR(64) NOT NULL,
    chat VARCHAR(128) NOT NULL,
    token_key VARCHAR(32) NOT NULL,
    state VARCHAR(64) NOT NULL,
    visit BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    memory TEXT NOT NULL,
    shown_revision BIGINT NOT NULL,
    post_revision BIGINT NOT NULL,
    shown TEXT,
    shown_buttons TEXT NOT NULL,
    shown_at {float} NOT NULL,
    differs_since {float} NOT NULL,
    due_at {float} NOT NULL,
    rank SMALLINT NOT NULL,
    not_before {float} NOT NULL,
    failures INTEGER NOT NULL,
    unreachable {bool} NOT NULL,
    wake_at {float},
    wake_trigger VARCHAR(64) NOT NULL,
    wake_visit BIGINT NOT NULL,
    photo_at {float} NOT NULL,
    created_at {float} NOT NULL,
    active_at {float} NOT NULL
);
CREATE UNIQUE INDEX conversations_address ON conversations (channel, bot, chat);
CREATE INDEX conversations_user ON conversations (user_id);
CREATE INDEX conversations_due ON conversations (channel, bot, due_at)
    WHERE revision > shown_revision;
CREATE INDEX conversations_wake ON conversations (wake_at) WHERE wake_at IS NOT NULL;
CREATE TABLE inbox (
    id {serial},
    conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    channel VARCHAR(32) NOT NULL,
    bot VARCHAR(64) NOT NULL,
    update_id VARCHAR(128) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    payload TEXT NOT NULL,
    received_at {float} NOT NULL,
    handled_at {float},
    attempts SMALLINT NOT NULL,
    retry_at {float} NOT NULL,
    failed_at {float},
    error TEXT NOT NULL
);
CREATE UNIQUE INDEX inbox_update ON inbox (channel, bot, update_id);
CREATE INDEX inbox_waiting ON inbox (conversation_id, id)
    WHERE handled_at IS NULL AND failed_at IS NULL;
CREATE INDEX inbox_handled ON inbox (handled_at) WHERE handled_at IS NOT NULL;
CREATE TABLE notices (
    id {serial},
    conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    key VARCHAR(128) NOT NULL,
    name VARCHAR(64) NOT NULL,
    parameters TEXT NOT NULL,
    created_at {float} NOT NULL,
    attempted_at {float},
    sent_at {float},
    outcome VARCHAR(16) NOT NULL
        CHECK (outcome IN ('pending', 'sending', 'sent', 'uncertain', 'blocked', 'failed'))
);
CREATE UNIQUE INDEX notices_key ON notices (key);
CREATE INDEX notices_pending ON notices (conversation_id, id) WHERE outcome = 'pending';
CREATE TABLE transitions (
    id {serial},
    conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    event_id BIGINT NOT NULL,
    kind VARCHAR(16) NOT NULL,
    trigger VARCHAR(64) NOT NULL,
    source VARCHAR(64) NOT NULL,
    dest VARCHAR(64) NOT NULL,
    visit BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    at {float} NOT NULL
);
CREATE INDEX transitions_conversation ON transitions (conversation_id, id);
CREATE TABLE transcript (
    id {serial},
    conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    author VARCHAR(8) NOT NULL CHECK (author IN ('person', 'bot')),
    content TEXT NOT NULL,
    at {float} NOT NULL
);
CREATE INDEX transcript_conversation ON transcript (conversation_id, id);
CREATE TABLE leases (
    name VARCHAR(128) PRIMARY KEY,
    holder VARCHAR(128) NOT NULL,
    until {float} NOT NULL
);
CREATE TABLE avatars (
    id {uuid} PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name VARCHAR(64) NOT NULL,
    gender VARCHAR(16) CHECK (gender IN ('male', 'female', 'other')),
    avatar_type VARCHAR(16) CHECK (avatar_type IN ('character', 'style', 'custom')),
    status VARCHAR(16) NOT NULL CHECK (status IN
        ('draft', 'uploading', 'ready', 'training', 'completed', 'error', 'cancelled')),
    training_progress INTEGER NOT NULL CHECK (training_progress BETWEEN 0 AND 100),
    finetune_id VARCHAR(255),
    fal_mode VARCHAR(16),
    avatar_data {json} NOT NULL,
    training_config {json} NOT NULL,
    photos_count INTEGER NOT NULL CHECK (photos_count >= 0),
    created_at {moment} NOT NULL,
    updated_at {moment} NOT NULL
);
CREATE INDEX avatars_user ON avatars (user_id, created_at);
CREATE UNIQUE INDEX avatars_nameless ON avatars (user_id) WHERE name = '';
CREATE TABLE avatar_photos (
    id {uuid} PRIMARY KEY,
    avatar_id {uuid} NOT NULL REFERENCES avatars (id) ON DELETE CASCADE,
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id BIGINT REFERENCES conversations (id) ON DELETE SET NULL,
    reference {json} NOT NULL,
    minio_key VARCHAR(255),
    file_hash VARCHAR(64),
    file_size INTEGER,
    validation_status VARCHAR(16) NOT NULL
        CHECK (validation_status IN ('pending', 'valid', 'invalid', 'duplicate')),
    reason VARCHAR(32) NOT NULL,
    has_face {bool},
    quality_score {float} CHECK (quality_score BETWEEN 0 AND 1),
    width INTEGER,
    height INTEGER,
    photo_metadata {json} NOT NULL,
    number INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    postponed INTEGER NOT NULL,
    next_check_at {float} NOT NULL,
    dismissed_at {float},
    removed_at {float},
    created_at {moment} NOT NULL,
    updated_at {moment} NOT NULL
);
CREATE INDEX avatar_photos_user ON avatar_photos (user_id);
CREATE UNIQUE INDEX avatar_photos_number ON avatar_photos (avatar_id, number);
CREATE UNIQUE INDEX avatar_photos_hash ON avatar_photos (avatar_id, file_hash)
    WHERE validation_status = 'valid' AND removed_at IS NULL;
CREATE INDEX avatar_photos_pending ON avatar_photos (next_check_at)
    WHERE validation_status = 'pending';
CREATE TABLE training_runs (
    id {uuid} PRIMARY KEY,
    avatar_id {uuid} REFERENCES avatars (id) ON DELETE SET NULL,
    user_id {uuid} REFERENCES users (id) ON DELETE SET NULL,
    conversation_id BIGINT REFERENCES conversations (id) ON DELETE SET NULL,
    training_type VARCHAR(16) NOT NULL CHECK (training_type IN ('portrait', 'style')),
    status VARCHAR(16) NOT NULL CHECK (status IN ('ready', 'submitting', 'queued', 'training',
        'cancelling', 'completed', 'failed', 'cancelled')),
    test_mode {bool} NOT NULL,
    price_usd {float} NOT NULL,
    photos_count INTEGER NOT NULL,
    request_id VARCHAR(255),
    progress INTEGER NOT NULL CHECK (progress BETWEEN 0 AND 100),
    position INTEGER,
    error_class VARCHAR(16) NOT NULL,
    error VARCHAR(500) NOT NULL,
    attempts INTEGER NOT NULL,
    created_at {float} NOT NULL,
    submitted_at {float},
    started_at {float},
    finished_at {float},
    told_at {float} NOT NULL,
    next_check_at {float} NOT NULL
);
CREATE UNIQUE INDEX training_runs_avatar ON training_runs (avatar_id)
    WHERE status IN ('ready', 'submitting', 'queued', 'training', 'cancelling');
CREATE UNIQUE INDEX training_runs_user ON training_runs (user_id)
    WHERE status IN ('ready', 'submitting', 'queued', 'training');
CREATE INDEX training_runs_due ON training_runs (next_check_at)
    WHERE status IN ('ready', 'submitting', 'queued', 'training', 'cancelling');
CREATE INDEX training_runs_created ON training_runs (created_at);
CREATE TABLE held_photos (
    id {serial},
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id BIGINT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    reference {json} NOT NULL,
    held_at {float} NOT NULL
);
CREATE INDEX held_photos_user ON held_photos (user_id, id);
CREATE TABLE consents (
    id {serial},
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    version VARCHAR(16) NOT NULL,
    given_at {float} NOT NULL,
    withdrawn_at {float}
);
CREATE INDEX consents_user ON consents (user_id);
CREATE TABLE admissions (
    user_id {uuid} PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    invite VARCHAR(128) NOT NULL,
    at {float} NOT NULL
);
CREATE TABLE doomed_objects (
    id {serial},
    prefix VARCHAR(255) NOT NULL,
    at {float} NOT NULL
);
CREATE INDEX doomed_objects_prefix ON doomed_objects (prefix);
CREATE INDEX avatar_photos_removed ON avatar_photos (removed_at) WHERE removed_at IS NOT NULL;
CREATE INDEX avatar_photos_key ON avatar_photos (minio_key) WHERE minio_key IS NOT NULL
"""


def up(_migrator: Any, db: Any) -> None:
    """Create every table and index."""
    types = _SQLITE if isinstance(db, peewee.SqliteDatabase) else _POSTGRESQL
    for statement in _TABLES.format(**types).split(";"):
        db.execute_sql(statement)


def down(_migrator: Any, db: Any) -> None:
    """Drop every table, the dependent ones first."""
    for table in reversed(re.findall(r"CREATE TABLE (\w+)", _TABLES)):
        db.execute_sql(f"DROP TABLE {table}")
