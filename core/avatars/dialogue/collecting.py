"""The effects that are about photos: taken in, held, put aside, removed and put back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from core.avatars import queries
from core.avatars.dialogue.edits import Edits
from core.avatars.flow import TELLING
from core.avatars.models import Avatar, AvatarPhoto, AvatarStatus, PhotoValidationStatus, change
from core.avatars.photos.counting import NO_ROOM, TOO_MANY, recount
from core.avatars.photos.held import HeldPhoto
from core.avatars.photos.photo_set import overrule, reconsider
from core.avatars.ports import Waker
from core.avatars.privacy.disposal import doom_spooled
from core.avatars.privacy.erasure import drop_held
from core.avatars.training.training import Training
from core.base.db import database
from core.base.settings import Settings
from core.conversation.turn import Turn


class Collecting(Edits):
    """What a turn does to an avatar's photos; `jobs` wakes the worker that judges them."""

    def __init__(self, settings: Settings, training: Training, jobs: Waker) -> None:
        super().__init__(settings, training)
        self._jobs = jobs

    def add_photo(self, turn: Turn) -> None:
        """Take a photo in: pending, until its verdict."""
        self._drop_replaced(turn)
        self._add(turn, self.reference_of(turn))
        self._recount(turn)

    def leave_out(self, turn: Turn) -> None:
        """Refuse a photo that doesn't fit, by its number; nothing of it is fetched."""
        self._drop_replaced(turn)
        more = self.room(turn).places > 0
        self._refuse(turn, TOO_MANY if more else NO_ROOM)

    def hold_photo(self, turn: Turn) -> None:
        """Keep only the channel's reference to a photo that came at the wrong moment.

        More of them than may wait are left out, and the person is told.
        """
        self._drop_replaced(turn)
        self._say_no_photo(turn)
        if queries.held_photos(turn.user_id).count() >= self._settings.photos.max_pending:
            doom_spooled([turn.event.file or {}], turn.now)
            turn.say("held_full")
            return
        HeldPhoto.create(
            user=turn.user_id,
            conversation=turn.conversation_id,
            reference=self.reference_of(turn),
            declared=self.declared(turn),
            held_at=turn.now,
        )

    def leave_file(self, turn: Turn) -> None:
        """Leave out what is certain to be no picture, and say so; what was asked is asked still."""
        self._drop_replaced(turn)
        doom_spooled([turn.event.file or {}], turn.now)
        self._note_no_photos(turn, self._no_photos(turn) + 1)
        self._say_no_photo(turn)
        if turn.question == "held":
            turn.ask("held")

    def refuse_file(self, turn: Turn) -> None:
        """Refuse what is certain to be no picture among photos that are collected."""
        self._drop_replaced(turn)
        self._refuse(turn, "not_a_picture")

    def take_held_photos(self, turn: Turn) -> None:
        """Take in what was held, now that there is an avatar and a consent."""
        if not self.collecting(turn) or self.blocked(turn):
            return
        held = list(queries.held_photos(turn.user_id))
        taken = held[: self.room(turn).intake]
        for photo in taken:
            self._add(turn, photo.reference)
            photo.delete_instance()
        if taken:
            self._recount(turn)
            turn.say("held_taken", n=len(taken))
        if len(held) > len(taken):
            turn.say("held_left", n=len(held) - len(taken))

    def drop_held_photos(self, turn: Turn) -> None:
        """Forget what was held."""
        drop_held(turn.user_id, turn.now)

    def reopen(self, turn: Turn) -> None:
        """Let an avatar whose training failed or was stopped take photos again."""
        found = self._focused(turn)
        if found.status in (AvatarStatus.ERROR, AvatarStatus.CANCELLED):
            change(found, status=AvatarStatus.DRAFT, training_progress=0)
            self._recount(turn)

    def dismiss_refusals(self, turn: Turn) -> None:
        """The person has read why photos were refused."""
        refused = [photo.id for photo in queries.refusals(self._focused(turn).id)]
        query: Any = AvatarPhoto.update(dismissed_at=turn.now)
        query.where(AvatarPhoto.id.in_(refused)).execute()

    def note_told(self, turn: Turn) -> None:
        """Note which verdicts the screen tells of that this turn leads to.

        They count as told once it is shown. While photos wait for theirs, those that have one are
        told of and belong to the same series still.
        """
        found = self.focus_of(turn) if turn.state in TELLING else None
        if found is None or self.photos_in_work(turn):
            return
        told: Any = AvatarPhoto.update(told_revision=turn.revision + 1)
        mine = AvatarPhoto.avatar == found.id
        told.where(mine, queries.untold(turn.conversation_id)).execute()

    def accept_with_advice(self, turn: Turn) -> None:
        """Take the person's word for it that a refused photo is fine."""
        photo = self.mistaken_photo(turn)
        assert photo is not None, "a guard asks for it first"
        kept = overrule(photo)
        self._recount(turn)
        turn.say("kept_anyway" if kept else "kept_already", number=photo.number)

    def open_gallery(self, turn: Turn) -> None:
        """Look at the photos from the first page on."""
        turn.memory.update(page=1, opened_from=turn.source)
        turn.memory.pop("removed", None)

    def first_page(self, turn: Turn) -> None:
        """Begin a list at its beginning."""
        turn.memory["page"] = 1

    def set_page(self, turn: Turn) -> None:
        """Turn the page."""
        turn.memory["page"] = int(turn.argument)

    def remove_photo(self, turn: Turn) -> None:
        """Take a photo out; it can be put back until the sweep."""
        found = self._focused(turn)
        photo = queries.photos(found.id).where(AvatarPhoto.id == turn.argument).first()
        if photo is not None:
            change(photo, removed_at=turn.now)
            turn.memory["removed"] = turn.argument
            turn.say("removed", number=photo.number)
            self._recount(turn)

    def restore_photo(self, turn: Turn) -> None:
        """Put the photo back that was just removed, unless the same one has come again since."""
        photo = self.removed_photo(turn)
        assert photo is not None, "a guard asks for it first"
        turn.memory.pop("removed", None)
        same = AvatarPhoto.file_hash == photo.file_hash
        valid = queries.photos_with(photo.avatar_id, *queries.COUNTING)
        if photo.file_hash is not None and valid.where(same).exists():
            turn.say("kept_already", number=photo.number)
            return
        change(photo, removed_at=None)
        self._recount(turn)
        turn.say("restored", number=photo.number)

    # what effects share

    def _drop_replaced(self, turn: Turn) -> None:
        """Take out the photos that an edited message no longer shows."""
        replaced = self.replaced(turn)
        for photo in replaced:
            if isinstance(photo, HeldPhoto):
                photo.delete_instance()
            else:
                change(photo, removed_at=turn.now)
        if any(isinstance(photo, AvatarPhoto) for photo in replaced):
            self._recount(turn)

    def _reconsider_photos(self, turn: Turn) -> None:
        """After another training type was chosen: it may want faces, or not miss them."""
        refused = reconsider(self._focused(turn).id, self._settings)
        if refused:
            turn.say("reconsidered", n=refused)
        self._recount(turn)

    def _focused(self, turn: Turn) -> Avatar:
        found = self.focus_of(turn)
        if found is None:
            raise LookupError(f"no avatar in focus in {turn.source}")
        return found

    def _focus(self, turn: Turn, found: Avatar) -> None:
        turn.memory["avatar"] = found.id.hex
        turn.cache["focus"] = found

    def _say_no_photo(self, turn: Turn) -> None:
        """Say what is left out of the series that this belongs to: its parts come one by one."""
        if count := self._no_photos(turn):
            self._note_no_photos(turn, count)
            turn.say("no_photo", n=count)

    def _note_no_photos(self, turn: Turn, count: int) -> None:
        turn.memory["left_out"] = [count, turn.now, turn.visit, turn.revision + 1]

    def _no_photos(self, turn: Turn) -> int:
        """How many files of this series were left out.

        It is over after a while, and once it was seen and the person has gone elsewhere.
        """
        count, at, visit, revision = turn.memory.get("left_out", (0, 0.0, 0, 0))
        late = turn.now - at > self._settings.conversation.series_seconds
        told = turn.visit != visit and turn.seen >= revision
        return 0 if late or told else int(count)

    def _add(self, turn: Turn, reference: Mapping[str, Any]) -> None:
        photo_id = str(self._create(turn, reference).id)
        database.after_commit(lambda: self._jobs.wake("photo", photo_id))

    def _refuse(self, turn: Turn, reason: str) -> None:
        """Give a photo its number and its refusal at once."""
        doom_spooled([turn.event.file or {}], turn.now)
        invalid = PhotoValidationStatus.INVALID
        self._create(turn, {}, validation_status=invalid, reason=reason)
        self._recount(turn)

    def _create(self, turn: Turn, reference: Mapping[str, Any], **columns: Any) -> AvatarPhoto:
        found = self._focused(turn)
        last: Any = AvatarPhoto.select(AvatarPhoto.number).where(AvatarPhoto.avatar == found.id)
        newest = last.order_by(AvatarPhoto.number.desc()).first()
        made: AvatarPhoto = AvatarPhoto.create(
            avatar=found.id,
            user=turn.user_id,
            conversation=turn.conversation_id,
            reference=dict(reference),
            number=newest.number + 1 if newest else 1,
            **columns,
        )
        return made

    def _recount(self, turn: Turn) -> None:
        for photo_id in recount(self._focused(turn).id, self._settings):
            database.after_commit(partial(self._jobs.wake, "photo", photo_id))
        turn.cache.pop("focus", None)
