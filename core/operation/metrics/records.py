"""One row of a table by its identifier, without what people said and what opens doors."""

from __future__ import annotations

from typing import NamedTuple

from core.base.db import storable
from core.operation.metrics.scope import one, own_id, text_id


class Kind(NamedTuple):
    """A table, the column that names its rows, and what is shown of them."""

    table: str
    key: str
    columns: tuple[str, ...]


def _kind(table: str, columns: str, key: str = "id") -> Kind:
    return Kind(table, key, (key, *columns.split()))


KINDS = {
    "alert": _kind(
        "alerts",
        "rule subject value threshold fired_at resolved_at told_fired_at told_resolved_at",
    ),
    "audit": _kind("audit", "at who action subject detail"),
    "call": _kind(
        "fal_events",
        "at run_id endpoint phase ok http_status error_type error_class message seconds request_id",
    ),
    "copy": _kind("remote_copies", "kind name endpoint at next_check_at attempts error_type"),
    "event": _kind(
        "inbox",
        "conversation_id channel kind received_at handled_at attempts retry_at failed_at error",
    ),
    "export": _kind(
        "exports", "user_id conversation_id ordered_at attempts next_check_at made_at parts size"
    ),
    "notice": _kind("notices", "conversation_id name created_at attempted_at sent_at outcome"),
    "photo": _kind(
        "avatar_photos",
        "user_id avatar_id conversation_id number validation_status reason width height file_size "
        "has_face quality_score attempts postponed next_check_at dismissed_at removed_at "
        "created_at updated_at",
    ),
    "support": _kind("support_messages", "user_id conversation_id at answered_at who"),
    "submission": _kind(
        "submissions",
        "run_id number profile endpoint fate price_usd cost_usd request_id error_type error_class "
        "http_status sent_at answered_at ended_at next_check_at",
    ),
    "switch": _kind("controls", "value at by", key="name"),
    "turn": _kind("transitions", "conversation_id event_id kind trigger source dest visit at"),
}
_BY_UUID = ("export", "photo", "submission")
_NAMES = ("user_id", "avatar_id", "run_id")


def record(kind: str, id: str) -> dict[str, object] | None:
    """A row as its columns have it; None where there is none, or no such kind."""
    known, wanted = KINDS.get(kind), _key(kind, id)
    if known is None or wanted is None:
        return None
    names = ", ".join(f'"{name}"' for name in known.columns)
    found = one(f'SELECT {names} FROM {known.table} WHERE "{known.key}" = ?', wanted)
    if found is None:
        return None
    named = (*_NAMES, "id") if kind in _BY_UUID else _NAMES
    return {
        name: text_id(value) if name in named and value is not None else value
        for name, value in zip(known.columns, found, strict=True)
    }


def owner(row: dict[str, object]) -> str:
    """Whose row it is, by whatever it names; "" where it is nobody's."""
    for column, query in (
        ("user_id", "SELECT id FROM users WHERE id = ?"),
        ("conversation_id", "SELECT user_id FROM conversations WHERE id = ?"),
        ("run_id", "SELECT user_id FROM training_runs WHERE id = ?"),
    ):
        value = row.get(column)
        key = own_id(str(value)) if column != "conversation_id" else value
        found = one(query, key) if key is not None else None
        if found is not None and found[0] is not None:
            return text_id(found[0])
    return ""


def _key(kind: str, id: str) -> object:
    if kind in _BY_UUID:
        return own_id(id)
    if kind == "switch":
        return storable(id)
    return int(id) if id.isascii() and id.isdigit() and len(id) < 19 else None
