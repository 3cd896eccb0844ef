"""Whose work it is: every line is fair between people, and this says who they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.avatars.models import Avatar, AvatarPhoto, TrainingRun
from core.avatars.orders.submissions import Submission
from core.avatars.privacy.retained import Export

_ROWS: Mapping[str, Any] = {
    "photo": AvatarPhoto.select(AvatarPhoto.id, AvatarPhoto.user),
    "run": TrainingRun.select(TrainingRun.id, TrainingRun.user),
    "poll": TrainingRun.select(TrainingRun.id, TrainingRun.user),
    "copy": TrainingRun.select(TrainingRun.id, TrainingRun.user),
    "late": Submission.select(Submission.id, TrainingRun.user).join(
        TrainingRun, on=Submission.run_id == TrainingRun.id
    ),
    "export": Export.select(Export.id, Export.user),
    "faces": Avatar.select(Avatar.id, Avatar.user),
}
"""The rows that each kind of work is about; what is missing here is one piece a person anyway."""


def of(kind: str, row_ids: Sequence[str]) -> dict[str, str]:
    """The person behind each row, by the rows' ids; rows that are gone are left out."""
    rows = _ROWS.get(kind)
    if rows is None or not row_ids:
        return {}
    found = rows.where(rows.model.id.in_(list(row_ids))).tuples()
    return {str(row_id): str(user_id) for row_id, user_id in found}
