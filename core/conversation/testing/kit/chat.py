"""What a channel's author tells the kit of their messenger: one person's client, from outside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sight:
    """What a person has in sight.

    `text` is the screen as it stands, and what came beside it since they last did something, at
    least. `labels` are all buttons that can be pressed. `pictures` and `files` are the bytes that
    came with these.
    """

    text: str
    labels: tuple[str, ...] = ()
    pictures: tuple[bytes, ...] = ()
    files: tuple[bytes, ...] = ()


class Chat(ABC):
    """One person's client. It looks at the messenger alone, never at the bot or its database.

    What follows `sight` is optional: a rule that needs what a chat doesn't have is left out.
    """

    @abstractmethod
    def say(self, text: str) -> None:
        """Type a text and send it."""

    @abstractmethod
    def send_photos(self, photos: Sequence[bytes], caption: str = "") -> None:
        """Send photos together, as an album where the messenger has albums."""

    @abstractmethod
    def send_file(self, name: str, data: bytes) -> None:
        """Send a file."""

    @property
    @abstractmethod
    def sight(self) -> Sight:
        """What is in sight now."""

    def close(self) -> None:  # noqa: B027  # most need not
        """Leave for good."""

    def press(self, label: str) -> None:
        """Press the button in sight that reads so; for a channel that has buttons."""
        raise NotImplementedError

    def payload(self, label: str) -> str:
        """What the button in sight that reads so would bring back to the bot."""
        raise NotImplementedError

    def press_payload(self, payload: str) -> None:
        """Press a button that brings this back, though no such button may be in sight any more."""
        raise NotImplementedError

    @property
    def waiting(self) -> bool:
        """Whether a pressed button still shows that it waits."""
        raise NotImplementedError

    @property
    def messages(self) -> int:
        """How many messages the bot has sent here so far; edits are none."""
        raise NotImplementedError

    def edit(self, text: str) -> None:
        """Change the text that this person said last."""
        raise NotImplementedError

    def deliver_again(self, back: int = 1) -> None:
        """Have the messenger bring the last thing that this person did once more; with `back` 2
        the one before it, and so on.
        """
        raise NotImplementedError

    def say_out_of_order(self, texts: Sequence[str]) -> None:
        """Say several things that reach the bot in another order, the newest first."""
        raise NotImplementedError

    def leave(self) -> None:
        """Block the bot."""
        raise NotImplementedError

    def come_back(self) -> None:
        """Let the bot in again."""
        raise NotImplementedError

    def rename(self, name: str) -> None:
        """Be called something else from now on."""
        raise NotImplementedError

    def service_message(self) -> None:
        """Let the messenger say something of its own here: who joined, what was pinned."""
        raise NotImplementedError

    def send_other(self) -> None:
        """Send what no dialogue can use: a sticker, a place."""
        raise NotImplementedError

    def send_photo_at(self, url: str) -> None:
        """Send a photo of which the bot is told this address."""
        raise NotImplementedError


def can_do(kind: type[object], base: type[object], name: str) -> bool:
    """Whether a driver has an optional method."""
    return getattr(kind, name, None) is not getattr(base, name)
