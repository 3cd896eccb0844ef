"""Forgetting: avatars, photos, a whole person. Called inside a turn, under the user's lock.

Rows go in the turn's transaction; their objects and spooled bytes are doomed in it, and deleted
afterwards. What a person's own rows can't tell any more is `erasing`'s work.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from core.avatars.models import (
    ACTIVE,
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    Consent,
    TrainingRun,
    utc_now,
)
from core.avatars.photos.held import HeldPhoto
from core.avatars.privacy import ledger, remote
from core.avatars.privacy.disposal import doom, doom_spooled
from core.avatars.privacy.personal_data import RULINGS, WRITTEN
from core.avatars.privacy.retained import Export
from core.avatars.training.outcome import model_of
from core.avatars.training.training import Training
from core.conversation.models import Conversation, InboxEvent, TranscriptEntry, User
from core.conversation.turn import Turn


class Erasure:
    """Erases what belongs to a person; trainings under way are stopped through `training`."""

    def __init__(self, training: Training) -> None:
        self._training = training

    def avatar(self, found: Avatar, now: float) -> None:
        """An avatar with its photos; the cost of its runs stays booked."""
        self._stop(found)
        remote.forget_avatar(found, now)
        doom(f"{found.user_id.hex}/{found.id.hex}/", now)
        _doom_photos(AvatarPhoto.avatar == found.id, now)
        found.delete_instance()

    def consent(self, user_id: uuid.UUID, now: float) -> None:
        """A consent, and what it allowed: trainings under way and photos. Finished avatars stay."""
        withdrawn: Any = Consent.update(withdrawn_at=now)
        withdrawn.where(Consent.user == user_id, Consent.withdrawn_at.is_null()).execute()
        drop_held(user_id, now)
        for found in Avatar.select().where(Avatar.user == user_id):
            self._stop(found)
            for run in TrainingRun.select().where(TrainingRun.avatar == found.id):
                if not remote.staying(found.id):  # the model that stays may hang on its order
                    remote.forget_orders(run, now)
            _doom_objects(found, now)
            _doom_photos(AvatarPhoto.avatar == found.id, now)
            AvatarPhoto.delete().where(AvatarPhoto.avatar == found.id).execute()
        unfinished: Any = Avatar.update(
            status=AvatarStatus.DRAFT, photos_count=0, training_progress=0, updated_at=utc_now()
        )
        unfinished.where(Avatar.user == user_id, Avatar.status != AvatarStatus.COMPLETED).execute()

    def person(self, turn: Turn) -> None:
        """Everything of a person but the empty conversation and the event being applied.

        From here on they count as being erased; whatever is under way for them finds that out
        under their lock.
        """
        user_id, now = turn.user_id, turn.now
        User.update(erasing_at=now).where(User.id == user_id).execute()
        theirs = Conversation.select(Conversation.id).where(Conversation.user == user_id)
        doom_spooled(_spooled_in(theirs), now)
        self._belongings(user_id, now)
        for kept in WRITTEN:
            kept.delete().where(kept.conversation.in_(theirs)).execute()
        InboxEvent.delete().where(
            InboxEvent.conversation.in_(theirs), InboxEvent.id != turn.event_id
        ).execute()
        nothing_shown: Any = Conversation.update(
            shown_buttons="[]", forgotten_revision=Conversation.revision + 1
        )
        nothing_shown.where(Conversation.user == user_id).execute()

    def _belongings(self, user_id: uuid.UUID, now: float) -> None:
        avatars = list(Avatar.select().where(Avatar.user == user_id))
        ledger.count(avatars)
        for found in avatars:
            self.avatar(found, now)
        drop_held(user_id, now)
        drop_exports(user_id, now)
        for model in RULINGS:
            model.delete().where(model.user == user_id).execute()
        ledger.book(ledger.belonging_to(user_id), self._training.zone)
        nobodys: Any = TrainingRun.update(user=None, conversation=None)
        nobodys.where(TrainingRun.user == user_id).execute()

    def _stop(self, found: Avatar) -> None:
        for run in TrainingRun.select().where(
            TrainingRun.avatar == found.id, TrainingRun.status.in_(ACTIVE)
        ):
            self._training.cancel(run.id)


def drop_held(user_id: uuid.UUID, now: float) -> None:
    """Forget the photos that a person sent at the wrong moment, and their bytes."""
    held = HeldPhoto.user == user_id
    doom_spooled((photo.reference for photo in HeldPhoto.select().where(held)), now)
    HeldPhoto.delete().where(held).execute()


def drop_exports(user_id: uuid.UUID, now: float) -> None:
    """Forget what a person ordered or was given to download."""
    for export in Export.select().where(Export.user == user_id):
        drop_export(export, now)


def drop_export(export: Export, now: float) -> None:
    """Forget one order, the stored files and the one that is being made included."""
    doom(f"{export.user_id.hex}/{export.id.hex}/", now)
    doom_spooled([{"spool": export.id.hex}], now)
    export.delete_instance()


def _doom_objects(found: Avatar, now: float) -> None:
    """What is stored of an avatar's photos; a trained model beside them is kept."""
    if model_of(found.id) is None:
        doom(f"{found.user_id.hex}/{found.id.hex}/", now)
        return
    for photo in AvatarPhoto.select().where(AvatarPhoto.avatar == found.id):
        if photo.minio_key:
            doom(photo.minio_key, now)


def _doom_photos(which: Any, now: float) -> None:
    doom_spooled((photo.reference for photo in AvatarPhoto.select().where(which)), now)


def _spooled_in(conversations: Any) -> Iterator[Mapping[str, Any]]:
    """References to files in updates that nobody has applied, and in what was said."""
    for event in InboxEvent.select().where(InboxEvent.conversation.in_(conversations)):
        yield from _references(json.loads(event.payload or "[]"))
    said = TranscriptEntry.conversation.in_(conversations) & (TranscriptEntry.author == "person")
    for entry in TranscriptEntry.select().where(said):
        yield from _references(json.loads(entry.content).get("files", ()))


def _references(parts: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    return (part for part in parts if isinstance(part, dict))
