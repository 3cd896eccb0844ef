"""Facts, made from what the database knows of a person; the only place that knows both."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from core.avatars import person, queries, rules
from core.avatars.dialogue import photo_facts
from core.avatars.dialogue.studio import Studio
from core.avatars.facts import AvatarFacts, AvatarLine, Facts, Kept, Limits, RunFacts
from core.avatars.flow import LINKING, PICTURES, SET
from core.avatars.linking import codes
from core.avatars.models import AvatarPhoto, PhotoValidationStatus, RunStatus, TrainingRun
from core.avatars.orders import board
from core.avatars.orders.board import Board
from core.avatars.orders.decisions.news import RESULT_GONE
from core.avatars.person import Known, Owned
from core.avatars.photos import comparing
from core.avatars.photos.counting import photo_limit
from core.avatars.photos.photo_set import frontal, too_alike, useless
from core.avatars.pictures.owned import faces
from core.avatars.pictures.pictures import Pictures
from core.avatars.training.durations import MINUTES
from core.avatars.training.training import Training
from core.base.settings import Settings
from core.conversation.flow import Position

_VALID, _PENDING = PhotoValidationStatus.VALID, PhotoValidationStatus.PENDING
_UNTERMED = (
    "training_in_progress", "training_completed", "avatar_gallery", "avatar_details",
    "deleting_avatar", "privacy", *LINKING, *PICTURES,
)  # fmt: skip
"""Nothing is ordered there: neither prices nor switches are needed."""
_WITHOUT_PHOTOS = ("avatar_gallery", "privacy", *LINKING, *PICTURES)
"""Whatever avatar is in focus, no photo of it is told of there."""


class Loader:
    """Loads facts; `how_to_send` is a channel's own sentence in a language."""

    def __init__(
        self,
        settings: Settings,
        training: Training,
        pictures: Pictures,
        how_to_send: Callable[[str, str], str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._training = training
        self._studio = Studio(settings, pictures)
        self._how_to_send = how_to_send
        self._clock = clock

    def __call__(self, position: Position, language: str) -> Facts:
        """All that the screen of this position may know, in three statements."""
        known = self.known(position)
        owned = known.owned(position.memory.get("avatar"))
        photos = [] if position.state in _WITHOUT_PHOTOS else self.photos(position, owned)
        facts = self.facts(position, known, owned, photos, language)
        if position.state not in _UNTERMED:
            facts = self._with_terms(facts, position, known, owned)
        if position.state == "training_completed" and owned is not None:
            facts = replace(facts, previews_coming=self._studio.previews_coming(owned.avatar))
        if position.state in PICTURES and owned is not None:
            studio = self._studio.facts(position, known, owned.avatar, language)
            facts = replace(facts, studio=studio)
        if position.state == "avatar_details" and facts.avatar is not None and owned is not None:
            face = faces([owned.avatar.id]).get(owned.avatar.id, "")
            facts = replace(facts, avatar=replace(facts.avatar, face=face))
        return replace(facts, **self._page(position, known, photos))

    def known(self, position: Position) -> Known:
        """What is known of the person."""
        cache = position.cache
        if "known" not in cache:
            cache["known"] = self._training.known(position.user_id, self._clock())
        found: Known = cache["known"]
        return found

    def photos(self, position: Position, owned: Owned | None) -> list[AvatarPhoto]:
        """An avatar's photos, the removed ones among them; without a name it takes none."""
        if owned is None:
            return []
        key = f"photos of {owned.avatar.id}"
        if key not in position.cache:
            position.cache[key] = person.photos_of(owned.avatar) if owned.avatar.name else []
        found: list[AvatarPhoto] = position.cache[key]
        return found

    def terms(self, position: Position) -> Board:
        """Switches and prices."""
        if "terms" not in position.cache:
            position.cache["terms"] = board.read()
        found: Board = position.cache["terms"]
        return found

    def facts(
        self,
        position: Position,
        known: Known,
        owned: Owned | None,
        photos: Sequence[AvatarPhoto],
        language: str,
    ) -> Facts:
        """What the rules ask about, with this avatar in focus; nothing is read for it.

        Of what stops a training it says no more than that the person is blocked.
        """
        memory = position.memory
        unfinished = known.unfinished
        return Facts(
            language=language,
            person_name=position.name,
            how_to_send=self._how_to_send(position.channel, language),
            limits=_limits(self._settings, owned.avatar.id if owned else None),
            avatars_count=len(known.named),
            said=tuple((code, parameters) for code, parameters in memory.get("said", ())),
            asked=memory.get("asked"),
            avatar=self._focus(owned, photos, position) if owned else None,
            resumable=_line(unfinished) if unfinished else None,
            proposed_type=memory.get("proposed"),
            obstacle="blocked" if known.blocked else None,
            held=known.held,
            held_files=known.held_files,
            consented=known.consented,
            consent_version=queries.CONSENT_VERSION,
            operator=self._settings.operator,
            languages=self._settings.brand.languages,
            greeting=getattr(self._settings.brand.greeting, language, ""),
        )

    def why_closed(self, position: Position, owned: Owned) -> str | None:
        """What stops a training of an avatar now; see `Training.obstacle`."""
        if owned.run is not None and owned.run.status is RunStatus.CANCELLING:
            return queries.lingering(owned.run, owned.unread)
        return self._stopped(position, owned.avatar.training_type)

    def _stopped(self, position: Position, kind: str) -> str | None:
        known, terms = self.known(position), self.terms(position)
        return self._training.obstacle(position.user_id, kind, self._clock(), known, terms)

    def _with_terms(
        self, facts: Facts, position: Position, known: Known, owned: Owned | None
    ) -> Facts:
        """With prices, and with what would stop a training now and which avatar is in the way."""
        terms = self.terms(position)
        prices = {kind: self._training.price_usd(kind, terms) for kind in MINUTES}
        taken = {kind: self._training.photos_taken(kind, terms) for kind in MINUTES}
        obstacle = self._obstacle(position, owned)
        busy = known.in_training if obstacle == "busy" and owned else None
        return replace(
            facts,
            limits=replace(facts.limits, price_usd=prices, photos_taken=taken),
            obstacle=obstacle,
            busy_with=_line(busy) if busy else None,
        )

    def _obstacle(self, position: Position, owned: Owned | None) -> str | None:
        if self.known(position).blocked:
            return "blocked"
        if owned is None:
            newcomer = self._stopped(position, "portrait")
            return newcomer if newcomer == "not_invited" else None
        if owned.avatar.status not in rules.COLLECTABLE:
            return None
        return self.why_closed(position, owned)

    def _page(
        self, position: Position, known: Known, photos: Sequence[AvatarPhoto]
    ) -> dict[str, Any]:
        """What one state alone shows: the page of a gallery, what is kept."""
        memory, settings = position.memory, self._settings.avatars
        if position.state == "avatar_gallery":
            page, pages, lines = photo_facts.paged(known.named, memory, settings.page_size)
            found = faces([line.avatar.id for line in lines])
            shown = tuple(_line(line, found.get(line.avatar.id, "")) for line in lines)
            return {"page": page, "pages": pages, "avatars": shown}
        if position.state == "viewing_photo_gallery" and known.owned(memory.get("avatar")):
            there = [photo for photo in photos if photo.removed_at is None]
            page, pages, rows = photo_facts.paged(there, memory, settings.photo_page_size)
            removed = photo_facts.removed_photo(photos, memory.get("removed"))
            return {
                "page": page,
                "pages": pages,
                "photos": tuple(map(photo_facts.facts_of, rows)),
                "removed_photo": photo_facts.facts_of(removed) if removed else None,
            }
        if position.state in ("main_menu", "avatar_menu"):
            training, finished = known.in_training, known.finished
            return {
                "training": _line(training) if training else None,
                "finished": _line(finished) if finished else None,
            }
        if position.state == "picture_gallery" and (owned := known.owned(memory.get("avatar"))):
            page, pages = self._studio.page(position, owned.avatar)
            return {"page": page, "pages": pages}
        if position.state == "privacy":
            megabytes = known.stored_bytes / 1024 / 1024
            kept = Kept(known.stored_photos, megabytes, known.trainings)
            return {"kept": kept, **self._chats(position, known.chats > 1)}
        if position.state in LINKING:
            return self._chats(position, True)
        return {}

    def _chats(self, position: Position, looked_at: bool) -> dict[str, Any]:
        return {"link": codes.look(position, self._clock())} if looked_at else {}

    def _focus(
        self, owned: Owned, photos: Sequence[AvatarPhoto], position: Position
    ) -> AvatarFacts:
        found, there = owned.avatar, [photo for photo in photos if photo.removed_at is None]
        series = photo_facts.series(there, position.seen)
        valid = [photo for photo in there if photo.validation_status == _VALID]
        pending = sum(photo.validation_status == _PENDING for photo in there)
        as_a_set = position.state in SET and not pending
        return AvatarFacts(
            id=found.id.hex,
            name=found.name,
            gender=found.gender,
            avatar_type=found.avatar_type,
            training_type=found.training_type,
            status=found.status,
            progress=found.training_progress,
            valid=len(valid),
            pending=pending,
            sent=len(there),
            delayed=any(photo.delayed for photo in there),
            refused=tuple(
                photo_facts.refused(photo, there) for photo in there if photo_facts.unread(photo)
            ),
            accepted=tuple(photo_facts.facts_of(photo) for photo in valid if photo.id in series),
            earlier=tuple(
                photo.number
                for photo in there
                if photo_facts.unread(photo) and photo.id not in series
            ),
            valid_photos=tuple(map(photo_facts.facts_of, valid)) if as_a_set else (),
            useless=useless(valid),
            alike=too_alike(valid) if as_a_set else (),
            frontal=as_a_set and frontal(valid),
            comparing=comparing.comparing(found, self._settings),
            people=comparing.people(found, {photo.id.hex: photo.number for photo in valid}),
            photos_digest=queries.digest_of(valid),
            run=self._run(owned.run, owned, position.state) if owned.run else None,
            model_at_fal=owned.model_at_fal,
        )

    def _run(self, run: TrainingRun, owned: Owned, state: str) -> RunFacts:
        timed = state == "training_in_progress" and not run.status.final
        stopping = run.status is RunStatus.CANCELLING
        return RunFacts(
            status=run.status,
            progress=run.progress,
            position=run.position,
            error_class=run.error_class,
            cost_usd=run.cost_usd,
            left=self._training.seconds_left(run) if timed else None,
            late=owned.watched,
            lingers=queries.lingering(run, owned.unread) if stopping else "",
            lost=run.error_type == RESULT_GONE,
            unfetched=queries.unfetched(run, owned.unread),
        )


def _limits(settings: Settings, avatar_id: uuid.UUID | None) -> Limits:
    """What the settings allow; prices come with the terms."""
    training = settings.training
    return Limits(
        avatars=settings.avatars.maximum,
        min_photos=training.min_photos,
        max_photos=photo_limit(settings, avatar_id),
        name_length=settings.avatars.name_length,
        held_hours=settings.avatars.held_hours,
        min_side=settings.photos.min_side,
        max_megabytes=settings.photos.max_bytes / 1024 / 1024,
        price_usd={},
        minutes=MINUTES,
        drafts_days=settings.retention.drafts_days,
        trained_photos_days=settings.retention.finished_trainings_days,
        support_days=settings.retention.support_days,
        upload_hours=settings.fal.upload_hours,
        output_days=-(-settings.fal.output_hours // 24),
        max_pending=settings.photos.max_pending,
    )


def _line(owned: Owned, face: str = "") -> AvatarLine:
    found = owned.avatar
    standing = (found.status, found.training_progress, found.training_type)
    return AvatarLine(found.id.hex, found.name, *standing, owned.valid, face)
