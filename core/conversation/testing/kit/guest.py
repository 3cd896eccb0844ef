"""A person of a rule: what they do, what they see, and what the database holds of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.conversation.testing.kit.chat import Chat, Sight

if TYPE_CHECKING:
    from core.conversation.testing.kit.house import House

_NUMBERED = re.compile(r"(?P<number>\d+)\. (?P<label>.+)|• (?P<worded>.+) \(type .+\)")


class Guest:
    """A person who talks with the bot, whatever the channel has for buttons."""

    def __init__(self, house: House, chat: Chat, name: str) -> None:
        self.house, self.chat, self.name = house, chat, name
        self._said = 0

    # Doing

    def say(self, text: str) -> None:
        """Say something."""
        self.chat.say(text)

    def go(self, state: str, title: str) -> None:
        """Have another screen, and wait until it is in sight."""
        self.say(f"kit {state}")
        self.see(title)

    def hear(self, text: str) -> None:
        """Say something, and wait until the dialogue has heard it."""
        before = self.number("count")
        self.say(text)
        self.until(lambda: self.number("count") > before, f"{text[:40]!r} to be heard")

    def press(self, label: str) -> None:
        """Wait for a button and press it, or type what stands for it."""
        if self.house.can.buttons_per_row:
            self.until(lambda: label in self.chat.sight.labels, f"the button {label!r}")
            self.chat.press(label)
        else:
            self.until(lambda: label in self.listed, f"{label!r} in a list")
            self.say(self.listed[label])

    def settle(self) -> None:
        """Wait until all that this person did before is applied: nothing more will come of it."""
        self._said += 1
        self.say(f"settled {self._said}")
        self.until(lambda: f"settled {self._said}" in self.heard, "what was said last")

    # Looking

    @property
    def sight(self) -> Sight:
        """What is in sight now."""
        return self.chat.sight

    @property
    def listed(self) -> Mapping[str, str]:
        """What to type for each label of the numbered lists in sight."""
        found = map(_NUMBERED.fullmatch, self.sight.text.splitlines())
        return {
            line["label"] or line["worded"]: line["number"] or line["worded"]
            for line in found
            if line
        }

    @property
    def offered(self) -> Sequence[str]:
        """The labels in sight, of buttons or of lists."""
        can = self.house.can
        return self.sight.labels if can.buttons_per_row else tuple(self.listed)

    def see(self, *texts: str) -> Sight:
        """Wait until all of these are in sight."""
        self.until(lambda: all(t in self.sight.text for t in texts), " and ".join(map(repr, texts)))
        return self.sight

    def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait until it is so; raises AssertionError that shows what is in sight instead."""
        self.house.until(holds, what, self._told)

    def _told(self) -> str:
        seen = self.sight
        beside = f"{seen.labels}, {len(seen.pictures)} pictures, {len(seen.files)} files"
        return f"{self.name} sees:\n{seen.text[-1500:]}\n{beside}\n{self.memory}"

    # Counting

    @property
    def memory(self) -> Mapping[str, Any]:
        """What the dialogue remembers of this person, in the database."""
        return self.house.memory(self.name)

    def number(self, name: str) -> int:
        """Something that the dialogue counts."""
        return int(self.memory.get(name, 0))

    @property
    def applied(self) -> int:
        """How many things that this person did were applied."""
        found = self.house.rows(
            "SELECT count(*) FROM inbox i JOIN conversations c ON c.id = i.conversation_id "
            "WHERE i.handled_at IS NOT NULL AND i.kind <> 'signal' AND c.memory LIKE ?",
            f'%"{self.name}"%',
        )
        return int(found[0][0]) if found else 0

    @property
    def tried(self) -> bool:
        """Whether the bot has tried to show the newest screen, with or without success."""
        tried = "SELECT 1 FROM conversations WHERE (failures > 0 OR shown_revision >= revision)"
        return bool(self.house.rows(f"{tried} AND memory LIKE ?", f'%"{self.name}"%'))

    @property
    def heard(self) -> Sequence[str]:
        """The texts that were heard, the oldest first."""
        return tuple(self.memory.get("heard", ()))

    @property
    def files(self) -> Sequence[Mapping[str, Any]]:
        """The photos and files that were taken, each with its `digest` once it was fetched."""
        return tuple(self.memory.get("files", ()))

    def fetched(self, number: int) -> Sequence[str]:
        """Wait until so many files are fetched; returns what came of each."""
        self.until(
            lambda: len(self.files) >= number and all("digest" in file for file in self.files),
            f"{number} files to be fetched",
        )
        return [str(file["digest"]) for file in self.files]
