"""Training at fal.ai: what a run knows of its order, every call's event, run-time switches.

SQLite can't change a CHECK, so the table of runs is made anew. Until here every training was
simulated: those under way start again, for nobody has paid for them.
"""

from typing import Any

import peewee

_SQLITE = {"serial": "INTEGER PRIMARY KEY AUTOINCREMENT", "uuid": "TEXT", "json": "TEXT",
           "float": "REAL", "bool": "INTEGER"}  # fmt: skip
_POSTGRESQL = {"serial": "BIGSERIAL PRIMARY KEY", "uuid": "UUID", "json": "JSONB",
               "float": "DOUBLE PRECISION", "bool": "BOOLEAN"}  # fmt: skip

_KEPT = (
    "id, avatar_id, user_id, conversation_id, training_type, status, test_mode, price_usd,"
    " photos_count, request_id, progress, position, error_class, error, attempts, created_at,"
    " submitted_at, started_at, finished_at, told_at, next_check_at"
)
_ACTIVE = "'ready', 'preparing', 'submitting', 'queued', 'training', 'saving', 'uncertain'"
_FORMERLY = "'ready', 'submitting', 'queued', 'training'"

_RUNS = """
CREATE TABLE training_runs (
    id {uuid} PRIMARY KEY,
    avatar_id {uuid} REFERENCES avatars (id) ON DELETE SET NULL,
    user_id {uuid} REFERENCES users (id) ON DELETE SET NULL,
    conversation_id BIGINT REFERENCES conversations (id) ON DELETE SET NULL,
    training_type VARCHAR(16) NOT NULL CHECK (training_type IN ('portrait', 'style')),
    status VARCHAR(16) NOT NULL CHECK (status IN ({statuses},
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
    next_check_at {float} NOT NULL{more}
);
INSERT INTO training_runs ({kept}) SELECT {kept} FROM former_runs;
DROP TABLE former_runs;
CREATE UNIQUE INDEX training_runs_avatar ON training_runs (avatar_id)
    WHERE status IN ({statuses}, 'cancelling');
CREATE UNIQUE INDEX training_runs_user ON training_runs (user_id)
    WHERE status IN ({statuses});
CREATE INDEX training_runs_due ON training_runs (next_check_at)
    WHERE status IN ({statuses}, 'cancelling');
CREATE INDEX training_runs_created ON training_runs (created_at)
"""

_MORE = """,
    profile VARCHAR(64) NOT NULL DEFAULT '',
    endpoint VARCHAR(128) NOT NULL DEFAULT '',
    status_url TEXT NOT NULL DEFAULT '',
    response_url TEXT NOT NULL DEFAULT '',
    cancel_url TEXT NOT NULL DEFAULT '',
    data_url TEXT NOT NULL DEFAULT '',
    uploaded_at {float},
    arguments {json} NOT NULL DEFAULT '{{}}',
    failures INTEGER NOT NULL DEFAULT 0,
    intent_at {float},
    deadline_at {float},
    saving_at {float},
    queue_seconds {float},
    training_seconds {float},
    cost_usd {float},
    error_type VARCHAR(64) NOT NULL DEFAULT '',
    finished_by VARCHAR(16) NOT NULL DEFAULT ''
        CHECK (finished_by IN ('', 'webhook', 'poll', 'admin', 'us')),
    weights_key VARCHAR(255),
    weights_sha256 VARCHAR(64),
    weights_bytes BIGINT"""

_NEW = """
CREATE INDEX training_runs_persons ON training_runs (user_id, created_at);
CREATE INDEX training_runs_avatars ON training_runs (avatar_id, created_at);
CREATE INDEX training_runs_submitted ON training_runs (submitted_at);
CREATE INDEX training_runs_weights ON training_runs (weights_key) WHERE weights_key IS NOT NULL;
CREATE TABLE fal_events (
    id {serial},
    at {float} NOT NULL,
    run_id {uuid},
    endpoint VARCHAR(128) NOT NULL,
    phase VARCHAR(16) NOT NULL CHECK (phase IN
        ('upload', 'submit', 'status', 'result', 'cancel', 'webhook', 'download')),
    ok {bool} NOT NULL,
    http_status INTEGER,
    error_type VARCHAR(64) NOT NULL,
    error_class VARCHAR(16) NOT NULL CHECK (error_class IN ('', 'person', 'retry', 'operator')),
    message VARCHAR(300) NOT NULL,
    seconds {float},
    request_id VARCHAR(128) NOT NULL
);
CREATE INDEX fal_events_at ON fal_events (at);
CREATE INDEX fal_events_run ON fal_events (run_id);
CREATE INDEX fal_events_ok ON fal_events (ok, at);
CREATE TABLE controls (
    name VARCHAR(64) PRIMARY KEY,
    value VARCHAR(255) NOT NULL,
    at {float} NOT NULL,
    by VARCHAR(64) NOT NULL
)
"""

_AGAIN = """
UPDATE training_runs SET status = 'ready', request_id = NULL, submitted_at = NULL,
    started_at = NULL, position = NULL, next_check_at = 0
WHERE status IN ('submitting', 'queued', 'training')
"""

_BACK = """
UPDATE training_runs SET status = CASE status WHEN 'preparing' THEN 'ready' ELSE 'failed' END
WHERE status IN ('preparing', 'saving', 'uncertain')
"""


def up(_migrator: Any, db: Any) -> None:
    """Make the table of runs anew, with what it had; add events and controls."""
    types = _types(db)
    _make_runs(db, statuses=_ACTIVE, more=_MORE.format(**types), **types)
    _execute(db, _NEW.format(**types))
    db.execute_sql(_AGAIN)
    db.execute_sql("UPDATE training_runs SET request_id = NULL WHERE status = 'cancelling'")
    db.execute_sql("UPDATE training_runs SET cost_usd = price_usd WHERE status = 'completed'")
    db.execute_sql("UPDATE training_runs SET cost_usd = 0 WHERE status IN ('failed', 'cancelled')")


def down(_migrator: Any, db: Any) -> None:
    """Take the new columns and tables away; a run in one of the new statuses has failed."""
    db.execute_sql(_BACK)
    for table in ("controls", "fal_events"):
        db.execute_sql(f"DROP TABLE {table}")
    _make_runs(db, statuses=_FORMERLY, more="", **_types(db))


def _make_runs(db: Any, **words: str) -> None:
    db.execute_sql("ALTER TABLE training_runs RENAME TO former_runs")
    _execute(db, _RUNS.format(kept=_KEPT, **words))


def _execute(db: Any, statements: str) -> None:
    for statement in statements.split(";"):
        db.execute_sql(statement)


def _types(db: Any) -> dict[str, str]:
    return _SQLITE if isinstance(db, peewee.SqliteDatabase) else _POSTGRESQL
