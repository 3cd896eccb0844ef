"""Made-up rows, gathered and inserted many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.base.db import database, is_sqlite, run, transaction

_COLUMNS = {
    "users": "id name username sought language language_chosen created_at",
    "conversations": "id user_id channel bot chat token_key state visit revision memory "
    "shown_revision post_revision shown_buttons shown_at differs_since due_at rank not_before "
    "failures unreachable wake_trigger wake_visit photo_at created_at active_at entered_at",
    "transitions": 'conversation_id event_id kind "trigger" source dest visit revision at stayed',
    "avatars": "id user_id name sought gender avatar_type status training_progress avatar_data "
    "training_config photos_count created_at updated_at training_type",
    "avatar_photos": "id avatar_id user_id conversation_id reference validation_status reason "
    "photo_metadata number attempts postponed next_check_at created_at updated_at",
    "training_runs": "id avatar_id user_id conversation_id training_type status test_mode "
    "price_usd photos_count request_id progress error_class error attempts created_at "
    "submitted_at started_at finished_at told_at next_check_at profile endpoint queue_seconds "
    "training_seconds cost_usd error_type finished_by submission",
    "picture_runs": "id avatar_id user_id conversation_id purpose pack scene wish variation shape "
    "count seed counted blocked spoilt status test_mode price_usd cost_usd profile endpoint "
    "request_id status_url response_url cancel_url data_url arguments progress error_type "
    "error_class error submission attempts failures finished_by created_at intent_at submitted_at "
    "started_at finished_at told_at next_check_at",
    "pictures": "id run_id avatar_id user_id place number key sha256 size width height likeness "
    "favourite made_at",
    "submissions": "id kind run_id test_mode number profile endpoint arguments fate price_usd "
    "cost_usd request_id status_url response_url cancel_url error_type error_class "
    "sent_at answered_at ended_at next_check_at",
    "fal_events": "at run_id endpoint phase ok http_status error_type error_class message seconds "
    "request_id test_mode",
}


@dataclass
class Batch:
    """Rows that wait to be inserted, by table; the order is that of their references."""

    rows: dict[str, list[tuple[object, ...]]] = field(
        default_factory=lambda: {table: [] for table in _COLUMNS}
    )

    def add(self, table: str, *row: object) -> None:
        """One more row, its values in the order of the columns."""
        self.rows[table].append(row)

    def insert(self) -> None:
        """Write them all, in one transaction."""
        with transaction():
            for table, columns in _COLUMNS.items():
                _insert(table, columns.split(), self.rows[table])


def after_explicit_ids(table: str) -> None:
    """Let a table whose ids were given go on after them."""
    if not is_sqlite():
        run(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")


def _insert(table: str, columns: Sequence[str], rows: list[tuple[object, ...]]) -> None:
    if not rows:
        return
    cursor = database.obj.cursor()
    names = ", ".join(columns)
    if is_sqlite():
        places = ", ".join("?" * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)
        return
    with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copying:
        for row in rows:
            copying.write_row(row)
