"""Rows for tests of what happens beside the dialogue: people, avatars, photos; what was told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

from core.avatars.disposal import SPOOLED
from core.avatars.models import (
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    AvatarType,
    Consent,
    PhotoValidationStatus,
    TrainedModel,
    TrainingRun,
)
from core.avatars.orders.submissions import Submission
from core.avatars.photos.inspection.inspector import Inspector
from core.avatars.pictures.pictures import Pictures
from core.avatars.ports import ObjectStore
from core.avatars.queries import CONSENT_VERSION
from core.base.settings import Settings
from core.conversation.inbox import Inbox
from core.conversation.models import Conversation, InboxEvent, User
from core.services.darkroom import Darkroom
from core.services.fal.simulation import SimulatedPainter, simulated_trainer
from core.services.fal.simulation.trainer import unobserved

_SECTIONS = ("training", "pictures", "photos", "conversation", "avatars", "jobs")


class Wakes:
    """A waker that only notes whom it was to wake."""

    def __init__(self) -> None:
        self.woken: list[tuple[str, str]] = []

    def wake(self, kind: str, id: str) -> None:
        self.woken.append((kind, id))


def settings(**changes: Any) -> Settings:
    """The defaults with changes: `access="list"`, or a section as a mapping."""
    made = {
        name: getattr(Settings(), name).model_copy(update=value) if name in _SECTIONS else value
        for name, value in changes.items()
    }
    return Settings().model_copy(update=made)


inspect = Inspector(None).inspect
"""The check of a photo by the default rules; it looks for no faces, and so misses none."""


def inbox(clock: Callable[[], float]) -> Inbox:
    return Inbox("main_menu", lambda wanted: "en", clock=clock)


def pictures(made_of: Settings, clock: Callable[[], float] = time.time) -> Pictures:
    """Pictures of the simulation, where nobody orders any."""
    nothing: Any = None
    painter = SimulatedPainter(made_of, simulated_trainer(made_of), unobserved)
    return Pictures(
        made_of, painter, inbox(clock), Wakes(), nothing, Darkroom(None, None), clock=clock
    )


def conversation(consented: bool = True, channel: str = "web", chat: str = "") -> Conversation:
    """Somebody new, on a channel."""
    user = User.create(name="Anna", created_at=0)
    if consented:
        Consent.create(user=user, version=CONSENT_VERSION, given_at=0)
    return Conversation.create(
        user=user,
        channel=channel,
        bot=channel,
        chat=chat or uuid4().hex,
        state="main_menu",
        created_at=0,
        active_at=0,
    )


def avatar(owner: Conversation, photos: int = 10, **columns: Any) -> Avatar:
    """A named avatar, with so many valid photos, that could be trained."""
    made = Avatar.create(
        **{
            "user": owner.user,
            "name": "Anna",
            "avatar_type": AvatarType.CHARACTER,
            "status": AvatarStatus.READY if photos else AvatarStatus.DRAFT,
            "photos_count": photos,
            **columns,
        }
    )
    valid = {**_columns(made, owner), "validation_status": PhotoValidationStatus.VALID}
    each = (
        {"number": n + 1, "file_hash": f"{n:064x}", "minio_key": f"a/b/{n}"} for n in range(photos)
    )
    if photos:
        AvatarPhoto.insert_many([{**valid, **columns} for columns in each]).execute()
    return made


def _columns(of: Avatar, owner: Conversation) -> dict[str, Any]:
    return {"avatar": of, "user": owner.user, "conversation": owner, "reference": {}}


def photo(
    of: Avatar,
    owner: Conversation,
    status: PhotoValidationStatus = PhotoValidationStatus.PENDING,
    reference: Mapping[str, Any] | None = None,
    **columns: Any,
) -> AvatarPhoto:
    """One more photo of an avatar."""
    number = AvatarPhoto.select().where(AvatarPhoto.avatar == of.id).count() + 1
    usual = {**_columns(of, owner), "validation_status": status, "number": number}
    return AvatarPhoto.create(**{**usual, "reference": dict(reference or {}), **columns})


def fresh(row: Any) -> Any:
    """A row as it is now."""
    return type(row).get_by_id(row.id)


def stored(of: Avatar) -> list[tuple[str, AvatarPhoto]]:
    """The object keys of an avatar's photos, with the photos."""
    photos: Any = AvatarPhoto.select().where(AvatarPhoto.avatar == of.id)
    return [(photo.minio_key, photo) for photo in photos if photo.minio_key]


def submission(of: TrainingRun, number: int = 1, **columns: Any) -> Submission:
    """One that was sent for a run."""
    usual = {"profile": "p", "endpoint": "e", "sent_at": 1.0}
    named = {"kind": "training", "run_id": of.id, "test_mode": of.test_mode, "number": number}
    return Submission.create(**{**usual, **named, **columns})


def model(of: Avatar, run_id: UUID, **columns: Any) -> TrainedModel:
    """One that a training has made for an avatar, of which fal knows by "ft-1"."""
    usual = {"training_type": "style", "base_model": "flux-1", "phrase": "lk1", "made_at": 0.0}
    named = {"profile": "p", "endpoint": "e", "test_mode": False, "finetune_id": "ft-1"}
    owned = {"avatar": of.id, "user": of.user_id, "run_id": run_id}
    return TrainedModel.create(**{**usual, **named, **owned, **columns})


def runs(of: Avatar) -> list[TrainingRun]:
    """An avatar's trainings, oldest first."""
    query: Any = TrainingRun.select().where(TrainingRun.avatar == of.id)
    return list(query.order_by(TrainingRun.created_at))


def told(owner: Conversation) -> list[tuple[str, str]]:
    """The signals that wait for a person or were applied: trigger and argument."""
    query: Any = InboxEvent.select().where(
        InboxEvent.conversation == owner.id, InboxEvent.channel == "signal"
    )
    payloads = [json.loads(event.payload) for event in query.order_by(InboxEvent.id)]
    return [(payload[1], payload[2]) for payload in payloads]


def objects(store: ObjectStore) -> list[str]:
    """The keys of all objects but uploads that nobody has judged yet."""
    return [key for key in store.keys("") if not key.startswith(SPOOLED)]
