"""The pictures of a person: named queries that always ask for the owner too."""

from __future__ import annotations

import uuid
from collections.abc import Sequence, Set

from peewee import Case, ModelSelect, Value

from core.avatars.disposal import Waste
from core.avatars.models import AvatarPhoto, PhotoValidationStatus
from core.avatars.models.pictures import THERE, Picture, PictureRun
from core.base.db import transaction
from core.conversation.statements import lock_person


def run(user_id: uuid.UUID, run_id: str | None) -> PictureRun | None:
    """A person's order of pictures by its id."""
    wanted = _id(run_id)
    if wanted is None:
        return None
    return PictureRun.get_or_none(PictureRun.id == wanted, PictureRun.user == user_id)


def picture(user_id: uuid.UUID, picture_id: str | None) -> Picture | None:
    """A person's picture by its id, removed or not."""
    wanted = _id(picture_id)
    if wanted is None:
        return None
    mine = (Picture.user == user_id, Picture.made_at.is_null(False))
    return Picture.get_or_none(Picture.id == wanted, *mine)


def of_run(run_id: uuid.UUID) -> Sequence[Picture]:
    """The pictures of an order that are there, the likest first."""
    return list(Picture.select().where(Picture.run == run_id, THERE).order_by(Picture.place))


def of_avatar(avatar_id: uuid.UUID) -> ModelSelect[Picture]:
    """The pictures of an avatar that are there: favourites first, then the newest."""
    mine = Picture.select().where(Picture.avatar == avatar_id, THERE)
    return mine.order_by(Picture.favourite.desc(), Picture.number.desc())


def faces(avatars: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What shows each of these avatars: its best picture, or else its first good photo."""
    good = AvatarPhoto.validation_status == PhotoValidationStatus.VALID
    photos = AvatarPhoto.select(
        AvatarPhoto.avatar, AvatarPhoto.minio_key, Value(0), AvatarPhoto.number * -1
    ).where(AvatarPhoto.avatar.in_(avatars), good, AvatarPhoto.removed_at.is_null())
    rank = Case(None, [(Picture.favourite, 2)], 1)
    pictures = Picture.select(Picture.avatar, Picture.key, rank, Picture.number).where(
        Picture.avatar.in_(avatars), THERE
    )
    found = (photos | pictures).tuples() if avatars else ()
    ranked = sorted(found, key=lambda row: row[2:])
    return {avatar_id: key for avatar_id, key, *_ in ranked if key}


def forget_removed(before: float, now: float, limit: int = 100) -> int:
    """Delete the pictures that were removed before a moment, with what is stored; how many."""
    old = list(Picture.select().where(Picture.removed_at < before).limit(limit))
    return sum(_forget_removed(seen, before, now) for seen in old)


def _forget_removed(seen: Picture, before: float, now: float) -> bool:
    with transaction():
        lock_person(None, seen.user_id)
        gone = Picture.delete().where(Picture.id == seen.id, Picture.removed_at < before)
        if not gone.execute():  # put back
            return False
        _unneeded({seen.key}).doom(now)
        return True


def forget_pictures(run: PictureRun, now: float, still: Set[str] = frozenset()) -> None:
    """Delete an order's pictures; what is stored goes too, but for the keys that are `still` used.

    The caller holds the person.
    """
    gone = Picture.delete().where(Picture.run == run.id).returning(Picture.key)
    _unneeded({picture.key for picture in gone.execute()} - still).doom(now)


def _unneeded(keys: Set[str]) -> Waste:
    """What is stored under these keys, but for what another picture has too: the very same file."""
    others = Picture.select(Picture.key).where(Picture.key.in_(list(keys)))
    return Waste(keys - set(others.scalars() if keys else ()))


def _id(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None
