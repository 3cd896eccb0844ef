"""The effects that are about photos: taken in, held, put aside, removed and put back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.avatars import owned
from core.avatars.album import overrule, reconsider
from core.avatars.edits import Edits
from core.avatars.models import (
    Avatar,
    AvatarPhoto,
    AvatarStatus,
    HeldPhoto,
    change,
)
from core.avatars.ports import Waker
from core.avatars.privacy.erasure import drop_held
from core.avatars.training import Training
from core.avatars.verdicts import recount
from core.conversation.turn import Turn
from core.db import database
from core.settings import Settings


class Collecting(Edits):
    """What a turn does to an avatar's photos; `jobs` wakes the worker that judges them."""

    def __init__(self, settings: Settings, training: Training, jobs: Waker) -> None:
        super().__init__(settings, training)
        self._jobs = jobs

    def add_photo(self, turn: Turn) -> None:
        """Take a photo in: pending, until its verdict."""
        self.drop_replaced(turn)
        self._add(turn, self.reference_of(turn))
        self._recount(turn)

    def hold_photo(self, turn: Turn) -> None:
        """Keep only the channel's reference to a photo that came at the wrong moment.

        More of them than an avatar takes are left out, and the person is told.
        """
        self.drop_replaced(turn)
        if owned.held_photos(turn.user_id).count() >= self._settings.training.max_photos:
            turn.say("held_full")
            return
        HeldPhoto.create(
            user=turn.user_id,
            conversation=turn.conversation_id,
            reference=self.reference_of(turn),
            held_at=turn.now,
        )

    def take_held_photos(self, turn: Turn) -> None:
        """Take in what was held, now that there is an avatar and a consent."""
        if not self.collecting(turn) or self.blocked(turn):
            return
        held = list(owned.held_photos(turn.user_id))[: self.room(turn)]
        for photo in held:
            self._add(turn, photo.reference)
            photo.delete_instance()
        if held:
            self._recount(turn)
            turn.say("held_taken", n=len(held))

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
        refused = [photo.id for photo in owned.refusals(self._focused(turn).id)]
        query: Any = AvatarPhoto.update(dismissed_at=turn.now)
        query.where(AvatarPhoto.id.in_(refused)).execute()

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
        photo = owned.photos(found.id).where(AvatarPhoto.id == turn.argument).first()
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
        valid = owned.photos_with(photo.avatar_id, *owned.COUNTING)
        if photo.file_hash is not None and valid.where(same).exists():
            turn.say("kept_already", number=photo.number)
            return
        change(photo, removed_at=None)
        self._recount(turn)
        turn.say("restored", number=photo.number)

    # what effects share

    def _reconsider_photos(self, turn: Turn) -> None:
        """After another training type was chosen: it may want faces, or not miss them."""
        refused = reconsider(self._focused(turn).id)
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

    def _add(self, turn: Turn, reference: Mapping[str, Any]) -> None:
        found = self._focused(turn)
        last: Any = AvatarPhoto.select(AvatarPhoto.number).where(AvatarPhoto.avatar == found.id)
        newest = last.order_by(AvatarPhoto.number.desc()).first()
        photo = AvatarPhoto.create(
            avatar=found.id,
            user=turn.user_id,
            conversation=turn.conversation_id,
            reference=dict(reference),
            number=newest.number + 1 if newest else 1,
        )
        photo_id = str(photo.id)
        database.after_commit(lambda: self._jobs.wake("photo", photo_id))

    def _recount(self, turn: Turn) -> None:
        found = self._focused(turn)
        recount(found.id, self._settings)
        turn.cache.pop("focus", None)
