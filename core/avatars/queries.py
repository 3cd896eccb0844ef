"""What belongs to a person: named queries that always ask for the owner too."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from peewee import ModelSelect

from core.avatars.models import (
    HOLDING,
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    Consent,
    PhotoValidationStatus,
    RunStatus,
    TrainedModel,
    TrainingRun,
)
from core.avatars.orders import submissions
from core.conversation.statements import erased
from core.conversation.tokens import digest

CONSENT_VERSION = "2026-12.4"
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


def photos(avatar_id: uuid.UUID) -> ModelSelect[AvatarPhoto]:
    """An avatar's photos in the order they came, without the removed ones."""
    return (
        AvatarPhoto.select()
        .where(AvatarPhoto.avatar == avatar_id, AvatarPhoto.removed_at.is_null())
        .order_by(AvatarPhoto.number)
    )


def photos_with(avatar_id: uuid.UUID, *statuses: PhotoValidationStatus) -> ModelSelect[AvatarPhoto]:
    """Those of an avatar's photos that have one of these statuses."""
    return photos(avatar_id).where(AvatarPhoto.validation_status.in_(statuses))


def photos_digest(avatar_id: uuid.UUID) -> str:
    """A fingerprint of the photos that a training would take."""
    return digest_of(photos_with(avatar_id, PhotoValidationStatus.VALID))


def digest_of(valid: Iterable[AvatarPhoto]) -> str:
    """The same, of the valid photos of an avatar."""
    return digest(",".join(str(photo.id) for photo in valid))


def latest_run(avatar_id: uuid.UUID) -> TrainingRun | None:
    """The avatar's last training run."""
    query = TrainingRun.select().where(TrainingRun.avatar == avatar_id)
    return query.order_by(TrainingRun.created_at.desc()).get_or_none()


def models_of(avatar_id: uuid.UUID) -> Sequence[TrainedModel]:
    """The models of an avatar, in the order in which they were made."""
    query = TrainedModel.select().where(TrainedModel.avatar == avatar_id)
    return list(query.order_by(TrainedModel.made_at, TrainedModel.id))


def model_of(avatar_id: uuid.UUID) -> TrainedModel | None:
    """The model that an avatar has, whatever has been ordered since; None where none was made."""
    return next(reversed(models_of(avatar_id)), None)


def unfinished(avatar_id: uuid.UUID) -> str | None:
    """Why an avatar's last training, which its person has stopped, still keeps it from another.

    "stopping": the trainer is being told; "unsettled": its order may or may not have arrived;
    "unfetched": its result is there, and can't be had. None where nothing keeps it.
    """
    run = latest_run(avatar_id)
    if run is None or run.status is not RunStatus.CANCELLING:
        return None
    return lingering(run, submissions.unread(run))


def lingering(run: TrainingRun, unread: bool) -> str:
    """What a run that its person has stopped waits for; see `unfinished`."""
    if unread or run.saving_at is not None:
        return "unfetched"
    return "unsettled" if run.request_id is None and run.intent_at is not None else "stopping"


def unfetched(run: TrainingRun, unread: bool) -> bool:
    """Whether a run is finished, and what it made could not be had so far."""
    failing = run.status is RunStatus.SAVING and run.error_class != ""
    return failing or (unread and run.status in HOLDING)


def wanted(order: Any) -> Avatar | None:
    """An order's avatar, while it is there and its owner still wants the result."""
    withdrawn = Consent.select().where(
        Consent.user == order.user_id, Consent.withdrawn_at >= order.created_at
    )
    if order.avatar_id is None or withdrawn.exists():
        return None
    if order.user_id is not None and erased(order.user_id, order.created_at):
        return None
    return Avatar.get_or_none(Avatar.id == order.avatar_id)


def consents(user_id: uuid.UUID) -> ModelSelect[Consent]:
    """The person's consents to today's version of the text."""
    return Consent.select().where(
        Consent.user == user_id,
        Consent.version == CONSENT_VERSION,
        Consent.withdrawn_at.is_null(),
        Consent.set_aside_at.is_null(),
    )


def consented(user_id: uuid.UUID) -> bool:
    """Whether the person agrees to today's version of the consent."""
    return bool(consents(user_id).exists())
