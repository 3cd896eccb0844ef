"""The screens and notices of the kit's dialogue, each the smallest that shows its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.conversation.messages import Attachment, Button, Picture, Screen, Style

LANGUAGES = ("en", "de")
_GERMAN = {"Count": "Zählen", "Open": "Öffnen", "Back": "Zurück"}
CHOICES = ("Anna", "Boris", "Clara")
COLOURS = ("Red", "Green", "Blue", "White", "Black")
LONG_LABEL = "A label that is longer than any button can be, " * 6
CROWD = 12
GALLERY = 12


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a screen may know."""

    memory: Mapping[str, Any]
    language: str
    name: str
    longest: int
    file_bytes: int


def reworded(label: str, language: str) -> str:
    """A label in another language."""
    return _GERMAN.get(label, label) if language == "de" else label


def _screen(
    facts: Facts,
    title: str,
    text: str,
    *rows: tuple[Button, ...],
    pictures: tuple[Picture, ...] = (),
) -> Screen:
    back = (Button(reworded("Back", facts.language), "back"),)
    hint = " ".join(f"[{code}]" for code, _ in facts.memory.get("said", ()))
    return Screen(title, text, (*rows, back), pictures=pictures, hint=hint)


def hall(facts: Facts) -> Screen:
    """What has come of everything so far."""
    memory, language = facts.memory, facts.language
    last = (memory.get("heard") or [""])[-1]
    files = memory.get("files", [])
    lines = (
        f"Name: {facts.name}",
        f"Heard: {memory.get('count', 0)}",
        f"Last: “{last[:300]}”",
        f"Letters: {len(last)}",
        f"Pressed: {memory.get('counted', 0)}",
        f"Paid: {memory.get('paid', 0)}",
        f"Answer: {(memory.get('answers') or [''])[-1]}",
        f"Picked: {(memory.get('picked') or [''])[-1]}",
        f"Files: {len(files)}",
        f"Links: {len(memory.get('links', []))}",
        f"Woken: {memory.get('woken', 0)}",
    )
    buttons = (
        Button(reworded("Count", language), "count"),
        Button(reworded("Open", language), "open"),
    )
    return _screen(facts, "Hall", "\n".join(lines), buttons)


def question(facts: Facts) -> Screen:
    return _screen(facts, "Question", "What is your answer?")


def list_(facts: Facts) -> Screen:
    return _screen(facts, "List", "Who is it?", *((Button(c, "pick", c),) for c in CHOICES))


def colours(facts: Facts) -> Screen:
    rows = ((Button(colour, "pick", colour),) for colour in COLOURS)
    return _screen(facts, "Colours", "Which one?", *rows)


def paying(facts: Facts) -> Screen:
    """What a number must never confirm."""
    price = facts.memory.get("price", 5)
    pay = Button(f"Pay {price} crowns", "pay", confirms=f"price {price}", style=Style.DANGER)
    return _screen(facts, "Paying", f"It costs {price} crowns.", (pay,))


def crowd(facts: Facts) -> Screen:
    """More buttons in a row than any channel has, and a label longer than any has."""
    row = tuple(Button(f"Seat {n}", "pick", f"seat {n}") for n in range(1, CROWD + 1))
    return _screen(facts, "Crowd", "Where?", row, (Button(LONG_LABEL, "pick", "long"),))


def wall(facts: Facts) -> Screen:
    """A text longer than a message."""
    words = facts.longest // 5 + 50
    count = Button(reworded("Count", facts.language), "count")
    return _screen(facts, "Wall", "wall " * words, (count,))


def picture(facts: Facts) -> Screen:
    return _screen(facts, "Picture", "One picture.", pictures=(Picture("kit/1", alt="a field"),))


def gallery(facts: Facts) -> Screen:
    """More pictures than a message holds."""
    pictures = tuple(Picture(f"kit/{n}", label=str(n)) for n in range(1, GALLERY + 1))
    return _screen(facts, "Gallery", "Twelve pictures.", pictures=pictures)


SCREENS = {
    "hall": hall, "question": question, "list": list_, "colours": colours, "paying": paying,
    "crowd": crowd, "wall": wall, "picture": picture, "gallery": gallery,
}  # fmt: skip


def told(parameters: Mapping[str, Any], file_bytes: int) -> Screen:
    """A notice of some kind."""
    kind, number = parameters["kind"], parameters["number"]
    said = f"News {number}: {kind}"
    if kind == "links":
        return Screen(said, "It has a button.", ((Button(f"Noted {number}", "link", "noted"),),))
    if kind == "album":
        album = (Picture(f"kit/{n}", name=f"kit-{n}.jpg") for n in range(1, 11))
        return Screen(said, pictures=tuple(album))
    if kind == "file":
        return Screen(said, file=Attachment("kit/file", "kit.txt", 1))
    if kind == "large":
        large = Attachment("kit/file", "kit.txt", file_bytes + 1, "It is too large to be sent.")
        return Screen(said, file=large)
    if kind == "gone":
        return Screen(said, file=Attachment("kit/gone", "kit.txt", 1))
    return Screen(said, "Nothing more.")
