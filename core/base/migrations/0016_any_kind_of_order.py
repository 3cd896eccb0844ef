"""A submission may be of any kind of order: it says of which, and whether it is simulated.

Its order's row is deleted with it by whoever deletes that; there is no foreign key, for there may
be several tables.
"""

from typing import Any

import peewee

_UP = """
ALTER TABLE submissions ADD COLUMN kind VARCHAR(16) NOT NULL DEFAULT 'training';
ALTER TABLE submissions ADD COLUMN test_mode BOOLEAN NOT NULL DEFAULT {false};
UPDATE submissions SET test_mode = (SELECT r.test_mode FROM training_runs r WHERE r.id = run_id);
"""
_DOWN = """
DELETE FROM submissions WHERE kind <> 'training';
ALTER TABLE submissions DROP COLUMN test_mode;
ALTER TABLE submissions DROP COLUMN kind
"""
_REFERENCE = "REFERENCES training_runs (id) ON DELETE CASCADE"


def up(_migrator: Any, db: Any) -> None:
    """Add both, and let the reference go."""
    sqlite = isinstance(db, peewee.SqliteDatabase)
    _execute(db, _UP.format(false="0" if sqlite else "false"))
    if sqlite:
        _rebuild(db, f"NOT NULL {_REFERENCE}", "NOT NULL")
    else:
        db.execute_sql("ALTER TABLE submissions DROP CONSTRAINT submissions_run_id_fkey")


def down(_migrator: Any, db: Any) -> None:
    """Refer to training runs again; submissions of another kind are gone."""
    _execute(db, _DOWN)
    if isinstance(db, peewee.SqliteDatabase):
        _rebuild(db, "run_id TEXT NOT NULL", f"run_id TEXT NOT NULL {_REFERENCE}")
    else:
        db.execute_sql(f"ALTER TABLE submissions ADD FOREIGN KEY (run_id) {_REFERENCE}")


def _rebuild(db: Any, old: str, new: str) -> None:
    """SQLite can't drop a reference: a new table takes the rows, the name and the indexes."""
    made = "SELECT sql FROM sqlite_master WHERE tbl_name = 'submissions' AND type = '{}'"
    ((table,),) = db.execute_sql(made.format("table")).fetchall()
    indexes = [row[0] for row in db.execute_sql(made.format("index")).fetchall() if row[0]]
    assert old in table, "it is as its own migration has made it"
    head, body = table.split("(", 1)
    assert "submissions" in head, "the table's name stands before its columns"
    db.execute_sql(f"CREATE TABLE replaced ({body.replace(old, new)}")
    db.execute_sql("INSERT INTO replaced SELECT * FROM submissions")
    db.execute_sql("DROP TABLE submissions")
    db.execute_sql("ALTER TABLE replaced RENAME TO submissions")
    for index in indexes:
        db.execute_sql(index)


def _execute(db: Any, statements: str) -> None:
    for statement in filter(str.strip, statements.split(";")):
        db.execute_sql(statement)
