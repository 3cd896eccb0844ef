"""Verdicts on photos: fetched, judged and stored beside the dialogue, told in one transaction.

An `AvatarPhoto` is `pending` until then. A try claims it by pushing `next_check_at` ahead, and
keeps doing so; a process that dies leaves a claim that runs out. What is out of reach is tried
again for as long as it takes; a photo that we fail at, or die over, again and again is given up.
"""

from __future__ import annotations

import datetime
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from core.avatars.disposal import doom_unused, doomed, place_of, spooled
from core.avatars.models import DELAYED, AvatarPhoto, Consent, PhotoValidationStatus, change
from core.avatars.photos import claims, lateness, missing
from core.avatars.photos.claim_keeper import kept
from core.avatars.photos.counting import NO_ROOM, Standing, recount, standing
from core.avatars.photos.inspection.verdict import Known, Purpose, Verdict
from core.avatars.photos.photo_set import known_beside, purpose_of, repetition
from core.avatars.photos.room import PARKED
from core.avatars.photos.written import columns, count_once_committed, refusal
from core.avatars.ports import ObjectStore
from core.base.db import INFRASTRUCTURE, database, transaction
from core.base.errors import (
    ChannelError,
    Gone,
    Missing,
    Overloaded,
    RetryAfter,
    StorageUnavailable,
    kind_of,
)
from core.base.settings import Settings
from core.base.work import Piece, Pool, Wait, Work, owned
from core.conversation.inbox import Inbox
from core.conversation.statements import erased, lock_person

log = structlog.get_logger()

CLAIM_SECONDS = 30.0
"""A process at work on a photo renews its claim; one that runs out was a dead process's."""
UNSTORED = 8
"""So many photos that were fetched, and could not be judged or stored yet, are kept in memory."""
LONGEST_WAIT = 60.0
WAITS = (Wait("avatar_photos", "next_check_at", CLAIM_SECONDS, f"AND next_check_at < {PARKED}"),)
MISHAPS = 8
"""So many tries that ended badly, or never ended, and a photo is given up."""

_PENDING = AvatarPhoto.validation_status == PhotoValidationStatus.PENDING
_THERE = AvatarPhoto.removed_at.is_null()

Fetch = Callable[[str, Mapping[str, object], int], bytes]
Inspect = Callable[[bytes, Purpose, Mapping[str, Known]], Verdict]


@dataclass(frozen=True, slots=True)
class Settled:
    """A photo with a verdict: its conversation, and the spooled bytes no longer needed.

    `called` are other photos whose turn has come by it.
    """

    conversation_id: int | None
    spooled: str | None
    called: tuple[str, ...] = ()


class Verdicts:
    """Judges pending photos; `fetch(channel, reference, limit)` gets the bytes of one.

    `inspect` looks at the bytes; `clock` gives seconds since 1970.
    Safe in any number of threads and processes.
    """

    def __init__(
        self,
        settings: Settings,
        store: ObjectStore,
        inbox: Inbox,
        fetch: Fetch,
        inspect: Inspect,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._store = store
        self._inbox = inbox
        self._fetch = fetch
        self._clock = clock
        self._inspect = inspect
        self._fetched: dict[uuid.UUID, bytes] = {}

    def due(self, now: float, limit: int = 100) -> list[str]:
        """Photos that want to be judged: of each person in turn, the longest waiting first."""
        return claims.due(now, limit)

    def judge(self, photo_id: str) -> Settled | None:
        """Judge a photo, unless somebody else is at it or it is too early.

        None where it has no verdict yet. Raises INFRASTRUCTURE errors: the claim runs out then.
        """
        photo = claims.claim(photo_id, self._clock(), CLAIM_SECONDS)
        if photo is None:
            return None
        try:
            with kept(lambda: claims.keep(photo, self._clock(), CLAIM_SECONDS), CLAIM_SECONDS / 3):
                verdict = self._verdict(photo)
        except (Gone, Missing) as error:
            if isinstance(error, Missing) and not missing.lasting(photo, self._clock()):
                self._postpone(photo, error)
                return None
            verdict = refusal("gone")
        except (ChannelError, StorageUnavailable, Overloaded, MemoryError) as error:
            self._postpone(photo, error)
            return None
        except INFRASTRUCTURE:
            raise
        except Exception:
            log.exception("photo failed", photo=str(photo.id), attempts=photo.attempts)
            self._try_again(photo)
            return None
        return self._settle(photo, verdict)

    def _verdict(self, photo: AvatarPhoto) -> dict[str, object]:
        """The columns to be written. Raises what stands in the way of a verdict."""
        if _mishaps(photo) > MISHAPS:
            return refusal("broken")
        if standing(photo, self._settings) is Standing.LEFT_OUT:
            return refusal(NO_ROOM)
        limit = self._settings.photos.fetched_bytes
        if photo.conversation is None:
            raise Gone("the conversation that it came through is gone")
        data = self._fetched.pop(photo.id, None)
        if data is None:
            data = self._fetch(photo.conversation.channel, photo.reference, limit)
        try:
            return self._judged(photo, data)
        except Exception:
            if len(self._fetched) < UNSTORED:
                self._fetched[photo.id] = data  # what fails from here on needs no second download
            raise

    def _judged(self, photo: AvatarPhoto, data: bytes) -> dict[str, object]:
        verdict = self._inspect(data, purpose_of(photo), known_beside(photo))
        key = None
        if verdict.data is not None:
            key = place_of(photo.avatar) + verdict.file_hash
            if self._reserve(photo, key):
                self._store.put(key, verdict.data)
        return columns(verdict, key, photo.photo_metadata)

    def _reserve(self, photo: AvatarPhoto, key: str) -> bool:
        """Name the object before it exists, so that none exists that no row names.

        False where the photo is not to be stored any more.
        """
        with transaction():
            found = self._held(photo)
            if found is None:
                return False
            if doomed(key):
                raise StorageUnavailable(f"{key} is being cleared")
            found.minio_key = key
            found.save(only=["minio_key"])
            return True

    def _settle(self, seen: AvatarPhoto, verdict: dict[str, Any]) -> Settled | None:
        """Write the verdict and tell it, unless the photo is no more or has one already."""
        with transaction():
            photo = self._held(seen)
            if photo is None:
                doom_unused(verdict["minio_key"], self._clock())
                return Settled(None, spooled(seen.reference))
            if photo.validation_status is not PhotoValidationStatus.PENDING:
                return None
            valid = verdict["validation_status"] is PhotoValidationStatus.VALID
            if valid and (
                again := repetition(photo, verdict["file_hash"], verdict["photo_metadata"])
            ):
                status = PhotoValidationStatus.DUPLICATE
                verdict = {**verdict, "validation_status": status, "reason": again}
            placed = self._placed(photo, verdict)
            if placed is None:
                return None
            verdict, reserved = placed, photo.minio_key
            change(photo, **verdict)
            count_once_committed(photo)
            doom_unused(reserved, self._clock())  # by a try that got further than this one
            called = recount(photo.avatar_id, self._settings)
            self._tell(photo)
            return Settled(photo.conversation_id, spooled(photo.reference), tuple(called))

    def _placed(self, photo: AvatarPhoto, verdict: dict[str, object]) -> dict[str, object] | None:
        """The verdict by the places there are now, its person held; None to be judged anew."""
        valid = verdict["validation_status"] is PhotoValidationStatus.VALID
        if not valid and verdict["reason"] != NO_ROOM:
            return verdict
        now = standing(photo, self._settings)
        if now is Standing.LEFT_OUT:
            return {**verdict, **refusal(NO_ROOM)}
        if valid and now is Standing.FITS:
            return verdict
        change(photo, next_check_at=PARKED)
        recount(photo.avatar_id, self._settings)
        return None

    def _held(self, seen: AvatarPhoto) -> AvatarPhoto | None:
        """The photo as it is now, its person held; None where it, or their consent, is gone."""
        lock_person(seen.conversation_id, seen.user_id)
        photo = AvatarPhoto.get_or_none(AvatarPhoto.id == seen.id)
        if photo is None or (_consented(photo.user_id) and not _erased(photo)):
            return photo
        photo.delete_instance()
        doom_unused(photo.minio_key, self._clock())
        return None

    def _tell(self, photo: AvatarPhoto) -> None:
        """Once no photo of the album waits any more, the person learns what became of them."""
        waiting = AvatarPhoto.select().where(
            AvatarPhoto.avatar == photo.avatar_id, _PENDING, _THERE
        )
        if waiting.exists():
            return
        avatar_id = str(photo.avatar_id)
        if photo.conversation_id is not None:
            key = f"judged:{photo.id}:{photo.attempts}"
            self._inbox.tell(photo.conversation_id, "judged", avatar_id, key)
        if photo.removed_at is None:
            count = photo.avatar.photos_count
            loaded = f"📸 Загружено {count} фотографий для аватара {avatar_id}"
            database.after_commit(lambda: log.info(loaded))

    def _postpone(self, photo: AvatarPhoto, error: Exception) -> None:
        """Out of reach, which is nobody's fault: it waits, longer each time, and is not lost."""
        wait = min(2.0**photo.postponed, LONGEST_WAIT)
        if isinstance(error, RetryAfter):
            wait = max(wait, error.seconds)
        log.warning("photo out of reach", photo=str(photo.id), wait=wait, error=kind_of(error))
        self._wait(photo, wait, postponed=photo.postponed + 1)
        if photo.postponed + 1 == DELAYED:
            self._tell_delayed(photo)

    def _tell_delayed(self, photo: AvatarPhoto) -> None:
        with transaction():
            if self._held(photo) is not None and photo.conversation_id is not None:
                lateness.tell(self._inbox, photo.avatar_id, photo.conversation_id)

    def tell_late(self, now: float, limit: int = 100) -> None:
        """Tell everybody whose photos wait longer than they should, though nothing has failed."""
        lateness.tell_late(self._inbox, now - self._settings.photos.delay_seconds, limit)

    def _try_again(self, photo: AvatarPhoto) -> None:
        self._wait(photo, min(0.25 * 2.0 ** _mishaps(photo), LONGEST_WAIT))

    def _wait(self, photo: AvatarPhoto, seconds: float, **changes: object) -> None:
        claims.wait(photo, self._clock() + seconds, **changes)


def _consented(user_id: uuid.UUID) -> bool:
    """Whether a consent stands, whatever its version: the photo was sent under it."""
    query = Consent.select().where(Consent.user == user_id, Consent.withdrawn_at.is_null())
    return bool(query.exists())


def _erased(photo: AvatarPhoto) -> bool:
    """Whether its person has asked since it came that everything be forgotten."""
    return erased(photo.user_id, photo.created_at.replace(tzinfo=datetime.UTC).timestamp())


def _mishaps(photo: AvatarPhoto) -> int:
    """How many tries, this one included, were more than waiting for what is out of reach."""
    return int(photo.attempts - photo.postponed)


def work(verdicts: Verdicts, forget: Callable[[str], object], threads: int) -> Work:
    """Judging photos; `forget` removes spooled bytes that nobody needs any more."""

    def judge(photo_id: str) -> Iterator[Piece]:
        settled = verdicts.judge(photo_id)
        if settled is None:
            return
        yield from (("photo", called) for called in settled.called)
        if settled.conversation_id is not None:
            yield "turn", str(settled.conversation_id)
        if settled.spooled:
            forget(settled.spooled)

    owners = owned(AvatarPhoto.select(AvatarPhoto.id, AvatarPhoto.user))
    return Work(
        "photo", Pool("photos", threads), judge, verdicts.due, owners, woken=True, waits=WAITS
    )
