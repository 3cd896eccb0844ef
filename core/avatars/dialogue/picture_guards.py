"""The guards of pictures, and what guards and effects both ask about them.

What somebody has chosen is in the memory under "studio", as the fields of `Wanted`; "picture_run"
is the order that they look at, "picture" the picture.
"""

from __future__ import annotations

from typing import Any

from core.avatars import queries
from core.avatars.dialogue.known import Tools, in_focus, known
from core.avatars.models import Avatar
from core.avatars.models.pictures import Picture, PictureRun, Purpose
from core.avatars.pictures import owned, wishes
from core.avatars.pictures.limits import Today
from core.avatars.pictures.packs import packs, suitable
from core.avatars.pictures.pictures import MOST
from core.conversation.turn import Turn


def painting(tools: Tools, turn: Turn) -> bool:
    """Whether an order of theirs is under way."""
    return today(tools, turn).under_way is not None


def priced(tools: Tools, turn: Turn) -> bool:
    """Whether they are asked before each order, because it costs something."""
    return price_usd(tools, turn, count_of(tools, turn)) != 0.0


def pictures_closed(tools: Tools, turn: Turn) -> bool:
    """Whether anything stops pictures now."""
    return why_closed(tools, turn) is not None


def wish_fits(tools: Tools, turn: Turn) -> bool:
    """Whether what was typed can be painted."""
    return wishes.problem(turn.argument, tools.settings.pictures) is None


def pack_there(tools: Tools, turn: Turn) -> bool:
    """Whether the style that a button names is offered for the avatar in focus."""
    return turn.argument in slugs(tools, turn)


def chosen_there(_tools: Tools, turn: Turn) -> bool:
    """Whether what was chosen can be painted still."""
    chosen = turn.memory.get("studio", {})
    return bool(chosen.get("wish")) or chosen.get("pack") in packs()


def run_repeatable(tools: Tools, turn: Turn) -> bool:
    """Whether the order that they look at can be repeated."""
    return _repeatable(tools, turn, watched_run(turn))


def picture_repeatable(tools: Tools, turn: Turn) -> bool:
    """Whether more like the picture that they look at can be made."""
    found = seen_picture(turn)
    return _repeatable(tools, turn, found.run if found else None)


def watched(_tools: Tools, turn: Turn) -> bool:
    """Whether a signal is about the order that they wait for."""
    return bool(turn.memory.get("picture_run") == turn.argument)


def came(_tools: Tools, turn: Turn) -> bool:
    """Whether any picture came of the order that a signal is about."""
    run = told(turn)
    return run is not None and bool(owned.of_run(run.id))


def of_focus(tools: Tools, turn: Turn) -> bool:
    """Whether a signal is about pictures of the avatar in focus."""
    run, found = told(turn), in_focus(tools, turn)
    return run is not None and found is not None and run.avatar_id == found.avatar.id


def asked_for(_tools: Tools, turn: Turn) -> bool:
    """Whether the person has asked for the order that a signal is about."""
    run = told(turn)
    return run is not None and run.purpose is Purpose.ASKED


def has_pictures(tools: Tools, turn: Turn) -> bool:
    """Whether there are pictures of the avatar in focus."""
    found = in_focus(tools, turn)
    return found is not None and bool(owned.of_avatar(found.avatar.id).exists())


def picture_there(_tools: Tools, turn: Turn) -> bool:
    """Whether the picture that a button names, or that they look at, is theirs and there."""
    found = owned.picture(turn.user_id, turn.argument or turn.memory.get("picture"))
    return found is not None and found.removed_at is None


def run_has_pictures(_tools: Tools, turn: Turn) -> bool:
    """Whether any picture of the order that they look at is left."""
    run = watched_run(turn)
    return run is not None and bool(owned.of_run(run.id))


def picture_removed(_tools: Tools, turn: Turn) -> bool:
    """Whether the pressed picture is the one just removed, and can be put back."""
    found = owned.picture(turn.user_id, turn.argument)
    same = turn.memory.get("picture_removed") == turn.argument
    return same and found is not None and found.removed_at is not None


# what both ask


def today(tools: Tools, turn: Turn) -> Today:
    """The person's pictures of today, read once a turn."""
    if "pictures today" not in turn.cache:
        turn.cache["pictures today"] = tools.pictures.today(turn.user_id)
    found: Today = turn.cache["pictures today"]
    return found


def why_closed(tools: Tools, turn: Turn) -> str | None:
    """What stops pictures of the avatar in focus now; see `limits.obstacle`."""
    found = in_focus(tools, turn)
    model = queries.model_of(found.avatar.id) if found else None
    count, done = count_of(tools, turn), today(tools, turn)
    return tools.pictures.obstacle(turn.user_id, known(tools, turn), model, count, done)


def price_usd(tools: Tools, turn: Turn, count: int) -> float | None:
    """What a person is shown of the price of so many."""
    found = in_focus(tools, turn)
    return tools.pictures.price_usd(queries.model_of(found.avatar.id) if found else None, count)


def count_of(_tools: Tools, turn: Turn) -> int:
    """How many this turn would order."""
    run = watched_run(turn) if turn.trigger == "again" else None
    return run.count if run else count_chosen(turn.memory)


def count_chosen(memory: dict[str, Any]) -> int:
    """How many pictures are chosen."""
    return int(memory.get("studio", {}).get("count", MOST))


def slugs(tools: Tools, turn: Turn) -> tuple[str, ...]:
    """The styles that suit the avatar in focus."""
    found = in_focus(tools, turn)
    return slugs_for(found.avatar) if found else ()


def slugs_for(avatar: Avatar) -> tuple[str, ...]:
    """The styles that suit an avatar."""
    return tuple(pack.slug for pack in suitable(avatar.avatar_type, avatar.gender))


def told(turn: Turn) -> PictureRun | None:
    """The person's order that a signal is about."""
    return owned.run(turn.user_id, turn.argument)


def watched_run(turn: Turn) -> PictureRun | None:
    """The order that they look at: the last one that they waited for."""
    return owned.run(turn.user_id, turn.memory.get("picture_run"))


def seen_picture(turn: Turn) -> Picture | None:
    """The picture that they look at."""
    return owned.picture(turn.user_id, turn.memory.get("picture"))


def _repeatable(tools: Tools, turn: Turn, run: PictureRun | None) -> bool:
    found = in_focus(tools, turn)
    same = run is not None and found is not None and run.avatar_id == found.avatar.id
    return bool(same and run and (run.wish or run.pack in packs()))
