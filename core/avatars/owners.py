"""Whose work it is: every line is fair between people, and this says who they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.avatars.models import AvatarPhoto, TrainingRun
from core.avatars.privacy.remains import Export

_MODELS: Mapping[str, Any] = {
    "photo": AvatarPhoto,
    "run": TrainingRun,
    "poll": TrainingRun,
    "copy": TrainingRun,
    "export": Export,
}
"""The rows that each kind of work is about; what is missing here is one piece a person anyway."""


def of(kind: str, row_ids: Sequence[str]) -> dict[str, str]:
    """The person behind each row, by the rows' ids; rows that are gone are left out."""
    model = _MODELS.get(kind)
    if model is None or not row_ids:
        return {}
    query: Any = model.select(model.id, model.user).where(model.id.in_(list(row_ids))).tuples()
    return {str(row_id): str(user_id) for row_id, user_id in query}
