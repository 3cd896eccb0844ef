"""The effects of pictures: choosing, ordering, showing, keeping; see `picture_guards`."""

from __future__ import annotations

from core.avatars import queries
from core.avatars.dialogue.known import Tools, focused, in_focus
from core.avatars.dialogue.picture_guards import (
    seen_picture,
    today,
    told,
    watched_run,
    why_closed,
)
from core.avatars.models.pictures import Picture, PictureRun, Purpose, Shape
from core.avatars.pictures import owned, wishes
from core.avatars.pictures.pictures import MOST, Wanted, next_scene
from core.conversation.turn import Turn

FAMILY = ("pack", "scene", "wish", "seed", "shape")
"""What pictures of one family have in common."""


def focus_painting(tools: Tools, turn: Turn) -> None:
    """Turn to the order that is under way, and its avatar."""
    run = owned.run(turn.user_id, str(today(tools, turn).under_way))
    if run is not None and run.avatar_id is not None:
        turn.memory["avatar"], turn.memory["picture_run"] = run.avatar_id.hex, str(run.id)


def set_count(_tools: Tools, turn: Turn) -> None:
    """Choose how many pictures."""
    _choose(turn, count=min(MOST, max(1, int(turn.argument))))


def set_shape(_tools: Tools, turn: Turn) -> None:
    """Choose how they lie."""
    _choose(turn, shape=Shape(turn.argument).value)


def take_style(_tools: Tools, turn: Turn) -> None:
    """Choose a style; each order of one takes its next scene."""
    last = PictureRun.select(PictureRun.scene).where(
        PictureRun.user == turn.user_id, PictureRun.pack == turn.argument
    )
    scene = last.order_by(PictureRun.created_at.desc()).limit(1).scalar()
    first = 0 if scene is None else next_scene(turn.argument, scene)
    _choose(turn, pack=turn.argument, scene=first, wish="", variation=0, seed=None)


def take_wish(_tools: Tools, turn: Turn) -> None:
    """Choose what was typed."""
    wish = wishes.tidy(turn.argument)
    _choose(turn, pack="", scene=0, wish=wish, variation=0, seed=None)


def take_again(_tools: Tools, turn: Turn) -> None:
    """Choose the same once more: the next scene of a style, or the same wish."""
    run = watched_run(turn)
    assert run is not None, "a guard asks for it first"
    scene = next_scene(run.pack, run.scene)
    same = {"shape": run.shape.value, "count": run.count, "pack": run.pack, "wish": run.wish}
    _choose(turn, **same, scene=scene, variation=0, seed=None)


def take_family(_tools: Tools, turn: Turn) -> None:
    """Choose more of one picture's family: the same seed, told a little differently."""
    found = seen_picture(turn)
    assert found is not None, "a guard asks for it first"
    same = {name: getattr(found.run, name) for name in FAMILY}
    family = PictureRun.select().where(
        PictureRun.user == turn.user_id, PictureRun.seed == same["seed"]
    )
    _choose(turn, **{**same, "shape": found.run.shape.value}, variation=family.count())


def order_pictures(tools: Tools, turn: Turn) -> None:
    """Order what was chosen: from here on it is paid for."""
    model = queries.model_of(focused(tools, turn).id)
    assert model is not None, "a guard asks for it first"
    run = tools.pictures.start(_wanted(turn), model, turn.conversation_id)
    turn.memory["picture_run"] = str(run.id)
    turn.memory["studio"] = {"count": run.count, "shape": run.shape.value}  # no wish stays here
    _forget(turn)


def cancel_pictures(tools: Tools, turn: Turn) -> None:
    """Stop the order that is under way; the person is free at once."""
    under_way = today(tools, turn).under_way
    if under_way is not None:
        tools.pictures.cancel(under_way)
    _forget(turn)


def say_why_no_pictures(tools: Tools, turn: Turn) -> None:
    """Say what stops pictures now."""
    left = max(0, tools.settings.pictures.per_day - today(tools, turn).counted)
    turn.say(f"no_pictures_{why_closed(tools, turn) or 'closed'}", n=left)


def say_wish_rule(tools: Tools, turn: Turn) -> None:
    """Say why this can't be painted."""
    problem = wishes.problem(turn.argument, tools.settings.pictures) or "empty"
    turn.say("wish_rule", problem=problem, n=tools.settings.pictures.wish_length)


def show_pictures(_tools: Tools, turn: Turn) -> None:
    """Post the pictures of an order, the likest first, as messages of their own."""
    run = told(turn)
    if run is None or run.avatar is None or run.conversation_id != turn.conversation_id:
        return
    there = owned.of_run(run.id)
    turn.notify(
        "pictures_came",
        f"pictures:{run.id}",
        name=run.avatar.name,
        avatar=run.avatar.id.hex,
        keys=[picture.key for picture in there],
        first=there[0].number,
        preview=run.purpose is Purpose.PREVIEW,
        blocked=run.blocked,
        sample=run.test_mode,
    )


def notice_no_pictures(_tools: Tools, turn: Turn) -> None:
    """Tell somebody who has left that nothing came of their order."""
    run = told(turn)
    if run is None or run.conversation_id != turn.conversation_id:
        return
    if run.avatar is not None:
        turn.notify(
            "pictures_failed",
            f"pictures:{run.id}:failed",
            name=run.avatar.name,
            avatar=run.avatar.id.hex,
            error_type=run.error_type,
            error_class=run.error_class,
            blocked=run.blocked,
        )


def announce(tools: Tools, turn: Turn) -> None:
    """The good news of a training; it waits a little for the first pictures, if any come."""
    found = in_focus(tools, turn)
    coming = found is not None and tools.pictures.preview_under_way(found.avatar.id)
    turn.alert(tools.settings.pictures.preview_wait_seconds if coming else 0.0)


def open_picture(_tools: Tools, turn: Turn) -> None:
    """Look at one picture."""
    turn.memory["picture"] = turn.argument


def mark_favourite(_tools: Tools, turn: Turn) -> None:
    """Make it a favourite, or an ordinary one again."""
    found = seen_picture(turn)
    assert found is not None, "a guard asks for it first"
    Picture.update(favourite=~Picture.favourite).where(Picture.id == found.id).execute()


def remove_picture(_tools: Tools, turn: Turn) -> None:
    """Take a picture out; it can be put back until the sweep."""
    found = seen_picture(turn)
    assert found is not None, "a guard asks for it first"
    Picture.update(removed_at=turn.now).where(Picture.id == found.id).execute()
    turn.memory["picture_removed"] = found.id.hex
    turn.say("picture_removed", number=found.number)


def restore_picture(_tools: Tools, turn: Turn) -> None:
    """Put back the picture that was just removed."""
    found = owned.picture(turn.user_id, turn.argument)
    assert found is not None, "a guard asks for it first"
    Picture.update(removed_at=None).where(Picture.id == found.id).execute()
    turn.memory.pop("picture_removed", None)
    turn.say("picture_restored", number=found.number)


def hand_over(_tools: Tools, turn: Turn) -> None:
    """Send the picture that they look at as a file."""
    found = seen_picture(turn)
    assert found is not None, "a guard asks for it first"
    _hand_over(turn, found)


def hand_over_all(_tools: Tools, turn: Turn) -> None:
    """Send every picture of the order that they look at as a file."""
    run = watched_run(turn)
    for found in owned.of_run(run.id) if run else ():
        _hand_over(turn, found)


def _choose(turn: Turn, **chosen: object) -> None:
    turn.memory["studio"] = {**turn.memory.get("studio", {}), **chosen}


def _wanted(turn: Turn) -> Wanted:
    chosen = dict(turn.memory.get("studio", {}))
    shape = Shape(chosen.pop("shape", Shape.PORTRAIT))
    return Wanted(count=chosen.pop("count", MOST), shape=shape, **chosen)


def _forget(turn: Turn) -> None:
    turn.cache.pop("pictures today", None)


def _hand_over(turn: Turn, found: Picture) -> None:
    """Once a visit, however often it is pressed; the next screen stands below the file."""
    turn.notify(
        "picture_file",
        f"picture:{found.id}:{turn.conversation_id}:{turn.visit}",
        key=found.key,
        number=found.number,
        size=found.size,
    )
