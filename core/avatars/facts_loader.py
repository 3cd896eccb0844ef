"""Facts, loaded from the database for one screen; the only place that knows both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from core.avatars import queries, restrictions
from core.avatars.facts import AvatarFacts, AvatarLine, Facts, Kept, Limits, PhotoFacts, RunFacts
from core.avatars.models import (
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    PhotoValidationStatus,
    RunStatus,
    TrainingRun,
)
from core.avatars.orders.decisions.news import RESULT_GONE
from core.avatars.photos import comparing
from core.avatars.photos.inspection.picture_files.picture_file import most_megapixels
from core.avatars.photos.photo_set import frontal, may_be_kept, too_alike, useless
from core.avatars.privacy import remote
from core.avatars.training.durations import MINUTES
from core.avatars.training.outcome import watched
from core.avatars.training.training import Training
from core.base.settings import Settings
from core.conversation.flow import Position

_VALID = PhotoValidationStatus.VALID
_LAST_LOOKS = ("confirming_photos", "confirming_training")
_COLLECTABLE = (*queries.UNFINISHED, AvatarStatus.ERROR, AvatarStatus.CANCELLED)


class Loader:
    """Loads facts; `how_to_send` is a channel's own sentence in a language."""

    def __init__(
        self,
        settings: Settings,
        training: Training,
        how_to_send: Callable[[str, str], str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._training = training
        self._how_to_send = how_to_send
        self._clock = clock

    def __call__(self, position: Position, language: str) -> Facts:
        """All that the screen of this position may know."""
        memory, user_id = position.memory, position.user_id
        found = queries.avatar(user_id, memory.get("avatar"))
        consented = queries.consented(user_id)
        unfinished = queries.unfinished_avatar(user_id)
        obstacle, busy_with = self._obstacle(user_id, found)
        focus = self._focus(found, consented, position) if found else None
        facts: dict[str, Any] = {
            "language": language,
            "person_name": position.name,
            "how_to_send": self._how_to_send(position.channel, language),
            "limits": _limits(self._settings, self._prices(), self._photos_taken()),
            "avatars_count": queries.named_avatars(user_id).count(),
            "said": tuple((code, parameters) for code, parameters in memory.get("said", ())),
            "asked": memory.get("asked"),
            "avatar": focus,
            "resumable": _line(unfinished) if unfinished else None,
            "proposed_type": memory.get("proposed"),
            "obstacle": obstacle,
            "busy_with": busy_with,
            "held": queries.held_photos(user_id).count(),
            "held_files": queries.held_files(user_id).count(),
            "consented": consented,
            "consent_version": queries.CONSENT_VERSION,
            "collecting": focus is not None and focus.can_collect,
        }
        return Facts(**facts, **self._page(position, found))

    def _prices(self) -> dict[str, float | None]:
        return {kind: self._training.price_usd(kind) for kind in MINUTES}

    def _photos_taken(self) -> dict[str, int]:
        return {kind: self._training.photos_taken(kind) for kind in MINUTES}

    def _page(self, position: Position, found: Avatar | None) -> dict[str, Any]:
        """The page of a gallery, where the state is one."""
        memory = position.memory
        if position.state == "avatar_gallery":
            size = self._settings.avatars.page_size
            page, pages, rows = _paged(queries.named_avatars(position.user_id), memory, size)
            return {"page": page, "pages": pages, "avatars": tuple(_line(row) for row in rows)}
        if position.state == "viewing_photo_gallery" and found:
            size = self._settings.avatars.photo_page_size
            page, pages, rows = _paged(queries.photos(found.id), memory, size)
            photos = tuple(_photo(row) for row in rows)
            removed = _removed(found, memory.get("removed"))
            return {"page": page, "pages": pages, "photos": photos, "removed_photo": removed}
        if position.state in ("main_menu", "avatar_menu"):
            run = queries.holding_run(position.user_id)
            training = run.avatar if run else None
            return {"training": _line(training) if training else None}
        if position.state == "privacy":
            photos_kept, size = queries.stored_photos(position.user_id)
            trainings = queries.trainings(position.user_id)
            return {"kept": Kept(photos_kept, size / 1024 / 1024, trainings)}
        return {}

    def _focus(self, found: Avatar, consented: bool, position: Position) -> AvatarFacts:
        run = queries.latest_run(found.id)
        photos = tuple(queries.photos(found.id))
        series = queries.series(found.id, position.conversation_id)
        valid = [photo for photo in photos if photo.validation_status == _VALID]
        return AvatarFacts(
            id=found.id.hex,
            name=found.name,
            gender=found.gender,
            avatar_type=found.avatar_type,
            training_type=found.training_type,
            status=found.status,
            progress=found.training_progress,
            valid=len(valid),
            pending=sum(
                photo.validation_status == PhotoValidationStatus.PENDING for photo in photos
            ),
            delayed=any(photo.delayed for photo in photos),
            refused=tuple(_refused(photo, photos) for photo in photos if _unread(photo)),
            accepted=tuple(_photo(photo) for photo in valid if photo.id in series),
            earlier=tuple(
                photo.number for photo in photos if _unread(photo) and photo.id not in series
            ),
            advised=tuple(_photo(photo) for photo in valid if photo.photo_metadata.get("advice")),
            useless=useless(valid),
            alike=too_alike(valid) if position.state in _LAST_LOOKS else (),
            frontal=position.state in _LAST_LOOKS and frontal(valid),
            comparing=position.state in _LAST_LOOKS and comparing.comparing(found),
            people=comparing.people(found, {photo.id.hex: photo.number for photo in valid}),
            photos_digest=queries.photos_digest(found.id),
            run=self._run(run) if run else None,
            model_at_fal=bool(remote.models_of(found)),
            can_collect=consented and bool(found.name) and found.status in _COLLECTABLE,
        )

    def _run(self, run: TrainingRun) -> RunFacts:
        return RunFacts(
            status=run.status,
            progress=run.progress,
            position=run.position,
            error_class=run.error_class,
            price_usd=run.price_usd,
            left=None if run.status.final else self._training.seconds_left(run),
            late=run.avatar_id is not None and watched(run.avatar_id),
            lingers=queries.lingering(run) if run.status is RunStatus.CANCELLING else "",
            lost=run.error_type == RESULT_GONE,
        )

    def _obstacle(self, user_id: Any, found: Avatar | None) -> tuple[str | None, AvatarLine | None]:
        """What would stop a training now, and which avatar is in the way."""
        if restrictions.blocked(user_id):
            return "blocked", None
        if found is None:
            newcomer = self._training.obstacle(user_id, "portrait", self._clock())
            return (newcomer if newcomer == "not_invited" else None), None
        if found.status not in _COLLECTABLE:
            return None, None
        if reason := queries.unfinished(found.id):
            return reason, None
        obstacle = self._training.obstacle(user_id, found.training_type, self._clock())
        run = queries.holding_run(user_id) if obstacle == "busy" else None
        return obstacle, _line(run.avatar) if run and run.avatar else None


def _limits(
    settings: Settings, prices: Mapping[str, float | None], taken: Mapping[str, int]
) -> Limits:
    training = settings.training
    return Limits(
        avatars=settings.avatars.maximum,
        min_photos=training.min_photos,
        max_photos=training.max_photos,
        name_length=settings.avatars.name_length,
        held_hours=settings.avatars.held_hours,
        min_side=settings.photos.min_side,
        max_megabytes=settings.photos.max_bytes / 1024 / 1024,
        price_usd=prices,
        minutes=MINUTES,
        drafts_days=settings.retention.drafts_days,
        trained_photos_days=settings.retention.finished_trainings_days,
        upload_hours=settings.fal.upload_hours,
        output_days=-(-settings.fal.output_hours // 24),
        max_pending=settings.photos.max_pending,
        photos_taken=taken,
    )


def _line(found: Avatar) -> AvatarLine:
    valid = queries.photos_with(found.id, PhotoValidationStatus.VALID).count()
    return AvatarLine(
        found.id.hex, found.name, found.status, found.training_progress, found.training_type, valid
    )


def _photo(photo: AvatarPhoto) -> PhotoFacts:
    return PhotoFacts(
        id=photo.id.hex,
        number=photo.number,
        status=photo.validation_status,
        reason=photo.reason,
        key=photo.minio_key,
        advice=tuple(photo.photo_metadata.get("advice", ())),
        mistakable=may_be_kept(photo),
        megapixels=round((photo.width or 0) * (photo.height or 0) / 1_000_000),
        most_megapixels=most_megapixels(photo.photo_metadata.get("format")),
    )


def _refused(photo: AvatarPhoto, others: Iterable[AvatarPhoto]) -> PhotoFacts:
    """A refused photo; one that repeats another is shown by that."""
    same = photo.photo_metadata.get("same_as")
    shown = (other.minio_key for other in others if str(other.id) == same)
    return replace(_photo(photo), key=photo.minio_key or next(shown, None))


def _unread(photo: AvatarPhoto) -> bool:
    return photo.validation_status in queries.REFUSED and photo.dismissed_at is None


def _removed(found: Avatar, photo_id: str | None) -> PhotoFacts | None:
    removed = photo_id and AvatarPhoto.get_or_none(
        AvatarPhoto.id == photo_id,
        AvatarPhoto.avatar == found.id,
        AvatarPhoto.removed_at.is_null(False),
    )
    return _photo(removed) if removed else None


def _paged(query: Any, memory: Any, size: int) -> tuple[int, int, list[Any]]:
    """A page within bounds: its number from 1, how many there are, its rows."""
    pages = max(1, -(-query.count() // size))
    page = min(max(1, int(memory.get("page", 1))), pages)
    return page, pages, list(query.paginate(page, size))
