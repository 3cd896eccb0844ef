"""The rules of the dialogue: pure questions about facts, asked by guards and by buttons alike."""

from __future__ import annotations

from core.avatars import naming
from core.avatars.facts import AvatarFacts, AvatarLine, Facts, Limits
from core.avatars.flow import ENDED, MENUS, PICTURES, SET
from core.avatars.photos import room as rooms
from core.avatars.photos.inspection.faces.people import strangers
from core.avatars.photos.room import Room

UNFINISHED = ("draft", "uploading", "ready")
"""An avatar in one of these still waits for its photos or its training."""
COLLECTABLE = (*UNFINISHED, "error", "cancelled")
"""One in these takes photos, or would after its failed or stopped training."""
STOPPABLE = ("ready", "preparing", "submitting", "queued", "training", "uncertain")
"""A training run in one of these can be stopped by its person: it isn't almost done."""
HOLDING = (*STOPPABLE, "saving")
"""A run in one of these holds its person's only slot."""
ON_THE_WAY = (
    "selecting_training_type", "confirming_training_type", "viewing_training_comparison",
    "selecting_avatar_type", "selecting_gender", "entering_name", "consent",
)  # fmt: skip
"""States in which the person is on the way to the photos, so that they will be asked for."""

COMMON, SHARE = 3, 0.25
"""So many photos, and such a share of them, and an advice is one on the whole set."""

_PLACES = {
    "training": "training_in_progress",
    "completed": "training_completed",
    "error": "training_error",
    "cancelled": "training_cancelled",
}


# the person


def avatars_full(facts: Facts) -> bool:
    """Whether the person has as many avatars as they may."""
    return facts.avatars_count >= facts.limits.avatars


def blocked(facts: Facts) -> bool:
    """Whether the person is not served."""
    return facts.obstacle == "blocked"


def newcomer(facts: Facts) -> bool:
    """Whether the person has no avatar yet, and has not begun one."""
    return facts.avatars_count == 0 and facts.resumable is None


# the avatar in focus


def is_open(avatar: AvatarFacts | AvatarLine | None) -> bool:
    """Whether an avatar still waits for its photos or its training."""
    return avatar is not None and avatar.status in UNFINISHED


def unfinished(facts: Facts) -> bool:
    """Whether the avatar in focus is named, and still waits for its photos or its training."""
    return facts.avatar is not None and bool(facts.avatar.name) and is_open(facts.avatar)


def trained(facts: Facts) -> bool:
    """Whether it is finished: a training that was being stopped may have won the race."""
    return facts.avatar is not None and facts.avatar.status == "completed"


def has_kind(facts: Facts) -> bool:
    """Whether its kind and its person are settled."""
    avatar = facts.avatar
    return avatar is not None and avatar.avatar_type is not None and avatar.gender is not None


def begun(facts: Facts) -> bool:
    """Whether it is settled what it is, and it still waits for its photos or its training."""
    avatar = facts.avatar
    return avatar is not None and is_open(avatar) and avatar.avatar_type is not None


def photos_first(facts: Facts) -> bool:
    """Whether its photos came before it was described: gender and name are one question then."""
    return facts.consented and facts.held > 0 and begun(facts) and not blocked(facts)


def own_name(facts: Facts) -> str:
    """The person's own name, where it may be that of an avatar which shows a person; else ""."""
    avatar, own = facts.avatar, naming.tidy(facts.person_name)
    a_person = avatar is None or avatar.avatar_type in (None, "character")
    return own if a_person and not naming.problem(own, facts.limits.name_length) else ""


def described(facts: Facts) -> bool:
    """Whether it has a kind, a gender and a name."""
    return facts.avatar is not None and has_kind(facts) and bool(facts.avatar.name)


def type_may_change(facts: Facts) -> bool:
    """Whether its training type may be changed, because a training with it may follow."""
    avatar = facts.avatar
    if avatar is None or avatar.status == "training":
        return False
    return avatar.status != "completed" or (facts.consented and not too_few(facts))


# its photos


def collectable(facts: Facts) -> bool:
    """Whether it takes photos once its owner has consented."""
    avatar = facts.avatar
    return avatar is not None and bool(avatar.name) and avatar.status in COLLECTABLE


def can_collect(facts: Facts) -> bool:
    """Whether it takes photos, or would after a failed or stopped training."""
    return facts.consented and collectable(facts)


def collecting(facts: Facts) -> bool:
    """Whether it takes photos now."""
    return facts.consented and unfinished(facts)


def room(facts: Facts) -> Room:
    """What it has room for."""
    return room_of(facts.avatar, facts.limits) if facts.avatar else Room(0, 0)


def room_of(avatar: AvatarFacts, limits: Limits, valid: int = 0, pending: int = 0) -> Room:
    """What an avatar has room for, once so many of its valid and pending photos have left."""
    left = avatar.valid - valid, avatar.pending - pending
    return rooms.room(*left, limits.max_photos, limits.max_pending)


def photos_in_work(facts: Facts) -> bool:
    """Whether a photo still waits for its verdict."""
    return facts.avatar is not None and facts.avatar.pending > 0


def too_few(facts: Facts) -> bool:
    """Whether a training would lack photos."""
    return facts.avatar is None or facts.avatar.valid < facts.limits.min_photos


def settled(facts: Facts) -> bool:
    """Whether the photos suffice and all have their verdict."""
    return not too_few(facts) and not photos_in_work(facts)


def refused(facts: Facts) -> bool:
    """Whether a refusal waits to be read."""
    return facts.avatar is not None and bool(facts.avatar.refused)


def may_be_kept(facts: Facts, photo_id: str) -> bool:
    """Whether the refusal of this photo may be overruled, and the photo taken in."""
    refusals = facts.avatar.refused if facts.avatar else ()
    return collecting(facts) and any(p.id == photo_id and p.mistakable for p in refusals)


# its photos as a set


def shared_advice(avatar: AvatarFacts) -> dict[str, list[int]]:
    """The numbers of the photos that share an advice, where they are many; variety is apart."""
    found: dict[str, list[int]] = {}
    for photo in avatar.valid_photos:
        for code in photo.advice:
            found.setdefault(code, []).append(photo.number)
    found.pop("looks_alike", None)
    least = max(COMMON, SHARE * avatar.valid)
    return {code: numbers for code, numbers in found.items() if len(numbers) >= least}


def to_be_looked_at(facts: Facts) -> bool:
    """Whether something about the whole set is to be read before money is spent on it."""
    avatar = facts.avatar
    if avatar is None:
        return False
    unknown = avatar.comparing or avatar.people is None
    mixed = any(strangers(avatar.people or ()))
    poor = avatar.useless or avatar.alike or avatar.frontal or shared_advice(avatar)
    return unknown or mixed or bool(poor)


# its training


def late(avatar: AvatarFacts) -> bool:
    """Whether an earlier training of it was given up, and may be made all the same."""
    return avatar.run is not None and avatar.run.late


def launchable(facts: Facts) -> bool:
    """Whether the order may stand on the screen of its photos: nothing is in the way of it."""
    if facts.avatar is None or facts.obstacle or late(facts.avatar):
        return False
    return can_collect(facts) and settled(facts) and not to_be_looked_at(facts)


def stoppable(facts: Facts) -> bool:
    """Whether there is a run that its person may stop."""
    run = facts.avatar.run if facts.avatar else None
    return run is not None and run_stoppable(run.status, run.error_class)


def run_stoppable(status: str, error_class: str) -> bool:
    """Whether a run can be stopped: also one whose result is there, and can't be had."""
    return status in STOPPABLE or (status == "saving" and error_class != "")


def run_active(facts: Facts) -> bool:
    """Whether there is a run that holds the person's slot."""
    run = facts.avatar.run if facts.avatar else None
    return run is not None and run.status in HOLDING


# its pictures


def has_model(facts: Facts) -> bool:
    """Whether pictures can be made of it: it is trained."""
    return trained(facts)


# where one goes on


def place_of(facts: Facts) -> str:
    """The state in which its owner goes on with the avatar in focus; "" where there is none."""
    avatar = facts.avatar
    if avatar is None:
        return ""
    if avatar.avatar_type is None:
        style = avatar.training_type == "style"
        return "selecting_avatar_type" if style else "selecting_training_type"
    if avatar.gender is None:
        return "selecting_gender"
    if not avatar.name:
        return "entering_name"
    if avatar.status not in UNFINISHED:
        return _PLACES[avatar.status]
    if not facts.consented:
        return "consent"
    return "photo_validation_error" if refused(facts) else "uploading_photos"


def fits(facts: Facts, state: str) -> bool:
    """Whether a state still makes sense for the avatar in focus."""
    if state in MENUS or facts.avatar is None:
        return state in MENUS
    if state in SET:
        return collecting(facts) and not (state == "uploading_photos" and refused(facts))
    if state in ON_THE_WAY:
        return is_open(facts.avatar)
    if state in PICTURES:
        return has_model(facts)
    return state not in ("training_in_progress", *ENDED) or place_of(facts) == state
