"""What the dashboard's dearest numbers are counted from: nothing is joined, sorted or looked up.

The indexes name `source` and `dest` both: SQLite looks a row up to see its condition again else.
"""

from typing import Any

import peewee

_UP = """
ALTER TABLE conversations ADD COLUMN entered_at {float} NOT NULL DEFAULT 0;
ALTER TABLE transitions ADD COLUMN stayed {float};
ALTER TABLE fal_events ADD COLUMN test_mode {bool} NOT NULL DEFAULT {false};
UPDATE transitions SET stayed = at - (
    SELECT p.at FROM transitions p WHERE p.conversation_id = transitions.conversation_id
    AND p.id < transitions.id AND p.source <> p.dest ORDER BY p.id DESC LIMIT 1
) WHERE source <> dest;
UPDATE conversations SET entered_at = coalesce((
    SELECT t.at FROM transitions t WHERE t.conversation_id = conversations.id
    AND t.source <> t.dest ORDER BY t.id DESC LIMIT 1
), 0);
UPDATE fal_events SET test_mode = {true}
WHERE run_id IN (SELECT r.id FROM training_runs r WHERE r.test_mode);
DROP INDEX transitions_moves;
DROP INDEX fal_events_at;
DROP INDEX conversations_active;
DROP INDEX avatars_created;
DROP INDEX avatar_photos_refused;
DROP INDEX training_runs_finished;
CREATE INDEX transitions_reached ON transitions (dest, at, conversation_id, source)
    WHERE source <> dest;
CREATE INDEX transitions_left ON transitions (source, at, stayed, dest) WHERE source <> dest;
CREATE INDEX fal_events_calls ON fal_events (at, test_mode, ok);
CREATE INDEX conversations_active ON conversations (active_at, state);
CREATE INDEX avatars_created ON avatars (created_at) WHERE name <> '';
CREATE INDEX avatar_photos_refused ON avatar_photos (created_at, reason, user_id, validation_status)
    WHERE validation_status IN ('invalid', 'duplicate');
CREATE INDEX training_runs_finished ON training_runs (finished_at, status, test_mode, training_type,
    training_seconds, started_at, queue_seconds, submitted_at) WHERE finished_at IS NOT NULL
"""
_DOWN = """
DROP INDEX transitions_reached;
DROP INDEX transitions_left;
DROP INDEX fal_events_calls;
DROP INDEX conversations_active;
DROP INDEX avatars_created;
DROP INDEX avatar_photos_refused;
DROP INDEX training_runs_finished;
CREATE INDEX training_runs_finished ON training_runs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX avatars_created ON avatars (created_at);
CREATE INDEX avatar_photos_refused ON avatar_photos (created_at)
    WHERE validation_status IN ('invalid', 'duplicate');
CREATE INDEX transitions_moves ON transitions (at, dest, conversation_id) WHERE source <> dest;
CREATE INDEX fal_events_at ON fal_events (at);
CREATE INDEX conversations_active ON conversations (active_at);
ALTER TABLE conversations DROP COLUMN entered_at;
ALTER TABLE transitions DROP COLUMN stayed;
ALTER TABLE fal_events DROP COLUMN test_mode
"""
_SQLITE = {"float": "REAL", "bool": "INTEGER", "true": "1", "false": "0"}
_POSTGRESQL = {"float": "DOUBLE PRECISION", "bool": "BOOLEAN", "true": "true", "false": "false"}


def up(_migrator: Any, db: Any) -> None:
    """Add the columns, fill them from what is known, and replace the indexes."""
    types = _SQLITE if isinstance(db, peewee.SqliteDatabase) else _POSTGRESQL
    for statement in _UP.format(**types).split(";"):
        db.execute_sql(statement)


def down(_migrator: Any, db: Any) -> None:
    """Take them away again."""
    for statement in _DOWN.split(";"):
        db.execute_sql(statement)
