"""Objects that no row names, and rows whose object is gone: found by comparing, and repaired.

Neither should come to be, since a row names its object before it is stored and dooms it before it
goes; but a put that was given up may still arrive, a disk may be lost, a backup may be older than
its store. Objects are compared in batches and rows avatar by avatar, so memory stays small.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar

import structlog

from core.avatars.disposal import SPOOLED, doom_unused, doomed
from core.avatars.models import (
    AvatarPhoto,
    AvatarStatus,
    PhotoValidationStatus,
    TrainedModel,
    TrainingRun,
    change,
)
from core.avatars.models.pictures import Picture
from core.avatars.ports import ObjectStore
from core.base.db import transaction
from core.base.errors import ObjectMissing
from core.conversation.statements import lock_person

log = structlog.get_logger()
T = TypeVar("T")

YOUNG_SECONDS = 3600.0
"""An object is no orphan before that: its row may be about to come."""
BATCH = 500
"""Objects that are looked up, and avatars that are gone through, at once."""
HELD = 10_000
"""Findings that are put off until it is known how many of them there are."""
FEW = 100
"""So many findings are believed, however few objects and rows agree."""

_OURS = re.compile(r"[0-9a-f]{32}/[0-9a-f]{32}/(weights-|picture-)?[0-9a-f]{64}")
_VALID = (AvatarPhoto.validation_status == PhotoValidationStatus.VALID) & (
    AvatarPhoto.removed_at.is_null()
)


@dataclass
class Repaired:
    """What a sweep found and did. `refused` says that more was amiss than it believes."""

    objects: int = 0
    """Objects that were compared."""
    doomed: int = 0
    """Those that no row names: the worker deletes them within seconds."""
    young: int = 0
    """The same, but put less than an hour ago: left alone."""
    foreign: int = 0
    """Objects under names that we don't give: left alone."""
    photos: int = 0
    """Valid photos that were compared."""
    pending: int = 0
    """Those whose object is gone: fetched again, or refused as "gone" where they can't be."""
    busy: int = 0
    """The same, but they are being trained on, or have changed meanwhile: left for next time."""
    refused: list[str] = field(default_factory=list)


def repair(
    store: ObjectStore,
    now: float,
    stopping: Callable[[], bool] = lambda: False,
    believing: bool = False,
) -> Repaired:
    """Compare the store with the database and repair both; raises StorageUnavailable.

    Where more than FEW things are amiss, and more than are right, somebody has probably joined a
    store with another's database: then nothing is touched unless `believing`. Takes a listing for
    each thousand objects and one for each avatar; `stopping` ends it early.
    """
    sweep = _Sweep(store, now, stopping, believing)
    sweep.objects()
    sweep.photos()
    log.info("store compared", **vars(sweep.done))
    return sweep.done


class _Sweep:
    """One comparison, and what it has done so far."""

    def __init__(
        self, store: ObjectStore, now: float, stopping: Callable[[], bool], believing: bool
    ) -> None:
        self.done = Repaired()
        self._store = store
        self._now = now
        self._stopping = stopping
        self._believing = believing

    def objects(self) -> None:
        """Doom the objects that no row names."""
        findings = _Findings("objects", self._doom, self._believing)
        for keys in _batches(self._store.keys("")):
            ours = [key for key in keys if _OURS.fullmatch(key)]
            named = _named(ours)
            findings.add([key for key in ours if key not in named], len(named))
            coming = sum(key.startswith(SPOOLED) for key in keys)  # the spool's own sweep has them
            self.done.objects += len(keys) - coming
            self.done.foreign += len(keys) - coming - len(ours)
            if not self._go_on(findings):
                return
        self._go_on(findings, over=True)

    def photos(self) -> None:
        """Have photos whose object is gone fetched again."""
        findings = _Findings("photos", self._fetch_again, self._believing)
        for avatar_id in _avatars():
            photos = list(AvatarPhoto.select().where(AvatarPhoto.avatar == avatar_id, _VALID))
            missing = self._missing(photos)
            findings.add(missing, len(photos) - len(missing))
            self.done.photos += len(photos)
            if not self._go_on(findings):
                return
        self._go_on(findings, over=True)

    def _go_on(self, findings: _Findings[T], over: bool = False) -> bool:
        if self._stopping():
            return False
        if findings.settle(over):
            return True
        self.done.refused.append(findings.name)
        return False

    def _doom(self, key: str) -> None:
        try:
            young = self._store.modified(key) > self._now - YOUNG_SECONDS
        except ObjectMissing:
            return
        if young:
            self.done.young += 1
            return
        with transaction():  # dooming, because nothing is stored in its place until it is done
            lock_person(None, uuid.UUID(key.partition("/")[0]))
            if not doomed(key):
                doom_unused(key, self._now)
                self.done.doomed += doomed(key)

    def _missing(self, photos: list[AvatarPhoto]) -> list[AvatarPhoto]:
        folders = {photo.minio_key.rpartition("/")[0] + "/" for photo in photos if photo.minio_key}
        there = {key for folder in folders for key in self._store.keys(folder)}
        return [photo for photo in photos if photo.minio_key not in there]

    def _fetch_again(self, seen: AvatarPhoto) -> None:
        """Have a photo judged once more, which tells its person; the lost for good are refused."""
        if seen.minio_key and self._store.exists(seen.minio_key):  # stored since it was looked for
            return
        with transaction():
            lock_person(seen.conversation_id, seen.user_id)
            photo = AvatarPhoto.get_or_none(
                AvatarPhoto.id == seen.id, _VALID, AvatarPhoto.minio_key == seen.minio_key
            )
            if photo is None or photo.avatar.status is AvatarStatus.TRAINING:
                self.done.busy += 1
                return
            change(
                photo,
                validation_status=PhotoValidationStatus.PENDING,
                next_check_at=self._now,
                postponed=photo.attempts,  # as patient with it as with a new one
            )
            self.done.pending += 1


class _Findings(Generic[T]):
    """Things amiss, put off until enough has been seen to believe them."""

    def __init__(self, name: str, act: Callable[[T], None], believing: bool) -> None:
        self.name = name
        self._act = act
        self._believing = believing
        self._held: list[T] = []
        self._amiss = self._right = 0

    def add(self, found: list[T], right: int) -> None:
        """Note what was found amiss, and how much was right beside it."""
        self._held += found
        self._amiss += len(found)
        self._right += right

    def settle(self, over: bool) -> bool:
        """Act on them once there are many or it is over; False where they aren't believed."""
        if not over and len(self._held) < HELD:
            return True
        if self._amiss > max(FEW, self._right) and not self._believing:
            counts = {"amiss": self._amiss, "right": self._right}
            log.error("store and database don't belong together", found=self.name, **counts)
            return False
        for one in self._held:
            self._act(one)
        self._held.clear()
        return True


def _named(keys: list[str]) -> set[str]:
    """Those of the keys that some row names, whatever became of it.

    Other things stored under such keys must be added here, or they are swept away.
    """
    query = AvatarPhoto.select(AvatarPhoto.minio_key).where(AvatarPhoto.minio_key.in_(keys))
    coming = TrainingRun.select(TrainingRun.weights_key).where(TrainingRun.weights_key.in_(keys))
    models = TrainedModel.select(TrainedModel.weights_key).where(TrainedModel.weights_key.in_(keys))
    pictures = Picture.select(Picture.key).where(Picture.key.in_(keys))
    return {key for found in (query, coming, models, pictures) for key in found.scalars()}


def _avatars() -> Iterator[uuid.UUID]:
    """Every avatar that has valid photos."""
    query = AvatarPhoto.select(AvatarPhoto.avatar).where(_VALID).distinct()
    ordered = query.order_by(AvatarPhoto.avatar).limit(BATCH)
    page = list(ordered.scalars())
    while page:
        yield from page
        page = list(ordered.where(AvatarPhoto.avatar > page[-1]).scalars())


def _batches(keys: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(keys, BATCH)):
        yield batch
