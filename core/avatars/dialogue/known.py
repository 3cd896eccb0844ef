"""What a turn knows: read once after its locks, and kept in step with what its effects change."""

from __future__ import annotations

from dataclasses import dataclass

from core.avatars.dialogue.facts_loader import Loader
from core.avatars.facts import Facts
from core.avatars.models import Avatar, AvatarPhoto
from core.avatars.person import Known, Owned
from core.avatars.pictures.pictures import Pictures
from core.avatars.ports import Waker
from core.avatars.privacy.erasure import Stops
from core.avatars.training.training import Training
from core.base.settings import Settings
from core.conversation.turn import Turn


@dataclass(frozen=True, slots=True)
class Tools:
    """What guards and effects work with; `jobs` wakes the worker, `stops` end orders."""

    settings: Settings
    training: Training
    pictures: Pictures
    jobs: Waker
    loader: Loader
    stops: Stops


def known(tools: Tools, turn: Turn) -> Known:
    """The person, with their avatars."""
    return tools.loader.known(turn.position)


def forget(turn: Turn) -> None:
    """Read everything again: something else than rows in hand was changed."""
    turn.cache.clear()


def in_focus(tools: Tools, turn: Turn) -> Owned | None:
    """The avatar in focus with its latest run; a deleted one is none."""
    return known(tools, turn).owned(turn.memory.get("avatar"))


def named_in(tools: Tools, turn: Turn) -> Owned | None:
    """The person's avatar that a button names."""
    return known(tools, turn).owned(turn.argument)


def focused(tools: Tools, turn: Turn) -> Avatar:
    """The avatar in focus; raises LookupError where there is none."""
    owned = in_focus(tools, turn)
    if owned is None:
        raise LookupError(f"no avatar in focus in {turn.source}")
    return owned.avatar


def photos(tools: Tools, turn: Turn) -> list[AvatarPhoto]:
    """The photos of the avatar in focus, the removed ones among them."""
    return tools.loader.photos(turn.position, in_focus(tools, turn))


def there(tools: Tools, turn: Turn) -> list[AvatarPhoto]:
    """The photos of the avatar in focus, without the removed ones."""
    return [photo for photo in photos(tools, turn) if photo.removed_at is None]


def facts(tools: Tools, turn: Turn) -> Facts:
    """What the rules ask about the avatar in focus; an effect before may have changed it."""
    if "facts" not in turn.cache:
        turn.cache["facts"] = facts_of(tools, turn, in_focus(tools, turn))
    found: Facts = turn.cache["facts"]
    return found


def facts_of(tools: Tools, turn: Turn, owned: Owned | None) -> Facts:
    """The same, of any avatar of theirs."""
    at, loader = turn.position, tools.loader
    return loader.facts(at, loader.known(at), owned, loader.photos(at, owned), turn.language)
