"""Guards and effects of linking chats: a code, an agreement on both sides, and the way apart."""

from __future__ import annotations

from core.avatars.dialogue.known import Tools, forget, known
from core.avatars.linking import codes
from core.avatars.linking.codes import Link
from core.avatars.linking.working import in_the_way
from core.avatars.privacy.erasure import forget_shown
from core.base.db import database
from core.conversation import inbox
from core.conversation.turn import Turn

GUESSES = 5
"""So many wrong codes in the time that one is valid."""
_FOCUS = ("avatar", "picture", "picture_run", "studio", "return_to", "opened_from", "page", "asked")
"""What a conversation remembers of the rows that it was about."""


def brings_code(_tools: Tools, turn: Turn) -> bool:
    """Whether a code was typed behind the command."""
    return bool(codes.tidy(turn.argument))


def code_fits(_tools: Tools, turn: Turn) -> bool:
    """Whether the code that was typed links this chat with another one."""
    return _problem(turn)[0] == ""


def link_waits(_tools: Tools, turn: Turn) -> bool:
    """Whether this chat is asked whether it shall be linked."""
    return _waiting(turn) is not None


def link_agreed(_tools: Tools, turn: Turn) -> bool:
    """Whether both sides have agreed, and the worker is about to link them."""
    link = _waiting(turn)
    return link is not None and link.next_check_at is not None


def linked(tools: Tools, turn: Turn) -> bool:
    """Whether this chat is linked with another one."""
    return known(tools, turn).chats > 1


def offer_code(_tools: Tools, turn: Turn) -> None:
    """Make a code, and let it go once it is too old."""
    codes.offer(turn.conversation_id, turn.now)
    turn.wake_after(codes.SECONDS, "code_over")


def take_code(_tools: Tools, turn: Turn) -> None:
    """Ask both sides whether they are one person."""
    link = _problem(turn)[1]
    assert link is not None, "a guard asks for it first"
    codes.take(link, turn.conversation_id, turn.now)
    inbox.signal(link.conversation_id, "link_taken", "", f"{link.id}:taken", turn.now)
    await_answer(_tools, turn)


def await_answer(_tools: Tools, turn: Turn) -> None:
    """Let the question go once it is too old."""
    turn.cache.pop("link", None)
    turn.wake_after(codes.SECONDS, "link_over")


def say_code_problem(_tools: Tools, turn: Turn) -> None:
    """Say why a code doesn't link anything; wrong ones are counted."""
    problem = _problem(turn)[0]
    if problem == "link_unknown":
        turn.memory["guessed_codes"] = [*_guesses(turn), turn.now]
    turn.say(problem)


def agree_to_link(tools: Tools, turn: Turn) -> None:
    """This side agrees; once both do, the worker links them."""
    link = _waiting(turn)
    assert link is not None, "a guard asks for it first"
    if codes.agree(link.id, turn.conversation_id, turn.now):
        link_id = str(link.id)
        database.after_commit(lambda: tools.jobs.wake("link", link_id))
    await_answer(tools, turn)


def decline_link(_tools: Tools, turn: Turn) -> None:
    """End it, and tell the other side."""
    link = _waiting(turn)
    if link is None or not codes.decline(link.id):
        return
    other = link.beside(turn.conversation_id)
    assert other is not None, "both sides were asked"
    inbox.signal(other, "link_over", "refused", f"{link.id}:declined", turn.now)


def say_link_outcome(_tools: Tools, turn: Turn) -> None:
    """Say why nothing was linked."""
    turn.say(f"link_{turn.argument or 'late'}")


def ask_to_part(tools: Tools, turn: Turn) -> None:
    """Have the worker make this chat a person of its own again."""
    link_id = str(codes.leave(turn.conversation_id, turn.now))
    database.after_commit(lambda: tools.jobs.wake("link", link_id))


def say_not_parted(_tools: Tools, turn: Turn) -> None:
    """Say why this chat stays linked."""
    turn.say(f"unlink_{turn.argument}")


def lose_focus(_tools: Tools, turn: Turn) -> None:
    """What the conversation was about may be another's now."""
    for name in _FOCUS:
        turn.memory.pop(name, None)
    forget(turn)


def forget_here(_tools: Tools, turn: Turn) -> None:
    """Everything was erased from another chat of the same person: forget it here too."""
    forget_shown(turn)
    turn.memory.clear()
    forget(turn)
    turn.name = turn.username = ""


def _waiting(turn: Turn) -> Link | None:
    if "link" not in turn.cache:
        turn.cache["link"] = codes.waiting(turn.conversation_id, turn.now)
    found: Link | None = turn.cache["link"]
    return found


def _guesses(turn: Turn) -> list[float]:
    """When wrong codes were typed lately."""
    made = turn.memory.get("guessed_codes", ())
    return [at for at in made if turn.now - codes.SECONDS < at <= turn.now]


def _problem(turn: Turn) -> tuple[str, Link | None]:
    """Why the code that was typed doesn't fit, "" where it does; and its link."""
    if "code" not in turn.cache:
        turn.cache["code"] = _judged(turn)
    found: tuple[str, Link | None] = turn.cache["code"]
    return found


def _judged(turn: Turn) -> tuple[str, Link | None]:
    if len(_guesses(turn)) >= GUESSES:
        return "link_too_often", None
    link = codes.typed(turn.argument)
    if link is None:
        return "link_unknown", None
    if link.conversation_id == turn.conversation_id:
        return "link_own", None
    if link.other_id is not None or link.outcome:
        return "link_used", None
    if link.until <= turn.now:
        return "link_expired", None
    obstacle = in_the_way(link.conversation.user, codes.user_of(turn.conversation_id))
    return (f"link_{obstacle}", None) if obstacle else ("", link)
