"""Forgetting: avatars, photos, a whole person. Called inside a turn, under the user's lock.

Rows go in the turn's transaction; their objects are doomed in it, and deleted by the sweep.
"""

from __future__ import annotations

import uuid
from typing import Any

from core.avatars.disposal import doom
from core.avatars.models import (
    ACTIVE,
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    Consent,
    HeldPhoto,
    TrainingRun,
    utc_now,
)
from core.avatars.training import Training
from core.conversation.models import (
    Conversation,
    InboxEvent,
    PendingNotice,
    TranscriptEntry,
    TransitionLog,
)


class Erasure:
    """Erases what belongs to a person; trainings under way are stopped through `training`."""

    def __init__(self, training: Training) -> None:
        self._training = training

    def avatar(self, found: Avatar, now: float) -> None:
        """An avatar with its photos; the cost of its runs stays booked."""
        self._stop(found)
        doom(f"{found.user_id.hex}/{found.id.hex}/", now)
        found.delete_instance()

    def consent(self, user_id: uuid.UUID, now: float) -> None:
        """A consent, and what it allowed: trainings under way and photos. Finished avatars stay."""
        withdrawn: Any = Consent.update(withdrawn_at=now)
        withdrawn.where(Consent.user == user_id, Consent.withdrawn_at.is_null()).execute()
        HeldPhoto.delete().where(HeldPhoto.user == user_id).execute()
        for found in Avatar.select().where(Avatar.user == user_id):
            self._stop(found)
            doom(f"{user_id.hex}/{found.id.hex}/", now)
            AvatarPhoto.delete().where(AvatarPhoto.avatar == found.id).execute()
        unfinished: Any = Avatar.update(
            status=AvatarStatus.DRAFT, photos_count=0, training_progress=0, updated_at=utc_now()
        )
        unfinished.where(Avatar.user == user_id, Avatar.status != AvatarStatus.COMPLETED).execute()

    def person(self, user_id: uuid.UUID, event_id: int, now: float) -> None:
        """Everything of a person but the empty conversation and the event being applied."""
        for found in Avatar.select().where(Avatar.user == user_id):
            self.avatar(found, now)
        for model in (HeldPhoto, Consent):
            model.delete().where(model.user == user_id).execute()
        theirs = Conversation.select(Conversation.id).where(Conversation.user == user_id)
        for kept in (TranscriptEntry, TransitionLog, PendingNotice):
            kept.delete().where(kept.conversation.in_(theirs)).execute()
        InboxEvent.delete().where(
            InboxEvent.conversation.in_(theirs), InboxEvent.id != event_id
        ).execute()

    def _stop(self, found: Avatar) -> None:
        for run in TrainingRun.select().where(
            TrainingRun.avatar == found.id, TrainingRun.status.in_(ACTIVE)
        ):
            self._training.cancel(run.id)
