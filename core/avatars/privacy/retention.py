"""How long things are kept that nobody asks for any more: enforced by the sweep, objects included.

Each is done under its person's lock, after another look; 0 days in the settings keeps for ever.
"""

from __future__ import annotations

import datetime

import peewee

from core.avatars import support
from core.avatars.disposal import Waste, doom_unused
from core.avatars.models import (
    ACTIVE,
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    PhotoValidationStatus,
    TrainingRun,
)
from core.avatars.photos.counting import recount
from core.avatars.privacy.erasure import Erasure, Stops
from core.avatars.queries import REFUSED, UNFINISHED
from core.avatars.support import SupportMessage
from core.base.db import M, run, transaction
from core.base.settings import Settings
from core.conversation.statements import lock_person

DAY = 86_400.0
AT_ONCE = 100
PORTION = 250
"""Lines of the log that are looked at, and deleted at most, in one go: some milliseconds."""
PORTIONS = 40
"""So many in one sweep."""


class Retention:
    """Clears away what is past its time; each method says how many avatars or photos went."""

    def __init__(self, settings: Settings, stops: Stops) -> None:
        self._settings = settings
        self._days = settings.retention
        self._erasure = Erasure(stops)
        self._walked = 0
        self._next_walk = 0.0

    def drafts(self, now: float) -> int:
        """Unfinished avatars that nobody has touched, with their photos."""
        before = _before(now, self._days.drafts_days)
        old = Avatar.status.in_(UNFINISHED) & (Avatar.updated_at < before)
        return sum(self._delete_draft(seen, old, now) for seen in _some(Avatar, old))

    def refused_photos(self, now: float) -> int:
        """Refused photos: what is kept of one is its number and why it was refused."""
        before = _before(now, self._days.refused_photos_days)
        old = AvatarPhoto.validation_status.in_(REFUSED) & (AvatarPhoto.updated_at < before)
        return sum(self._delete_photo(seen, old, now) for seen in _some(AvatarPhoto, old))

    def trained_photos(self, now: float) -> int:
        """The photos of finished avatars: the avatar stays, what it was made of goes."""
        before = _before(now, self._days.finished_trainings_days)
        since = before.replace(tzinfo=datetime.UTC).timestamp()
        running = TrainingRun.status.in_(ACTIVE) | (TrainingRun.finished_at >= since)
        recent = TrainingRun.select(TrainingRun.avatar).where(
            running, TrainingRun.avatar.is_null(False)
        )
        finished = Avatar.select(Avatar.id).where(
            Avatar.status == AvatarStatus.COMPLETED,
            Avatar.updated_at < before,
            Avatar.id.not_in(recent),
        )
        old = AvatarPhoto.avatar.in_(finished) & (
            AvatarPhoto.validation_status != PhotoValidationStatus.PENDING
        )
        return sum(self._delete_photo(seen, old, now) for seen in _some(AvatarPhoto, old))

    def support_messages(self, now: float) -> int:
        """Messages to support, with their answers."""
        if not self._days.support_days:
            return 0
        old = SupportMessage.at < now - self._days.support_days * DAY
        with transaction():
            past = [message.id for message in _some(SupportMessage, old)]
            return support.forget(SupportMessage.id.in_(past)) if past else 0

    def turns(self, now: float) -> int:
        """Lines of the log of turns, a stretch of it at a time, and all of it once a day.

        It is walked by its key: an index by time would cost every turn. Lines are deleted in
        portions, each a short transaction, so that no turn waits long.
        """
        if not self._days.turns_days or self._next_walk - now >= 0:
            return 0
        before, gone = now - self._days.turns_days * DAY, 0
        for _ in range(PORTIONS):
            query = "SELECT id, at FROM transitions WHERE id > ? ORDER BY id LIMIT ?"
            seen = run(query, self._walked, PORTION).fetchall()
            gone += _delete_turns([line for line, at in seen if at < before])
            if len(seen) < PORTION:
                self._walked, self._next_walk = 0, now + DAY
                break
            self._walked = seen[-1][0]
        return gone

    def _delete_draft(self, seen: Avatar, old: peewee.Expression, now: float) -> bool:
        with transaction():
            lock_person(None, seen.user_id)
            found = Avatar.get_or_none(old, Avatar.id == seen.id)
            if found is None:
                return False
            self._erasure.avatar(found, now)
            return True

    def _delete_photo(self, seen: AvatarPhoto, old: peewee.Expression, now: float) -> bool:
        with transaction():
            lock_person(seen.conversation_id, seen.user_id)
            photo = AvatarPhoto.get_or_none(old, AvatarPhoto.id == seen.id)
            if photo is None:
                return False
            photo.delete_instance()
            doom_unused(photo.minio_key, now)
            Waste(references=[photo.reference]).doom(now)
            if photo.avatar.status in UNFINISHED:
                recount(photo.avatar_id, self._settings)
            return True


def _delete_turns(lines: list[int]) -> int:
    if not lines:
        return 0
    marks = ", ".join("?" * len(lines))
    with transaction():
        return int(run(f"DELETE FROM transitions WHERE id IN ({marks})", *lines).rowcount)


def _before(now: float, days: int) -> datetime.datetime:
    """So many days ago, as rows keep it; before all time where nothing is ever too old."""
    moment = now - days * DAY if days else 0.0
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).replace(tzinfo=None)


def _some(model: type[M], old: peewee.Expression) -> list[M]:
    return list(model.select().where(old).limit(AT_ONCE))
