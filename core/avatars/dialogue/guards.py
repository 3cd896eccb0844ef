"""The guards that ask about the turn itself; the others are `rules` alone.

Each takes the tools, the turn, and the argument where the table gives one. None changes anything.
"""

from __future__ import annotations

from core.avatars import naming, rules
from core.avatars.dialogue.known import Tools, facts, facts_of, in_focus, known, named_in, photos
from core.avatars.dialogue.photo_facts import removed_photo
from core.avatars.models import AvatarPhoto
from core.avatars.photos import declared as files
from core.avatars.photos.declared import Declared
from core.conversation.messages import Kind
from core.conversation.turn import Turn


def asked(_tools: Tools, turn: Turn, question: str | None = None) -> bool:
    """Whether this question is open (or any)."""
    return turn.question is not None and question in (None, turn.question)


def captioned(_tools: Tools, turn: Turn) -> bool:
    """Whether a text beside the photo will lead on, so that nothing is to be asked here."""
    return turn.captioned


def returns_to(tools: Tools, turn: Turn, state: str) -> bool:
    """Whether this is where the person came from, or where their avatar has moved on to."""
    wanted, found = turn.memory.get("return_to", "main_menu"), facts(tools, turn)
    return bool(state == (wanted if rules.fits(found, wanted) else rules.place_of(found)))


def opened_from(_tools: Tools, turn: Turn, state: str) -> bool:
    """Whether the photo gallery was opened there."""
    return bool(turn.memory.get("opened_from") == state)


def on_the_way(_tools: Tools, turn: Turn) -> bool:
    """Whether the person is on the way to the photos, so that they will be asked for."""
    return turn.state in rules.ON_THE_WAY


def owned(tools: Tools, turn: Turn) -> bool:
    """Whether the avatar that a button names is the person's own."""
    return named_in(tools, turn) is not None


def belongs_in(tools: Tools, turn: Turn, state: str) -> bool:
    """Whether this is the place of the avatar that a button names."""
    if "place" not in turn.cache:
        turn.cache["place"] = rules.place_of(facts_of(tools, turn, named_in(tools, turn)))
    return bool(turn.cache["place"] == state)


def focused(tools: Tools, turn: Turn) -> bool:
    """Whether a signal is about the avatar in focus: its latest run, or itself."""
    found = in_focus(tools, turn)
    if found is None:
        return False
    return turn.argument in (str(found.avatar.id), str(found.run.id) if found.run else "")


def is_character(tools: Tools, turn: Turn) -> bool:
    """Whether the avatar in focus is a person."""
    found = in_focus(tools, turn)
    return found is not None and found.avatar.avatar_type == "character"


def style_chosen(tools: Tools, turn: Turn) -> bool:
    """Whether the avatar in focus was asked for its kind."""
    found = in_focus(tools, turn)
    return found is not None and found.avatar.training_type == "style"


def proposed(_tools: Tools, turn: Turn, training_type: str) -> bool:
    """Whether this training type is about to be confirmed."""
    return bool(turn.memory.get("proposed") == training_type)


def chooses(_tools: Tools, turn: Turn, kind: str) -> bool:
    """Whether the pressed button means this."""
    return turn.argument == kind


def draft_open(tools: Tools, turn: Turn) -> bool:
    """Whether an avatar waits to be continued."""
    return known(tools, turn).unfinished is not None


def name_ok(tools: Tools, turn: Turn) -> bool:
    """Whether what was typed can be a name."""
    return name_problem(tools, turn) is None


def says_name(tools: Tools, turn: Turn) -> bool:
    """Whether a text, and no unknown command, can be a name."""
    return turn.event.kind is Kind.TEXT and name_ok(tools, turn)


def no_picture(_tools: Tools, turn: Turn) -> bool:
    """Whether what was sent is certain to be no picture."""
    return declared(turn) is Declared.OTHER


def has_photos(tools: Tools, turn: Turn) -> bool:
    """Whether there is anything to look at."""
    avatar = facts(tools, turn).avatar
    return avatar is not None and avatar.sent > 0


def refusal_soft(tools: Tools, turn: Turn) -> bool:
    """Whether the refusal of the pressed photo may be overruled, and the photo taken in."""
    return rules.may_be_kept(facts(tools, turn), turn.argument)


def last_refusal(tools: Tools, turn: Turn) -> bool:
    """Whether no other refusal waits to be read."""
    avatar = facts(tools, turn).avatar
    return avatar is not None and len(avatar.refused) == 1


def removed(tools: Tools, turn: Turn) -> bool:
    """Whether the pressed photo is the one just removed, and still there."""
    return removed_one(tools, turn) is not None


def training_closed(tools: Tools, turn: Turn) -> bool:
    """Whether anything stops a training now."""
    return why_closed(tools, turn) is not None


# what guards and effects both ask


def removed_one(tools: Tools, turn: Turn) -> AvatarPhoto | None:
    """The photo just removed, where the press is about it."""
    if turn.memory.get("removed") != turn.argument:
        return None
    return removed_photo(photos(tools, turn), turn.argument)


def declared(turn: Turn) -> Declared:
    """What the file that was sent says of itself."""
    return files.declared(turn.event.file or {}, turn.event.kind is Kind.PHOTO)


def name_of(turn: Turn) -> str:
    """The name that was typed, or the person's own where they pressed the button with it."""
    text = turn.argument if turn.pressed is None else turn.name
    return naming.tidy(text)


def name_problem(tools: Tools, turn: Turn) -> str | None:
    """Why the typed text can't be a name: "empty", "long" or "sign"."""
    return naming.problem(name_of(turn), tools.settings.avatars.name_length)


def why_closed(tools: Tools, turn: Turn) -> str | None:
    """What stops a training of the avatar in focus now; see `Training.obstacle`."""
    found = in_focus(tools, turn)
    if found is None:
        return None
    if "closed" not in turn.cache:
        turn.cache["closed"] = tools.loader.why_closed(turn.position, found)
    reason: str | None = turn.cache["closed"]
    return reason
