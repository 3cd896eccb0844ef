"""Comparing the faces of an avatar's photos, before a training is paid for: beside the dialogue.

`compare_at` of an avatar says when that is due: null where it is done or not wanted, 0 as soon as
its photos change, and the end of a claim while a worker is at it. Only the grouping is kept, in
`avatar_data["people"]`: {"photos": the digest of the set, "groups": the photos' ids}.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence

import structlog

from core.avatars import queries
from core.avatars.models import Avatar, AvatarPhoto, AvatarType, PhotoValidationStatus
from core.avatars.photos.inspection.faces.face_port import SURE, FaceFinder
from core.avatars.photos.inspection.faces.people import FaceReader, Vector, grouped
from core.avatars.photos.inspection.picture_files.formats import read
from core.avatars.photos.inspection.picture_files.picture_file import Unreadable
from core.avatars.photos.rules import LOOKED_AT
from core.avatars.ports import ObjectStore
from core.base.db import transaction
from core.base.errors import ObjectMissing, StorageUnavailable
from core.base.settings import Settings
from core.base.work import Piece, Pool, Wait, Work, owned
from core.conversation.inbox import Inbox
from core.conversation.statements import lock_person

log = structlog.get_logger()

CLAIM_SECONDS = 60.0
"""50 photos take about 3 s of a processor; who has not finished by then is taken for dead."""
FEWEST = 2
WAITS = (Wait("avatars", "compare_at", CLAIM_SECONDS),)

_PENDING, _VALID = PhotoValidationStatus.PENDING, PhotoValidationStatus.VALID


class Comparing:
    """Compares; `clock` gives seconds since 1970. Safe in any number of threads and processes."""

    def __init__(
        self,
        store: ObjectStore,
        inbox: Inbox,
        tools: Callable[[], tuple[FaceFinder, FaceReader]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._inbox = inbox
        self._tools = tools
        self._clock = clock

    def due(self, now: float, limit: int = 100) -> list[str]:
        """Claim avatars whose photos want to be compared, the longest waiting first."""
        query = Avatar.select(Avatar.id).where(Avatar.compare_at <= now)
        ids = [row.id for row in query.order_by(Avatar.compare_at).limit(limit)]
        return [str(avatar_id) for avatar_id in ids if self._claim(avatar_id, now)]

    def compare(self, avatar_id: str) -> int | None:
        """Compare the faces of a claimed avatar; the conversation that has to be told, if any.

        Where the store is out of reach the outcome is unknown, and that is what is kept.
        """
        photos = list(queries.photos_with(uuid.UUID(avatar_id), _VALID))
        digest = queries.photos_digest(uuid.UUID(avatar_id))
        found: dict[str, object] = {"photos": digest, "unknown": True}
        try:
            found = {"photos": digest, "groups": grouped(self._vectors(photos))}
        except StorageUnavailable:
            log.warning("faces were not compared: the store is out of reach", avatar=avatar_id)
        return self._keep(uuid.UUID(avatar_id), found)

    def _claim(self, avatar_id: uuid.UUID, now: float) -> bool:
        claim = Avatar.update(compare_at=now + CLAIM_SECONDS)
        with transaction():
            return bool(claim.where(Avatar.id == avatar_id, Avatar.compare_at <= now).execute())

    def _vectors(self, photos: list[AvatarPhoto]) -> dict[str, Vector]:
        found = {photo.id.hex: self._vector(photo) for photo in photos if photo.minio_key}
        return {name: vector for name, vector in found.items() if vector is not None}

    def _vector(self, photo: AvatarPhoto) -> Vector | None:
        """Of the person in it: None where no face is sure, or the picture is gone."""
        try:
            picture = read(self._store.get(str(photo.minio_key))).decode(LOOKED_AT).convert("RGB")
        except (ObjectMissing, Unreadable):
            return None
        import numpy as np  # which only a worker has

        finder, reader = self._tools()
        rgb = np.asarray(picture)
        faces = finder.find(rgb)
        return reader.read(rgb, faces[0]) if faces and faces[0].score >= SURE else None

    def _keep(self, avatar_id: uuid.UUID, found: dict[str, object]) -> int | None:
        """Write what was found, unless the photos have changed since: then it is due again."""
        with transaction():
            seen = Avatar.get_or_none(Avatar.id == avatar_id)
            if seen is None:
                return None
            lock_person(None, seen.user_id)
            avatar = Avatar.get_or_none(Avatar.id == avatar_id)
            if avatar is None or avatar.compare_at is None:
                return None
            same = queries.photos_digest(avatar_id) == found["photos"]
            data = {**avatar.avatar_data, "people": found} if same else avatar.avatar_data
            changed = Avatar.update(avatar_data=data, compare_at=None if same else 0.0)
            changed.where(Avatar.id == avatar_id).execute()
            return self._tell(avatar_id, str(found["photos"])) if same else None

    def _tell(self, avatar_id: uuid.UUID, digest: str) -> int | None:
        last = queries.photos(avatar_id).where(AvatarPhoto.conversation.is_null(False))
        photo = last.order_by(AvatarPhoto.number.desc()).first()
        if photo is None:
            return None
        key = f"compared:{avatar_id}:{digest}"
        self._inbox.tell(photo.conversation_id, "judged", str(avatar_id), key)
        conversation_id: int = photo.conversation_id
        return conversation_id


def mark(avatar: Avatar, photos: Sequence[AvatarPhoto], settings: Settings) -> None:
    """Say whether the faces in an avatar's photos are to be compared; the caller holds its person.

    Not while photos wait for their verdicts, nor again for a set that was compared.
    """
    known = avatar.avatar_data.get("people", {}).get("photos")
    valid = [photo for photo in photos if photo.validation_status is _VALID]
    wanted = (
        _wanted(settings)
        and avatar.avatar_type is AvatarType.CHARACTER
        and not any(photo.validation_status is _PENDING for photo in photos)
        and len(valid) >= FEWEST
        and known != queries.digest_of(valid)
    )
    due = 0.0 if wanted else None
    if avatar.compare_at != due:
        query = Avatar.update(compare_at=due)
        query.where(Avatar.id == avatar.id).execute()
        avatar.compare_at = due


def comparing(avatar: Avatar, settings: Settings) -> bool:
    """Whether that is to be found out: a worker is at it, or soon will be."""
    return _wanted(settings) and avatar.compare_at is not None


def _wanted(settings: Settings) -> bool:
    return settings.photos.compare_faces and settings.photos.find_faces


def people(avatar: Avatar, numbers: Mapping[str, int]) -> tuple[tuple[int, ...], ...] | None:
    """The groups by the numbers of the photos that still count; None where it is unknown."""
    kept = avatar.avatar_data.get("people", {})
    if kept.get("unknown"):
        return None
    groups = (
        tuple(numbers[name] for name in group if name in numbers)
        for group in kept.get("groups", ())
    )
    return tuple(sorted((group for group in groups if group), key=lambda g: (-len(g), g)))


def work(comparing: Comparing) -> Work:
    """Comparing the faces of an avatar's photos."""

    def compare(avatar_id: str) -> list[Piece]:
        conversation_id = comparing.compare(avatar_id)
        return [] if conversation_id is None else [("turn", str(conversation_id))]

    owners = owned(Avatar.select(Avatar.id, Avatar.user))
    return Work("faces", Pool("faces"), compare, comparing.due, owners, waits=WAITS)
