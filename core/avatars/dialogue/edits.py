"""Messages that were edited: what they gave is corrected, an avatar's name or a photo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.avatars import queries
from core.avatars.dialogue.guards import Guards
from core.avatars.models import Avatar, AvatarPhoto, change
from core.avatars.photos.counting import room_of
from core.avatars.photos.held import HeldPhoto
from core.avatars.photos.room import Room
from core.conversation.reading import CORRECTABLE
from core.conversation.turn import Turn


class Edits(Guards):
    """Guards and effects for what stands beside a photo, and for what was changed afterwards."""

    def captioned(self, turn: Turn) -> bool:
        """Whether a text beside the photo will lead on, so that nothing is to be asked here."""
        return turn.captioned

    def names(self, turn: Turn) -> bool:
        """Whether the avatar that an edited text had named is there still."""
        return self._named_by(turn) is not None

    def renames(self, turn: Turn) -> bool:
        """Whether an edited text is another name for the avatar that it had named."""
        found = self._named_by(turn)
        return found is not None and found.name != self.name_of(turn)

    def same_photo(self, turn: Turn) -> bool:
        """Whether a message was edited without its photo: only what stands beside it is new."""
        event = turn.event
        if not event.edited or event.file is None:
            return False
        return any(_same_file(photo.reference, event.file) for photo in _sent_in(turn))

    def room_left(self, turn: Turn) -> bool:
        """Whether one more photo may be looked at."""
        return self.room(turn).intake > 0

    def place_left(self, turn: Turn) -> bool:
        """Whether one more photo can count."""
        return self.room(turn).places > 0

    def rename(self, turn: Turn) -> None:
        """Give the avatar that the message had named the name that stands there now."""
        found = self._named_by(turn)
        assert found is not None, "a guard asks for it first"
        change(found, name=self.name_of(turn))
        turn.cache.pop("focus", None)
        turn.say("renamed", name=found.name)

    def remember_named(self, turn: Turn, named: Avatar) -> None:
        """Note which avatar a message has named: an edit of it means the same one."""
        if turn.event.message:
            known = {**turn.memory.get("named_by", {}), turn.event.message: named.id.hex}
            turn.memory["named_by"] = dict([*known.items()][-CORRECTABLE:])

    def replaced(self, turn: Turn) -> list[AvatarPhoto | HeldPhoto]:
        """The photos that give way to an edited message's own.

        One of another avatar, or of one that a training has taken, stays: there is nothing to put
        in its place.
        """
        if not turn.event.edited:
            return []
        found = self.focus_of(turn) if self.can_collect(turn) else None
        return [photo for photo in _sent_in(turn) if _gives_way(photo, found)]

    def room(self, turn: Turn) -> Room:
        """What the avatar in focus has room for, once what is replaced has left."""
        found = self.focus_of(turn)
        leaving = [photo.id for photo in self.replaced(turn) if isinstance(photo, AvatarPhoto)]
        return room_of(found.id, self._settings, leaving) if found else Room(0, 0)

    def reference_of(self, turn: Turn) -> dict[str, Any]:
        """What a photo is fetched by, and the message that it came in where that can be edited."""
        reference = dict(turn.event.file or {})
        return {**reference, "message": turn.event.message} if turn.event.message else reference

    def _named_by(self, turn: Turn) -> Avatar | None:
        named_by = turn.memory.get("named_by", {})
        return queries.avatar(turn.user_id, named_by.get(turn.event.message))


def _sent_in(turn: Turn) -> list[AvatarPhoto | HeldPhoto]:
    """The photos that came in the event's message, before it was edited."""
    found: list[AvatarPhoto | HeldPhoto] = []
    for model in (AvatarPhoto, HeldPhoto) if turn.event.message else ():
        sent: Any = model.select().where(
            model.user == turn.user_id,
            model.conversation == turn.conversation_id,
            model.reference["message"] == turn.event.message,
        )
        found.extend(sent)
    return found


def _gives_way(photo: AvatarPhoto | HeldPhoto, focused: Avatar | None) -> bool:
    if isinstance(photo, HeldPhoto):
        return True
    return focused is not None and photo.avatar_id == focused.id and photo.removed_at is None


def _same_file(known: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether two references lead to one file."""
    if known.get("unique_id"):
        return bool(known["unique_id"] == now.get("unique_id"))
    return {name: value for name, value in known.items() if name != "message"} == dict(now)
