"""Who is at a photo: claims that are moments pushed ahead, taken in turn by person."""

from __future__ import annotations

import uuid

import peewee

from core.avatars.models import AvatarPhoto, PhotoValidationStatus
from core.base.db import transaction

_PENDING = AvatarPhoto.validation_status == PhotoValidationStatus.PENDING


def due(now: float, limit: int) -> list[str]:
    """Photos that want to be judged: the longest waiting of each person, then their second, …

    However many one person has sent, those of the others are among the first.
    """
    order = (AvatarPhoto.next_check_at, AvatarPhoto.number)
    turn = peewee.fn.ROW_NUMBER().over(partition_by=[AvatarPhoto.user], order_by=order)
    waiting = AvatarPhoto.select(
        AvatarPhoto.id, AvatarPhoto.next_check_at, AvatarPhoto.number, turn.alias("turn")
    ).where(_PENDING, AvatarPhoto.next_check_at <= now)
    query = waiting.select_from(waiting.c.id).order_by(
        waiting.c.turn, waiting.c.next_check_at, waiting.c.number
    )
    return [str(uuid.UUID(str(row["id"]))) for row in query.limit(limit).dicts()]


def claim(photo_id: str, now: float, seconds: float) -> AvatarPhoto | None:
    """The photo, for the caller to judge; None where it is too early or taken."""
    query = AvatarPhoto.update(
        next_check_at=now + seconds, attempts=AvatarPhoto.attempts + 1
    ).where(AvatarPhoto.id == photo_id, _PENDING, AvatarPhoto.next_check_at <= now)
    with transaction():
        return AvatarPhoto.get_by_id(photo_id) if query.execute() else None


def keep(photo: AvatarPhoto, now: float, seconds: float) -> None:
    """Say that a try is still at it, unless another one has taken over."""
    query = AvatarPhoto.update(next_check_at=now + seconds)
    mine = AvatarPhoto.attempts == photo.attempts
    with transaction():
        query.where(AvatarPhoto.id == photo.id, _PENDING, mine).execute()


def wait(photo: AvatarPhoto, until: float, **changes: object) -> None:
    """Leave a photo alone until a moment."""
    query = AvatarPhoto.update(next_check_at=until, **changes)
    with transaction():
        query.where(AvatarPhoto.id == photo.id, _PENDING).execute()
