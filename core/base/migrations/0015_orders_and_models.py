"""`finetune_id` is fal's own id of a training, and a model says by itself how it was trained.

Until here it was the key of the stored weights where a training leaves any; those are named in
`avatar_data`, which gets what the columns alone have said of the model.
"""

import json
from collections.abc import Iterator
from typing import Any

import peewee

_MODELS = "SELECT id, finetune_id, fal_mode, training_config, avatar_data FROM avatars"
_ORDERED = """
SELECT a.id, r.request_id, r.training_type FROM avatars a JOIN training_runs r ON r.avatar_id = a.id
WHERE a.status = 'training'
  AND r.status NOT IN ('completed', 'failed', 'cancelled', 'cancelling')
"""


def up(_migrator: Any, db: Any) -> None:
    """Name models by fal's id, and avatars in training by that of their order."""
    for avatar, finetune_id, fal_mode, config, data in _models(db):
        model = _known(data, finetune_id, fal_mode, config)
        model["earlier"] = [
            _known(one, one["finetune_id"], one["fal_mode"], one["training_config"])
            for one in data.get("earlier", ())
        ]
        _write(db, avatar, finetune_id=model["finetune_id"], avatar_data=json.dumps(model))
    for avatar, request_id, training_type in db.execute_sql(_ORDERED).fetchall():
        _write(db, avatar, finetune_id=request_id, fal_mode=training_type)


def down(_migrator: Any, db: Any) -> None:
    """Name models by their weights again; what they say besides is only more than was said."""
    for avatar, _, _, config, data in _models(db):
        data["earlier"] = [
            {**one, "finetune_id": _formerly(one)} for one in data.get("earlier", ())
        ]
        _write(
            db,
            avatar,
            finetune_id=_formerly(data),
            fal_mode=data.get("fal_mode"),
            training_config=json.dumps(data.get("training_config", config)),
            avatar_data=json.dumps(data),
        )


def _models(db: Any) -> Iterator[tuple[Any, Any, Any, dict[str, Any], dict[str, Any]]]:
    """The avatars that have a model: id, `finetune_id`, `fal_mode`, and both JSON columns."""
    for avatar, finetune_id, fal_mode, config, data in db.execute_sql(_MODELS).fetchall():
        found = _read(data)
        if found.get("run"):
            yield avatar, finetune_id, fal_mode, _read(config), found


def _known(
    data: dict[str, Any], finetune_id: str | None, fal_mode: str | None, config: dict[str, Any]
) -> dict[str, Any]:
    """A model that says what the columns said of it; its id is fal's, not the weights' key."""
    stored = data.get("weights", {}).get("key")
    found = finetune_id if finetune_id != stored else data.get("request_id")
    return {**data, "finetune_id": found, "fal_mode": fal_mode, "training_config": config}


def _formerly(data: dict[str, Any]) -> str | None:
    """What `finetune_id` was: the key of the weights, where there are any."""
    found: str | None = data.get("weights", {}).get("key") or data.get("finetune_id")
    return found


def _read(value: Any) -> dict[str, Any]:
    """A JSON column, which PostgreSQL gives as what it holds."""
    found: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return found


def _write(db: Any, avatar: Any, **columns: Any) -> None:
    mark = "?" if isinstance(db, peewee.SqliteDatabase) else "%s"
    set_to = ", ".join(f"{name} = {mark}" for name in columns)
    db.execute_sql(f"UPDATE avatars SET {set_to} WHERE id = {mark}", (*columns.values(), avatar))
