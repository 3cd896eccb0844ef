"""Rules: functions with a stable name, the version they came with, and what they need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.conversation.delivery.channel import Capabilities

if TYPE_CHECKING:
    from core.conversation.testing.kit.house import House


@dataclass(frozen=True, slots=True)
class Need:
    """What a rule needs: `lacking` is what the table says where it isn't there.

    `chat` and `messenger` name an optional method of the driver's; `can` asks the capabilities.
    """

    lacking: str
    chat: str = ""
    messenger: str = ""
    can: Callable[[Capabilities], object] | None = None


def does(method: str) -> Need:
    """The driver's chat can do this."""
    return Need(f"its driver has no Chat.{method}", chat=method)


def plays(method: str) -> Need:
    """The messenger's counterpart can be made to do this."""
    return Need(f"its driver has no {method}", messenger=method)


BUTTONS = Need("it has no buttons", can=lambda can: can.buttons_per_row)
NUMBERS = Need("it has buttons", can=lambda can: not can.buttons_per_row)
PUSHES = Need("it is pulled", can=lambda can: can.pushes)
SERVER = Need("each person has a process of their own", can=lambda can: not can.terminal)
PICTURES = Need("its screens have no pictures", can=lambda can: can.pictures)
ALBUM = Need("its notices have no albums", can=lambda can: can.album)
KEEPS = Need("its messenger keeps nothing for a bot that is away", messenger="keeps")
"""Declared by `ChannelRules.keeps`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. It raises AssertionError where a channel breaks it.

    `slow` ones take longer than a second or two.
    """

    name: str
    since: str
    hold: Callable[[House], None]
    needs: tuple[Need, ...] = ()
    slow: bool = False

    @property
    def family(self) -> str:
        return self.name.partition("/")[0]

    @property
    def says(self) -> str:
        """The rule as a sentence."""
        return (self.hold.__doc__ or "").split("\n")[0]


RULES: dict[str, Rule] = {}
"""All rules by name, in the order of the table."""


def rule(
    name: str, since: str, *needs: Need, slow: bool = False
) -> Callable[[Callable[[House], None]], Callable[[House], None]]:
    """Make a function a rule. A name is never used again for anything else."""

    def make(hold: Callable[[House], None]) -> Callable[[House], None]:
        assert name not in RULES, f"two rules are called {name}"
        RULES[name] = Rule(name, since, hold, needs, slow)
        return hold

    return make
