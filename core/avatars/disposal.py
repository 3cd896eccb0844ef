"""Getting rid of what nobody needs any more: objects, spooled bytes, removed photos.

An object outlives its row for a moment, never the other way round. It is doomed in the transaction
that makes it superfluous, and deleted afterwards; meanwhile nothing is stored in its place.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Mapping
from typing import Protocol

import peewee

from core.avatars.models import Avatar, AvatarPhoto, PhotoValidationStatus
from core.avatars.ports import ObjectStore
from core.base.db import Model, transaction
from core.conversation.models import InboxEvent
from core.conversation.statements import lock_person

GRACE_SECONDS = 60.0
"""A put that was under way when its place was doomed is over by then: half a minute at worst."""


class DoomedObject(Model):
    """An object, or all below a prefix that ends with a slash, to be deleted from the store.

    Written in the transaction that makes it superfluous. Nothing is stored there until it is done.
    """

    id = peewee.BigAutoField()
    prefix = peewee.CharField()
    at = peewee.DoubleField()

    class Meta:
        table_name = "doomed_objects"


class DoomedFile(Model):
    """Spooled bytes that nobody needs any more, by their name; written like a DoomedObject."""

    id = peewee.BigAutoField()
    name = peewee.CharField(max_length=64)
    at = peewee.DoubleField()

    class Meta:
        table_name = "doomed_files"


SPOOLED = "spool/"
"""Below it are the objects that a channel has just received; no person's prefix is as short."""


def prefix_of(user_id: uuid.UUID, owned_id: uuid.UUID) -> str:
    """Below which the objects of something of a person's are."""
    return f"{user_id.hex}/{owned_id.hex}/"


def place_of(found: Avatar) -> str:
    """The prefix of an avatar's objects: always the same, whatever its owner."""
    return prefix_of(found.home_id or found.user_id, found.id)


class Waste:
    """What a transaction makes superfluous, to be doomed in it, however much, in two statements.

    `places` are keys of objects, or prefixes that end with a slash; `references` may name spooled
    bytes, and those that name none are passed over.
    """

    def __init__(self, places: Iterable[str] = (), references: Iterable[object] = ()) -> None:
        named = (spooled(known) for known in references if isinstance(known, Mapping))
        self._places = set(places)
        self._files = {name[:64] for name in named if name}

    def __ior__(self, other: Waste) -> Waste:
        self._places |= other._places
        self._files |= other._files
        return self

    def doom(self, now: float) -> None:
        """Have all of it deleted before long."""
        for column, names in ((DoomedObject.prefix, self._places), (DoomedFile.name, self._files)):
            for part in peewee.chunked(sorted(names), 10_000):  # a statement takes 32,766 values
                rows = [(name, now) for name in part]
                column.model.insert_many(rows, [column, column.model.at]).execute()


def doom(prefix: str, now: float) -> None:
    """Have one object, or all below a prefix that ends with a slash, deleted before long."""
    Waste([prefix]).doom(now)


def doom_unused(key: str | None, now: float) -> None:
    """Doom an object that no photo's row names; the caller holds the person."""
    if key and not AvatarPhoto.select().where(AvatarPhoto.minio_key == key).exists():
        doom(key, now)


def doomed(key: str) -> bool:
    """Whether this object, or a prefix of it, waits to be deleted."""
    user, avatar, _ = key.split("/")
    places = DoomedObject.prefix.in_((key, f"{user}/{avatar}/", f"{user}/"))
    return bool(DoomedObject.select().where(places).exists())


def delete_early(store: ObjectStore, after: int, limit: int = 100) -> int:
    """Delete what was doomed after a row's id, and give the last one's id.

    The places stay doomed: what was being put is deleted after GRACE_SECONDS.
    """
    query = DoomedObject.select().where(DoomedObject.id > after)
    for place in query.order_by(DoomedObject.id).limit(limit):
        delete(store, place.prefix)
        after = place.id
    return after


def delete_doomed(store: ObjectStore, now: float, limit: int = 100) -> int:
    """Delete what is doomed; how many places are done. Raises StorageUnavailable."""
    query = DoomedObject.select().where(DoomedObject.at <= now - GRACE_SECONDS)
    waiting = list(query.order_by(DoomedObject.id).limit(limit))
    for place in waiting:
        delete(store, place.prefix)
        with transaction():
            place.delete_instance()
    return len(waiting)


def delete(store: ObjectStore, place: str) -> None:
    """Delete one object, or all below a prefix that ends with a slash."""
    if place.endswith("/"):
        store.delete_prefix(place)
    else:
        store.delete(place)


class Files(Protocol):
    """Where files lie by their names; removing an absent one is fine."""

    def remove(self, name: str) -> None: ...


def remove_doomed_files(files: Files, limit: int = 1000) -> int:
    """Remove the spooled bytes that nobody needs; how many. Raises StorageUnavailable."""
    waiting = list(DoomedFile.select().order_by(DoomedFile.id).limit(limit))
    for file in waiting:
        files.remove(file.name)
    if waiting:
        with transaction():
            DoomedFile.delete().where(DoomedFile.id.in_([file.id for file in waiting])).execute()
    return len(waiting)


def delete_removed(before: float, now: float, limit: int = 100) -> list[str]:
    """Delete photos that were removed before a moment; the names of their spooled bytes."""
    query = AvatarPhoto.select().where(AvatarPhoto.removed_at < before).limit(limit)
    return [name for photo in list(query) if (name := _delete_removed(photo, before, now))]


def _delete_removed(seen: AvatarPhoto, before: float, now: float) -> str | None:
    with transaction():
        lock_person(seen.conversation_id, seen.user_id)
        photo = AvatarPhoto.get_or_none(AvatarPhoto.id == seen.id, AvatarPhoto.removed_at < before)
        if photo is None:  # put back
            return None
        photo.delete_instance()
        doom_unused(photo.minio_key, now)
        return spooled(photo.reference)


def waiting_seconds(now: float) -> float:
    """How long the longest waiting photo or update has waited, whose bytes may be spooled."""
    photos = AvatarPhoto.select().where(
        AvatarPhoto.validation_status == PhotoValidationStatus.PENDING
    )
    events = InboxEvent.select().where(
        InboxEvent.handled_at.is_null(), InboxEvent.failed_at.is_null()
    )
    photo = photos.order_by(AvatarPhoto.created_at).first()
    event = events.order_by(InboxEvent.received_at).first()
    since = [photo.created_at.replace(tzinfo=datetime.UTC).timestamp()] if photo else []
    since += [event.received_at] if event else []
    return max(0.0, now - min(since, default=now))


def spooled(reference: Mapping[str, object]) -> str | None:
    """The name of a photo's bytes in the spool, where its channel put them there."""
    name = reference.get("spool")
    return str(name) if name else None
