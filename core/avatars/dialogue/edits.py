"""Messages that were edited: what they gave is corrected, an avatar's name or a photo."""

from __future__ import annotations

from collections.abc import Mapping

from core.avatars import rules
from core.avatars.dialogue.guards import name_of
from core.avatars.dialogue.known import Tools, facts, in_focus, known
from core.avatars.models import Avatar, AvatarPhoto, PhotoValidationStatus, rename_to
from core.avatars.photos.held import HeldPhoto
from core.avatars.photos.room import Room
from core.conversation.reading import CORRECTABLE
from core.conversation.turn import Turn


def names(tools: Tools, turn: Turn) -> bool:
    """Whether the avatar that an edited text had named is there still."""
    return _named_by(tools, turn) is not None


def renames(tools: Tools, turn: Turn) -> bool:
    """Whether an edited text is another name for the avatar that it had named."""
    found = _named_by(tools, turn)
    return found is not None and found.name != name_of(turn)


def same_photo(_tools: Tools, turn: Turn) -> bool:
    """Whether a message was edited without its photo: only what stands beside it is new."""
    event = turn.event
    if not event.edited or event.file is None:
        return False
    return any(_same_file(photo.reference, event.file) for photo in _sent_in(turn))


def room_left(tools: Tools, turn: Turn) -> bool:
    """Whether one more photo may be looked at."""
    return room(tools, turn).intake > 0


def place_left(tools: Tools, turn: Turn) -> bool:
    """Whether one more photo can count."""
    return room(tools, turn).places > 0


def rename(tools: Tools, turn: Turn) -> None:
    """Give the avatar that the message had named the name that stands there now."""
    found = _named_by(tools, turn)
    assert found is not None, "a guard asks for it first"
    rename_to(found, name_of(turn))
    turn.say("renamed", name=found.name)


def remember_named(turn: Turn, named: Avatar) -> None:
    """Note which avatar a message has named: an edit of it means the same one."""
    if turn.event.message:
        named_by = {**turn.memory.get("named_by", {}), turn.event.message: named.id.hex}
        turn.memory["named_by"] = dict([*named_by.items()][-CORRECTABLE:])


def replaced(tools: Tools, turn: Turn) -> list[AvatarPhoto | HeldPhoto]:
    """The photos that give way to an edited message's own.

    One of another avatar, or of one that a training has taken, stays: there is nothing to put
    in its place.
    """
    if not turn.event.edited:
        return []
    owned = in_focus(tools, turn) if rules.can_collect(facts(tools, turn)) else None
    focused = owned.avatar if owned else None
    return [photo for photo in _sent_in(turn) if _gives_way(photo, focused)]


def room(tools: Tools, turn: Turn) -> Room:
    """What the avatar in focus has room for, once what is replaced has left."""
    found = facts(tools, turn)
    leaving = [
        photo.validation_status for photo in replaced(tools, turn) if isinstance(photo, AvatarPhoto)
    ]
    if found.avatar is None:
        return Room(0, 0)
    counts = map(leaving.count, (PhotoValidationStatus.VALID, PhotoValidationStatus.PENDING))
    return rules.room_of(found.avatar, found.limits, *counts)


def reference_of(turn: Turn) -> dict[str, object]:
    """What a photo is fetched by, and the message that it came in where that can be edited."""
    reference = dict(turn.event.file or {})
    return {**reference, "message": turn.event.message} if turn.event.message else reference


def _named_by(tools: Tools, turn: Turn) -> Avatar | None:
    named_by = turn.memory.get("named_by", {})
    owned = known(tools, turn).owned(named_by.get(turn.event.message))
    return owned.avatar if owned else None


def _sent_in(turn: Turn) -> list[AvatarPhoto | HeldPhoto]:
    """The photos that came in the event's message, before it was edited."""
    found: list[AvatarPhoto | HeldPhoto] = []
    for model in (AvatarPhoto, HeldPhoto) if turn.event.message else ():
        sent = model.select().where(
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


def _same_file(one: Mapping[str, object], now: Mapping[str, object]) -> bool:
    """Whether two references lead to one file."""
    if one.get("unique_id"):
        return bool(one["unique_id"] == now.get("unique_id"))
    return {name: value for name, value in one.items() if name != "message"} == dict(now)
