"""When a file that its channel doesn't find counts as gone: never at the first try."""

from __future__ import annotations

from core.avatars.models import AvatarPhoto, PhotoValidationStatus
from core.base.db import transaction

TRIES = 6
SECONDS = 300.0
"""A file is gone once it was not found at so many tries over so long."""


def lasting(photo: AvatarPhoto, now: float) -> bool:
    """Count a try at which a pending photo's file was not found: whether that has lasted."""
    times, since = photo.photo_metadata.get("missing", (0, now))
    metadata = {**photo.photo_metadata, "missing": [times + 1, since]}
    query = AvatarPhoto.update(photo_metadata=metadata).where(
        AvatarPhoto.id == photo.id,
        AvatarPhoto.validation_status == PhotoValidationStatus.PENDING,
    )
    with transaction():
        query.execute()
    return bool(times + 1 >= TRIES and now - since >= SECONDS)
