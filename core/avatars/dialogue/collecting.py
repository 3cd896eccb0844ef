"""The effects that are about photos: taken in, held, put aside, removed and put back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from core.avatars import queries, rules
from core.avatars.dialogue.edits import reference_of, replaced, room
from core.avatars.dialogue.guards import declared, removed_one
from core.avatars.dialogue.known import (
    Tools,
    facts,
    focused,
    forget,
    known,
    photos,
    there,
)
from core.avatars.dialogue.photo_facts import unread, untold
from core.avatars.disposal import Waste
from core.avatars.flow import TELLING
from core.avatars.models import AvatarPhoto, AvatarStatus, PhotoValidationStatus, change
from core.avatars.photos import photo_set
from core.avatars.photos.counting import NO_ROOM, TOO_MANY, count_anew
from core.avatars.photos.held import HeldPhoto, take
from core.avatars.privacy.erasure import drop_held
from core.base.db import database
from core.conversation.turn import Turn


def add_photo(tools: Tools, turn: Turn) -> None:
    """Take a photo in: pending, until its verdict."""
    _drop_replaced(tools, turn)
    _add(tools, turn, [reference_of(turn)])
    _recount(tools, turn)


def leave_out(tools: Tools, turn: Turn) -> None:
    """Refuse a photo that doesn't fit, by its number; nothing of it is fetched."""
    _drop_replaced(tools, turn)
    more = rules.room(facts(tools, turn)).places > 0
    _refuse(tools, turn, TOO_MANY if more else NO_ROOM)


def hold_photo(tools: Tools, turn: Turn) -> None:
    """Keep only the channel's reference to a photo that came at the wrong moment.

    More of them than may wait are left out, and the person is told.
    """
    _drop_replaced(tools, turn)
    _say_no_photo(tools, turn)
    person = known(tools, turn)
    if person.held >= tools.settings.photos.max_pending:
        Waste(references=[turn.event.file]).doom(turn.now)
        turn.say("held_full")
        return
    HeldPhoto.create(
        user=turn.user_id,
        conversation=turn.conversation_id,
        reference=reference_of(turn),
        declared=declared(turn),
        held_at=turn.now,
    )
    person.held += 1


def leave_file(tools: Tools, turn: Turn) -> None:
    """Leave out what is certain to be no picture, and say so; what was asked is asked still."""
    _drop_replaced(tools, turn)
    Waste(references=[turn.event.file]).doom(turn.now)
    _note_no_photos(turn, _no_photos(tools, turn) + 1)
    _say_no_photo(tools, turn)
    if turn.question == "held":
        turn.ask("held")


def refuse_file(tools: Tools, turn: Turn) -> None:
    """Refuse what is certain to be no picture among photos that are collected."""
    _drop_replaced(tools, turn)
    _refuse(tools, turn, "not_a_picture")


def take_held_photos(tools: Tools, turn: Turn) -> None:
    """Take in what was held, now that there is an avatar and a consent."""
    found = facts(tools, turn)
    if not known(tools, turn).held or not rules.collecting(found) or rules.blocked(found):
        return
    taken = take(turn.user_id, room(tools, turn).intake)
    if taken:
        came_through = [photo.conversation_id for photo in taken]
        _add(tools, turn, [photo.reference for photo in taken], came_through)
        _recount(tools, turn)
        turn.say("held_taken", n=len(taken))
    known(tools, turn).held -= len(taken)
    if left := known(tools, turn).held:
        turn.say("held_left", n=left)


def drop_held_photos(_tools: Tools, turn: Turn) -> None:
    """Forget what was held."""
    drop_held(turn.user_id).doom(turn.now)
    forget(turn)


def reopen(tools: Tools, turn: Turn) -> None:
    """Let an avatar whose training failed or was stopped take photos again."""
    found = focused(tools, turn)
    if found.status in (AvatarStatus.ERROR, AvatarStatus.CANCELLED):
        change(found, status=AvatarStatus.DRAFT, training_progress=0)
        _recount(tools, turn)


def dismiss_refusals(tools: Tools, turn: Turn) -> None:
    """The person has read why photos were refused."""
    focused(tools, turn)
    _write([p for p in there(tools, turn) if unread(p)], dismissed_at=turn.now)


def note_told(tools: Tools, turn: Turn) -> None:
    """Note which verdicts the screen tells of that this turn leads to.

    They count as told once it is shown. While photos wait for theirs, those that have one are
    told of and belong to the same series still.
    """
    if turn.state not in TELLING or rules.photos_in_work(facts(tools, turn)):
        return
    mine = photos(tools, turn)
    _write([p for p in mine if untold(p, turn.seen)], told_revision=turn.revision + 1)


def accept_with_advice(tools: Tools, turn: Turn) -> None:
    """Take the person's word for it that a refused photo is fine."""
    photo = next(p for p in there(tools, turn) if p.id.hex == turn.argument)
    kept = photo_set.overrule(photo)
    _recount(tools, turn)
    turn.say("kept_anyway" if kept else "kept_already", number=photo.number)


def open_gallery(_tools: Tools, turn: Turn) -> None:
    """Look at the photos from the first page on."""
    turn.memory.update(page=1, opened_from=turn.source)
    turn.memory.pop("removed", None)


def first_page(_tools: Tools, turn: Turn) -> None:
    """Begin a list at its beginning."""
    turn.memory["page"] = 1


def set_page(_tools: Tools, turn: Turn) -> None:
    """Turn the page."""
    turn.memory["page"] = int(turn.argument)


def remove_photo(tools: Tools, turn: Turn) -> None:
    """Take a photo out; it can be put back until the sweep."""
    photo = next((p for p in there(tools, turn) if p.id.hex == turn.argument), None)
    if photo is not None:
        change(photo, removed_at=turn.now)
        turn.memory["removed"] = turn.argument
        turn.say("removed", number=photo.number)
        _recount(tools, turn)


def restore_photo(tools: Tools, turn: Turn) -> None:
    """Put the photo back that was just removed, unless the same one has come again since."""
    photo = removed_one(tools, turn)
    assert photo is not None, "a guard asks for it first"
    turn.memory.pop("removed", None)
    others = {p.file_hash for p in there(tools, turn) if p.validation_status in queries.COUNTING}
    if photo.file_hash is not None and photo.file_hash in others:
        turn.say("kept_already", number=photo.number)
        return
    change(photo, removed_at=None)
    _recount(tools, turn)
    turn.say("restored", number=photo.number)


def reconsider_photos(tools: Tools, turn: Turn) -> None:
    """After another training type was chosen: it may want faces, or not miss them."""
    refused = photo_set.reconsider(photos(tools, turn), tools.settings)
    if refused:
        turn.say("reconsidered", n=refused)
    _recount(tools, turn)


# what effects share


def _drop_replaced(tools: Tools, turn: Turn) -> None:
    """Take out the photos that an edited message no longer shows."""
    leaving = replaced(tools, turn)
    for photo in leaving:
        if isinstance(photo, HeldPhoto):
            photo.delete_instance()
        else:
            change(photo, removed_at=turn.now)
    if leaving:
        forget(turn)
    if any(isinstance(photo, AvatarPhoto) for photo in leaving):
        _recount(tools, turn)


def _write(changed: list[AvatarPhoto], **columns: object) -> None:
    """Write the same into several photos."""
    if not changed:
        return
    query = AvatarPhoto.update(**columns)
    query.where(AvatarPhoto.id.in_([photo.id for photo in changed])).execute()
    for photo in changed:
        for name, value in columns.items():
            setattr(photo, name, value)


def _say_no_photo(tools: Tools, turn: Turn) -> None:
    """Say what is left out of the series that this belongs to: its parts come one by one."""
    if count := _no_photos(tools, turn):
        _note_no_photos(turn, count)
        turn.say("no_photo", n=count)


def _note_no_photos(turn: Turn, count: int) -> None:
    turn.memory["left_out"] = [count, turn.now, turn.visit, turn.revision + 1]


def _no_photos(tools: Tools, turn: Turn) -> int:
    """How many files of this series were left out.

    It is over after a while, and once it was seen and the person has gone elsewhere.
    """
    count, at, visit, revision = turn.memory.get("left_out", (0, 0.0, 0, 0))
    late = turn.now - at > tools.settings.conversation.series_seconds
    told = turn.visit != visit and turn.seen >= revision
    return 0 if late or told else int(count)


def _add(
    tools: Tools,
    turn: Turn,
    references: Sequence[Mapping[str, object]],
    came_through: Sequence[int] = (),
) -> None:
    for photo in _create(tools, turn, references, came_through):
        database.after_commit(partial(tools.jobs.wake, "photo", str(photo.id)))


def _refuse(tools: Tools, turn: Turn, reason: str) -> None:
    """Give a photo its number and its refusal at once."""
    Waste(references=[turn.event.file]).doom(turn.now)
    invalid = PhotoValidationStatus.INVALID
    _create(tools, turn, [{}], validation_status=invalid, reason=reason)
    _recount(tools, turn)


def _create(
    tools: Tools,
    turn: Turn,
    references: Sequence[Mapping[str, object]],
    came_through: Sequence[int] = (),
    **columns: object,
) -> list[AvatarPhoto]:
    """Add photos to the avatar in focus, however many in one statement.

    They came through this conversation, or each through one of `came_through`.
    """
    chats = came_through or [turn.conversation_id] * len(references)
    found, mine = focused(tools, turn), photos(tools, turn)
    last = max((photo.number for photo in mine), default=0)
    made = [
        AvatarPhoto(
            avatar=found, user=turn.user_id, conversation=chat,
            reference=dict(reference), number=number, **columns,
        )
        for number, (reference, chat) in enumerate(zip(references, chats, strict=True), last + 1)
    ]  # fmt: skip
    AvatarPhoto.bulk_create(made)
    mine += made
    return made


def _recount(tools: Tools, turn: Turn) -> None:
    called = count_anew(focused(tools, turn), there(tools, turn), tools.settings)
    for photo_id in called:
        database.after_commit(partial(tools.jobs.wake, "photo", photo_id))
