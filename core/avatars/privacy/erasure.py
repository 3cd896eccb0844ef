"""Forgetting: avatars, photos, a whole person. Called inside a turn, under the user's lock.

Rows go in the turn's transaction; their objects and spooled bytes are doomed in it, and deleted
afterwards. What a person's own rows can't tell any more is `erasing`'s work. However much somebody
has, there is one statement for each table that holds something of them.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Container, Mapping
from typing import Any

import peewee

from core.avatars import support
from core.avatars.disposal import Waste, place_of, prefix_of
from core.avatars.linking.codes import Link, links_of
from core.avatars.models import (
    HOLDING,
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    Consent,
    TrainedModel,
    TrainingRun,
    utc_now,
)
from core.avatars.models.pictures import Picture, PictureRun
from core.avatars.photos.held import HeldPhoto
from core.avatars.privacy import ledger, remote
from core.avatars.privacy.personal_data import OF_CONVERSATION, OF_PERSON, RULINGS, WRITTEN
from core.avatars.privacy.retained import Export
from core.avatars.support import SupportMessage
from core.base.db import M, run
from core.conversation import inbox
from core.conversation.models import Conversation, InboxEvent, TranscriptEntry
from core.conversation.turn import Turn

Stops = Mapping[type[Any], Callable[[uuid.UUID], object]]
"""For each kind of order, by its table, what stops one by its id, in the caller's transaction."""


class Erasure:
    """Erases what belongs to a person; orders that are under way are stopped."""

    def __init__(self, stops: Stops) -> None:
        self._stops = stops

    def avatar(self, found: Avatar, now: float) -> None:
        """An avatar with its photos and pictures; the cost of its orders stays booked."""
        orders = self._stopped(lambda order: order.avatar == found.id)
        _forget_wishes(PictureRun.avatar == found.id)
        models = _deleted(TrainedModel, TrainedModel.avatar == found.id)
        remote.forget_all(orders, models, now)
        photos = _deleted(AvatarPhoto, AvatarPhoto.avatar == found.id)
        found.delete_instance()
        Waste([place_of(found)], (p.reference for p in photos)).doom(now)

    def consent(self, user_id: uuid.UUID, now: float) -> None:
        """A consent, and what it allowed: orders under way, photos, pictures; models stay."""
        withdrawn = Consent.update(withdrawn_at=now)
        withdrawn.where(Consent.user == user_id, Consent.withdrawn_at.is_null()).execute()
        avatars = list(Avatar.select().where(Avatar.user == user_id))
        orders = self._stopped(lambda order: order.avatar.in_(avatars))
        _forget_wishes(PictureRun.user == user_id)
        models = list(TrainedModel.select().where(TrainedModel.user == user_id))
        # a model that stays with the trainer may hang on its order
        staying = {model.avatar_id for model in models if model.stays}
        forgotten = (o for o in orders if not (o.avatar_id in staying and _trains(o)))
        remote.forget_all(forgotten, (), now)
        made = {model.avatar_id for model in models}
        photos = _deleted(AvatarPhoto, AvatarPhoto.user == user_id)
        places = {p.minio_key for p in photos if p.minio_key and p.avatar_id in made}
        places |= {picture.key for picture in _deleted(Picture, Picture.user == user_id)}
        places |= {place_of(found) for found in avatars if found.id not in made}
        waste = Waste(places, (photo.reference for photo in photos))
        waste |= drop_held(user_id)
        waste.doom(now)
        unfinished = Avatar.update(
            status=AvatarStatus.DRAFT, photos_count=0, training_progress=0, updated_at=utc_now()
        )
        unfinished.where(Avatar.user == user_id, Avatar.status != AvatarStatus.COMPLETED).execute()

    def person(self, turn: Turn) -> None:
        """Everything of a person but the empty conversation and the event being applied.

        From here on they count as being erased; whatever is under way for them finds that out
        under their lock. Their runs name nobody any more, and are booked once they are over.
        """
        user_id, now, waste = turn.user_id, turn.now, Waste()
        there = _begun(user_id, now)
        if Avatar in there:
            waste |= self._avatars(user_id, there, now)
        for model, typed in ((TrainingRun, {}), (PictureRun, {"wish": ""})):
            if model in there:
                nobodys = model.update(user=None, conversation=None, **typed)
                nobodys.where(model.user == user_id).execute()
        if HeldPhoto in there:
            waste |= drop_held(user_id)
        if Export in there:
            waste |= drop_exports(Export.user == user_id)
        if Link in there:
            Link.delete().where(links_of(user_id)).execute()
        if SupportMessage in there:
            support.forget(SupportMessage.user == user_id)
        for model in there.intersection(RULINGS):
            model.delete().where(model.user == user_id).execute()
        waste |= _drop_written(turn, there)
        waste.doom(now)
        if Conversation in there:
            inbox.tell_others(turn.conversation_id, "forgotten", turn.event_id, now)

    def _avatars(self, user_id: uuid.UUID, there: set[Any], now: float) -> Waste:
        orders = self._stopped(
            lambda order: (order.user == user_id) & order.avatar.is_null(False), there
        )
        photos = _deleted(AvatarPhoto, AvatarPhoto.user == user_id)
        models = (
            _deleted(TrainedModel, TrainedModel.user == user_id) if TrainedModel in there else []
        )
        avatars = _deleted(Avatar, Avatar.user == user_id)
        remote.forget_all(orders, models, now)
        ledger.count(avatars, photos)
        return Waste(map(place_of, avatars), (p.reference for p in photos))

    def _stopped(
        self, which: Callable[[Any], peewee.Expression], there: Container[Any] | None = None
    ) -> list[Any]:
        """Orders of every kind with their submissions; those that are under way are stopped."""
        found = []
        for model, stop in self._stops.items():
            orders = (
                remote.orders_of(model, which(model)) if there is None or model in there else []
            )
            for order_id in {order.id for order in orders if order.status in HOLDING}:
                stop(order_id)
            found += orders
        return found


def _forget_wishes(which: peewee.Expression) -> None:
    PictureRun.update(wish="").where(which, PictureRun.wish != "").execute()


def _trains(order: Any) -> bool:
    return isinstance(order, TrainingRun)


def drop_held(user_id: uuid.UUID) -> Waste:
    """Forget the photos that a person sent at the wrong moment; what is left of them."""
    gone = _deleted(HeldPhoto, HeldPhoto.user == user_id)
    return Waste(references=(held.reference for held in gone))


def drop_exports(which: peewee.Expression) -> Waste:
    """Forget what was ordered or given to download; what is left of it."""
    waste = Waste()
    for export in _deleted(Export, which):
        waste |= waste_of(export)
    return waste


def waste_of(export: Export) -> Waste:
    """The stored files of an order."""
    return Waste([prefix_of(export.user_id, export.id)])


def _begun(user_id: uuid.UUID, now: float) -> set[Any]:
    """Count a person as being erased; which tables hold something of them."""
    mine, theirs = "user_id = users.id", "SELECT id FROM conversations WHERE user_id = users.id"
    where = dict.fromkeys((*OF_PERSON, Export), mine)
    where |= dict.fromkeys(OF_CONVERSATION, f"conversation_id IN ({theirs})")
    where[Conversation] = f"{mine} AND home_id IS NOT NULL"  # who is linked has several
    where[Link] += f" OR other_id IN ({theirs})"
    there = (f"EXISTS (SELECT 1 FROM {m._meta.table_name} WHERE {w})" for m, w in where.items())
    begin = f"UPDATE users SET erasing_at = ? WHERE id = ? RETURNING {', '.join(there)}"
    found = run(begin, now, user_id.hex).fetchone()
    return {model for model, holds in zip(where, found, strict=True) if holds}


def _drop_written(turn: Turn, there: set[Any]) -> Waste:
    """What was written, said and sent; what is left of files in it that nobody has taken."""
    theirs = Conversation.select(Conversation.id).where(Conversation.user == turn.user_id)
    for kept in there.intersection(WRITTEN) - {TranscriptEntry}:
        kept.delete().where(kept.conversation.in_(theirs)).execute()
    _show_nothing(turn)
    others = InboxEvent.conversation.in_(theirs) & (InboxEvent.id != turn.event_id)
    events = _deleted(InboxEvent, others)
    waste = Waste(references=(part for e in events for part in json.loads(e.payload or "[]")))
    if TranscriptEntry in there:
        waste |= _drop_said(TranscriptEntry.conversation.in_(theirs))
    return waste


def _drop_said(which: peewee.Expression) -> Waste:
    said = _deleted(TranscriptEntry, which)
    files = (json.loads(e.content).get("files", ()) for e in said if e.author == "person")
    return Waste(references=(file for several in files for file in several))


def _show_nothing(turn: Turn) -> None:
    """What the conversation of a turn shows is not written down any more."""
    nothing_shown = Conversation.update(
        shown_buttons="[]", forgotten_revision=Conversation.revision + 1
    )
    nothing_shown.where(Conversation.id == turn.conversation_id).execute()


def forget_shown(turn: Turn) -> None:
    """The same for a conversation whose person was erased from another one of theirs."""
    for kept in WRITTEN.keys() - {TranscriptEntry}:
        kept.delete().where(kept.conversation == turn.conversation_id).execute()
    _drop_said(TranscriptEntry.conversation == turn.conversation_id).doom(turn.now)
    _show_nothing(turn)


def _deleted(model: type[M], which: peewee.Expression) -> list[M]:
    """Delete these rows; what they were."""
    return list(model.delete().where(which).returning(model).execute())
