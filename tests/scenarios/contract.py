"""One contract for every channel: a chat is four things that a person can do.

A new channel brings a `Chat` and a `Stage`, and every conversation of this folder is held on it.
They are written in English; the chat says and reads all of it in its own language.
"""

from __future__ import annotations

import functools
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from babel.messages.catalog import Catalog

from core.base.texts import translator
from core.base.texts.check import load
from core.conversation.replies import words
from tests.patience import LONG
from tests.scenarios.house import House, Kept

PATIENCE = LONG


@dataclass(frozen=True)
class Sight:
    """What is in sight now: the screen and the notices beside it, and what can be pressed."""

    text: str
    labels: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.text}\n" + " ".join(f"[{label}]" for label in self.labels)


class Sign(str):
    """What reads the same in every language: a name, a number, an arrow."""

    __slots__ = ()


class Words:
    """What Likeness says, in one language; asked for in English, and only what it does say."""

    def __init__(self, language: str) -> None:
        self._say = translator(language)

    def __call__(self, text: str, /, **values: object) -> str:
        if isinstance(text, Sign):
            return text
        return self._say(said(text), **values)

    def n(self, one: str, many: str, n: int, /, **values: object) -> str:
        """A sentence that counts; where it says how many photos are required, they are ten."""
        return self._say.n(said(one), many, n, **{"wanted": 10, **values})


def said(text: str) -> str:
    """The text, if there is a translation of it."""
    assert _catalog().get(text), f"nobody says {text!r}"
    return text


@functools.cache
def _catalog() -> Catalog:
    return load("ru")


class Chat(ABC):
    """One person on one channel, in one language."""

    channel: str
    address: str
    patience = PATIENCE

    def __init__(self, house: House, language: str) -> None:
        self.house = house
        self.language = language
        self.t = Words(language)

    # the four things that a channel brings, and a file besides

    @abstractmethod
    def say(self, text: str) -> None:
        """Type something, a command included."""

    @abstractmethod
    def send_photos(self, photos: Sequence[bytes]) -> None:
        """Send pictures at once."""

    @abstractmethod
    def send_file(self, name: str, data: bytes) -> None:
        """Send any file."""

    @abstractmethod
    def press_label(self, label: str) -> None:
        """Press a button that is in sight."""

    @property
    @abstractmethod
    def sight(self) -> Sight:
        """What is in sight now."""

    @property
    @abstractmethod
    def received(self) -> list[bytes]:
        """The pictures and files that have come since the person last acted, at least."""

    def close(self) -> None:  # noqa: B027  # most need not
        """Leave."""

    # what every chat makes of them

    def speak(self, language: str) -> None:
        """Go on in another language."""
        self.language = language
        self.t = Words(language)

    def see(self, *texts: str, **values: object) -> Sight:
        """Wait until all of these sentences are in sight; they are written in English."""
        wanted = [self.t(text, **values) for text in texts]
        return self.wait_for(lambda sight: all(text in sight.text for text in wanted), f"{wanted}")

    def see_count(self, one: str, many: str, n: int, **values: object) -> Sight:
        """Wait for a sentence that counts."""
        wanted = self.t.n(one, many, n, **values)
        return self.wait_for(lambda sight: wanted in sight.text, wanted)

    def offers(self, label: str, **values: object) -> bool:
        """Whether a button is in sight now."""
        return self._known(self.t(label, **values), self.sight) is not None

    def press(self, label: str, **values: object) -> Sight:
        """Wait for a button and press it; returns what was in sight then."""
        wanted = self.t(label, **values)
        sight = self.wait_for(lambda seen: self._known(wanted, seen) is not None, f"[{wanted}]")
        known = self._known(wanted, sight)
        assert known is not None
        self.press_label(known)
        return sight

    def press_first(self, start: str) -> None:
        """Press the first button whose label begins like this."""
        sight = self.wait_for(lambda seen: any(s.startswith(start) for s in seen.labels), start)
        self.press_label(next(label for label in sight.labels if label.startswith(start)))

    def wait_for(self, wanted: Callable[[Sight], bool], what: str) -> Sight:
        """Look again and again until it is as wanted."""
        deadline = time.monotonic() + self.patience
        while not wanted(sight := self.sight):
            if time.monotonic() > deadline or self.house.trouble:
                raise AssertionError(
                    f"{self.channel}, {self.language}: waited {self.patience} s for {what}.\n"
                    f"In sight is:\n{sight}\n{self.kept}\n{self.house.trouble}"
                )
            self.pause()
        return sight

    def pause(self) -> None:
        time.sleep(0.05)

    def number_of_labels(self, start: str) -> int:
        return sum(label.startswith(start) for label in self.sight.labels)

    @property
    def kept(self) -> Kept:
        """What the database holds of this person."""
        return self.house.kept_of(self.channel, self.address)

    def settle(self) -> Kept:
        """Wait until nothing that this person did waits to be applied."""
        deadline = time.monotonic() + self.patience
        while (kept := self.kept).unapplied or kept.photos_that_are("pending"):
            assert time.monotonic() < deadline, kept
            self.pause()
        return kept

    @staticmethod
    def _known(wanted: str, sight: Sight) -> str | None:
        """The label in sight that reads like this, though a channel may have shortened it."""
        exact = [label for label in sight.labels if label == wanted]
        alike = [label for label in sight.labels if words(label) == words(wanted)]
        cut = [s for s in sight.labels if s.endswith("…") and wanted.startswith(s[:-1])]
        return next(iter(exact + alike + cut), None)
