"""The one class that a channel's author writes: how the messenger's counterpart is played."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar

from core.conversation.testing.kit.chat import Chat

if TYPE_CHECKING:
    from core.conversation.testing.kit.house import House
    from core.conversation.testing.kit.rule import Rule


class ChannelRules(ABC):
    """A subclass called `Test…` gets every rule as a test.

    `channel` is the entry point's name, or the class. `exempt` leaves rules out, each with the
    reason. `keeps` says whether the messenger keeps what happens while the bot is away, and brings
    again what it has not confirmed; `originals` whether photos arrive byte for byte; `longest` is
    how many letters a person can send at once, `album` how many photos. What hasn't come after
    `patience` seconds counts as never coming.
    """

    channel: ClassVar[str | type[Any]]
    exempt: ClassVar[Mapping[str, str]] = {}
    keeps: ClassVar[bool] = True
    originals: ClassVar[bool] = True
    longest: ClassVar[int] = 3000
    album: ClassVar[int] = 10
    patience: ClassVar[float] = float(os.environ.get("LIKENESS_KIT_PATIENCE", "60"))

    house: House
    """The bot's process, once it is open; `house.port` is free for what it serves over HTTP."""

    @abstractmethod
    def open(self, folder: Path) -> Mapping[str, object]:
        """Start the messenger's counterpart; returns the channel's settings for it."""

    @abstractmethod
    def chat(self, name: str) -> Chat:
        """Somebody new, who has met the bot; `name` is their name in plain letters."""

    def close(self) -> None:  # noqa: B027  # there may be nothing to stop
        """Stop the counterpart."""

    def ready(self) -> bool:
        """Whether the bot's process can be talked to."""
        return True

    def limit(self, chat: Chat, seconds: int) -> None:
        """Let the messenger refuse messages to a chat for so long, as 429 and `retry_after` do."""
        raise NotImplementedError

    def stall_files(self) -> None:
        """Let a photo's bytes never come, until `heal`."""
        raise NotImplementedError

    def lose_files(self) -> None:
        """Have no bytes of photos any more, until `heal`."""
        raise NotImplementedError

    def cut_off(self) -> None:
        """Let nothing get through between messenger and bot, until `heal`."""
        raise NotImplementedError

    def heal(self) -> None:
        """Let everything work again."""
        raise NotImplementedError

    def test_rule(self, kit_rule: Rule, kit_house: House) -> None:
        """Each rule; see the plugin."""
        kit_house.hold(kit_rule)

    @contextmanager
    def opened(self) -> Iterator[House]:
        """The messenger and the bot, until the end."""
        from core.conversation.testing.kit.house import House

        with TemporaryDirectory(prefix="likeness-kit-") as folder:
            self.house = House(self, Path(folder))
            try:
                self.house.open()
                yield self.house
            finally:
                self.house.close()
