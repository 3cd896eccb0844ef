"""What tests of orphans are made of: keys, photos with their objects, a whole sweep."""

import time
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from core.avatars import disposal
from core.avatars.models import Avatar, AvatarPhoto, PhotoValidationStatus
from core.avatars.ports import ObjectStore
from core.avatars.privacy.orphans import Repaired, repair
from core.conversation.models import Conversation
from tests import makers

HOUR = 3600.0
INVALID, PENDING, VALID = (
    PhotoValidationStatus.INVALID,
    PhotoValidationStatus.PENDING,
    PhotoValidationStatus.VALID,
)


def later() -> float:
    """Two hours from now, when whatever was put today is old."""
    return time.time() + 2 * HOUR


def key_of(avatar: Avatar, n: int) -> str:
    return disposal.prefix_of(avatar.user_id, avatar.id) + f"{n:064x}"


def stranger(n: int) -> str:
    """A key of ours that nobody's row can name."""
    return f"{uuid4().hex}/{uuid4().hex}/{n:064x}"


def kept(store: ObjectStore, avatar: Avatar, owner: Conversation, numbers: Iterable[int]) -> None:
    """Valid photos with their objects."""
    for n in numbers:
        key = key_of(avatar, n)
        store.put(key, b"face")
        makers.photo(avatar, owner, VALID, file_hash=f"{n:064x}", minio_key=key, attempts=1)


def swept(store: ObjectStore, now: float, **options: Any) -> Repaired:
    """Repaired, and what is doomed deleted."""
    done = repair(store, now, **options)
    disposal.delete_doomed(store, now + 60, limit=1_000_000)
    return done


def statuses() -> list[PhotoValidationStatus]:
    return [photo.validation_status for photo in AvatarPhoto.select().order_by(AvatarPhoto.number)]
