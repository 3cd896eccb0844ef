"""What a verdict on a photo is written as: the columns of its row."""

from __future__ import annotations

from collections.abc import Mapping

from core.avatars.models import AvatarPhoto, PhotoValidationStatus
from core.avatars.photos.inspection.verdict import Verdict
from core.base.db import database
from core.base.processes import meters


def refusal(reason: str) -> dict[str, object]:
    """Of a photo that is refused for a reason without being looked at."""
    status = PhotoValidationStatus.INVALID
    return {"validation_status": status, "reason": reason, "minio_key": None}


def columns(verdict: Verdict, key: str | None, before: Mapping[str, object]) -> dict[str, object]:
    """What is written; of the metadata `before`, that the person has overruled a refusal stays."""
    status = PhotoValidationStatus(verdict.status)
    duplicate = status is PhotoValidationStatus.DUPLICATE
    kept = {name: before[name] for name in ("overruled",) if name in before}
    metadata = {"format": verdict.format, **verdict.metadata, **kept}
    return {
        "validation_status": status,
        "reason": verdict.reason or ("duplicate" if duplicate else ""),
        "width": verdict.width,
        "height": verdict.height,
        "file_size": verdict.file_size,
        "file_hash": verdict.file_hash,
        "has_face": verdict.has_face,
        "quality_score": verdict.quality_score,
        "minio_key": key,
        "photo_metadata": metadata | ({"same_as": verdict.duplicate_of} if duplicate else {}),
    }


def count_once_committed(photo: AvatarPhoto) -> None:
    """Count a photo's verdict when its transaction has ended well."""
    verdict = photo.validation_status.value
    database.after_commit(lambda: meters.count("photos_judged", verdict=verdict))
