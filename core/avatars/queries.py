"""What belongs to a person: named queries, each of which asks for the owner too."""

from __future__ import annotations

import uuid
from typing import Any

import peewee

from core.avatars.models import (
    HOLDING,
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    AvatarTrainingType,
    Consent,
    PhotoValidationStatus,
    RunStatus,
    TrainingRun,
)
from core.avatars.photos.declared import Declared
from core.avatars.photos.held import HeldPhoto
from core.conversation.models import Conversation
from core.conversation.tokens import digest

CONSENT_VERSION = "2026-12"
"""Rises with every change of the consent's meaning; an older consent is asked for again."""

UNFINISHED = (AvatarStatus.DRAFT, AvatarStatus.UPLOADING, AvatarStatus.READY)
REFUSED = (PhotoValidationStatus.INVALID, PhotoValidationStatus.DUPLICATE)
COUNTING = (PhotoValidationStatus.VALID, PhotoValidationStatus.PENDING)
_SETTLED = AvatarPhoto.validation_status != PhotoValidationStatus.PENDING


def avatar(user_id: uuid.UUID, avatar_id: str | None) -> Avatar | None:
    """A person's avatar by its id as screens write it (32 hex letters)."""
    try:
        wanted = uuid.UUID(avatar_id or "")
    except ValueError:
        return None
    return Avatar.get_or_none(Avatar.id == wanted, Avatar.user == user_id)


def named_avatars(user_id: uuid.UUID) -> Any:
    """A person's avatars that count: those with a name, newest first."""
    return (
        Avatar.select()
        .where(Avatar.user == user_id, Avatar.name != "")
        .order_by(Avatar.created_at.desc(), Avatar.id)
    )


def unfinished_avatar(user_id: uuid.UUID) -> Avatar | None:
    """The avatar that its person last worked on and has not trained yet."""
    query: Any = Avatar.select().where(Avatar.user == user_id, Avatar.status.in_(UNFINISHED))
    found: Avatar | None = query.order_by(Avatar.updated_at.desc()).first()
    return found


def nameless_draft(user_id: uuid.UUID) -> Avatar | None:
    """The one draft that has no name yet."""
    return Avatar.get_or_none(Avatar.user == user_id, Avatar.name == "")


def photos(avatar_id: uuid.UUID) -> Any:
    """An avatar's photos in the order they came, without the removed ones."""
    return (
        AvatarPhoto.select()
        .where(AvatarPhoto.avatar == avatar_id, AvatarPhoto.removed_at.is_null())
        .order_by(AvatarPhoto.number)
    )


def photos_with(avatar_id: uuid.UUID, *statuses: PhotoValidationStatus) -> Any:
    """Those of an avatar's photos that have one of these statuses."""
    return photos(avatar_id).where(AvatarPhoto.validation_status.in_(statuses))


def refusals(avatar_id: uuid.UUID) -> Any:
    """Refused photos whose reasons the person has not put aside yet."""
    return photos_with(avatar_id, *REFUSED).where(AvatarPhoto.dismissed_at.is_null())


def untold(conversation_id: int) -> Any:
    """The condition on photos whose verdict no screen of a conversation has shown yet."""
    shown: Any = Conversation.select(Conversation.shown_revision)
    seen = AvatarPhoto.told_revision <= shown.where(Conversation.id == conversation_id)
    return _SETTLED & (AvatarPhoto.told_revision.is_null() | ~seen)


def series(avatar_id: uuid.UUID, conversation_id: int) -> frozenset[uuid.UUID]:
    """The photos that a verdict screen tells of.

    Those whose verdict has not been shown yet; where there are none, and none is waited for, the
    last ones that were shown.
    """
    mine = photos(avatar_id)
    new = [photo.id for photo in mine.where(untold(conversation_id))]
    if new or photos_with(avatar_id, PhotoValidationStatus.PENDING).exists():
        return frozenset(new)
    latest = mine.where(_SETTLED).select(peewee.fn.MAX(AvatarPhoto.told_revision)).order_by()
    last = mine.where(AvatarPhoto.told_revision == latest, AvatarPhoto.told_revision > 0)
    return frozenset(photo.id for photo in last)


def photos_digest(avatar_id: uuid.UUID) -> str:
    """A fingerprint of the photos that a training would take."""
    valid = photos_with(avatar_id, PhotoValidationStatus.VALID)
    return digest(",".join(str(photo.id) for photo in valid))


def latest_run(avatar_id: uuid.UUID) -> TrainingRun | None:
    """The avatar's last training run."""
    query: Any = TrainingRun.select().where(TrainingRun.avatar == avatar_id)
    found: TrainingRun | None = query.order_by(TrainingRun.created_at.desc()).first()
    return found


def unfinished(avatar_id: uuid.UUID) -> str | None:
    """Why an avatar's last training, which its person has stopped, still keeps it from another.

    "stopping": the trainer is being told; "unsettled": its order may or may not have arrived;
    "unfetched": its result is there, and can't be had. None where nothing keeps it.
    """
    run = latest_run(avatar_id)
    return lingering(run) if run is not None and run.status is RunStatus.CANCELLING else None


def lingering(run: TrainingRun) -> str:
    """What a run that its person has stopped waits for; see `unfinished`."""
    if run.saving_at is not None:
        return "unfetched"
    return "unsettled" if run.request_id is None and run.intent_at is not None else "stopping"


def holding_run(user_id: uuid.UUID) -> TrainingRun | None:
    """The run that holds a person's only training slot."""
    return TrainingRun.get_or_none(TrainingRun.user == user_id, TrainingRun.status.in_(HOLDING))


def stored_photos(user_id: uuid.UUID) -> tuple[int, int]:
    """How many of a person's photos are stored, and how many bytes they were sent with."""
    query: Any = AvatarPhoto.select(
        peewee.fn.count(AvatarPhoto.id), peewee.fn.sum(AvatarPhoto.file_size)
    ).where(AvatarPhoto.user == user_id, AvatarPhoto.minio_key.is_null(False))
    count, size = query.scalar(as_tuple=True)
    return int(count), int(size or 0)


def trainings(user_id: uuid.UUID) -> int:
    """How many trainings of a person are in the books under their name."""
    return int(TrainingRun.select().where(TrainingRun.user == user_id).count())


def consented(user_id: uuid.UUID) -> bool:
    """Whether the person agrees to today's version of the consent."""
    query: Any = Consent.select().where(
        Consent.user == user_id,
        Consent.version == CONSENT_VERSION,
        Consent.withdrawn_at.is_null(),
    )
    return bool(query.exists())


def held_photos(user_id: uuid.UUID) -> Any:
    """Photos that came at the wrong moment, in the order they came."""
    return HeldPhoto.select().where(HeldPhoto.user == user_id).order_by(HeldPhoto.id)


def held_files(user_id: uuid.UUID) -> Any:
    """Those of them that may be no photos."""
    return held_photos(user_id).where(HeldPhoto.declared == Declared.FILE)


def sent_photo(conversation_id: int, spooled: str) -> AvatarPhoto | HeldPhoto | None:
    """The photo that came through the spool under this name in a conversation, while it is kept."""
    for model in (AvatarPhoto, HeldPhoto):
        query: Any = model.select().where(
            model.conversation == conversation_id, model.reference["spool"] == spooled
        )
        found: AvatarPhoto | HeldPhoto | None = query.first()
        if found is not None:
            return found
    return None


def has_kind(found: Avatar) -> bool:
    """Whether it is settled what the avatar is and whom it shows."""
    return found.avatar_type is not None and found.gender is not None


def place_of(found: Avatar) -> str:
    """The state in which its owner goes on with an avatar."""
    if found.avatar_type is None:
        style = found.training_type is AvatarTrainingType.STYLE
        return "selecting_avatar_type" if style else "selecting_training_type"
    if found.gender is None:
        return "selecting_gender"
    if not found.name:
        return "entering_name"
    if found.status in UNFINISHED:
        if not consented(found.user_id):
            return "consent"
        return "photo_validation_error" if refusals(found.id).exists() else "uploading_photos"
    return _PLACES[found.status]


_PLACES = {
    AvatarStatus.TRAINING: "training_in_progress",
    AvatarStatus.COMPLETED: "training_completed",
    AvatarStatus.ERROR: "training_error",
    AvatarStatus.CANCELLED: "training_cancelled",
}
