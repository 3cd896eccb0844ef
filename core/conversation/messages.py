"""What passes between a channel and the engine: frozen, and free of any channel's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a person, or Likeness itself, can do to a conversation."""

    TEXT = "text"
    PRESS = "press"
    PHOTO = "photo"
    FILE = "file"
    COMMAND = "command"
    OTHER = "other"
    SIGNAL = "signal"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    `value` is the typed text, the pressed button's token, the command's name without a slash, or
    the signal's trigger. `argument` is what follows a command or belongs to a signal. `file` is
    the channel's own reference to a photo or file (JSON), enough for it to fetch the bytes later;
    a `unique_id` in it is the same for the same file. `visit` is the only one that a timer's signal
    means something on.

    `caption` is the text beside a photo or file: it is committed with it, and acts after it. A
    channel whose messages can be edited names the `message`, and tells an edit by `edited`: then
    `value`, `caption` and `file` are those that the message has now. `thread` is where in the chat
    it was, as the channel calls it: the answer goes there.

    Of what a person sent that no dialogue can use (OTHER) nothing more is known.
    """

    kind: Kind
    value: str = ""
    argument: str = ""
    file: Mapping[str, object] | None = None
    visit: int | None = None
    caption: str = ""
    message: str = ""
    edited: bool = False
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a conversation takes place: `chat` is the channel's own identifier of it."""

    channel: str
    bot: str
    chat: str


@dataclass(frozen=True, slots=True)
class Person:
    """What a channel knows of who is speaking; `language` is their client's (BCP 47).

    `username` is the one by which others find them there, without an @; "" where they have none.
    """

    name: str = ""
    language: str = ""
    username: str = ""


NOBODY = Person()


@dataclass(frozen=True, slots=True)
class Update:
    """A channel's update in our words. `key` is unique for each channel and bot."""

    key: str
    address: Address
    event: Event
    person: Person = NOBODY


class Style(StrEnum):
    """How much a button asks to be pressed: like the others, first, last, or with care."""

    PLAIN = "plain"
    PRIMARY = "primary"
    QUIET = "quiet"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """A press that a screen offers.

    `confirms` names what a press pays for, destroys or agrees to (photos, type, price, a text): the
    press counts only while the screen still offers a button that confirms the same.

    `words` are what a typed reply must say to press it, where its label says too little, or where a
    number would be too little: such a button bears no number in a list. One that confirms has its
    label for words.
    """

    label: str
    trigger: str
    argument: str = ""
    confirms: str = ""
    words: str = ""
    style: Style = field(default=Style.PLAIN, compare=False)

    @property
    def spelled(self) -> str:
        """What must be typed to press it; "" where a number will do as well."""
        return self.words or (self.label if self.confirms else "")


@dataclass(frozen=True, slots=True)
class Picture:
    """A stored object to be shown; `label` marks it ("3", "7 ❌").

    One that may be kept has the `name` of its file ("picture-3.jpg"). `sent_as` is what a person
    called theirs, `note` a few words on it. An illustration says in `alt` what it shows.
    """

    key: str
    label: str = ""
    name: str = ""
    sent_as: str = ""
    note: str = ""
    alt: str = ""


def illustrated(pictures: Iterable[Picture]) -> str:
    """A line on what illustrations show, where they can't be seen; "" where there are none."""
    told = " · ".join(picture.alt for picture in pictures if picture.alt)
    return f"🖼 {told}" if told else ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stored object to be handed over as a file of this name; `size` in bytes, where known.

    `instead` is said where a channel can't carry so large a file.
    """

    key: str
    name: str
    size: int = 0
    instead: str = ""


class Motion(StrEnum):
    """Whether a screen will change without the person: not, in a moment, or in minutes."""

    STILL = "still"
    SETTLING = "settling"
    MOVING = "moving"


@dataclass(frozen=True, slots=True)
class Screen:
    """All that a person sees of a state; `progress` in percent, `hint`: what just happened.

    `file` is for notices alone; they have it, or up to ten pictures.
    """

    title: str
    text: str = ""
    buttons: tuple[tuple[Button, ...], ...] = ()
    pictures: tuple[Picture, ...] = ()
    progress: int | None = None
    hint: str = ""
    motion: Motion = Motion.STILL
    file: Attachment | None = None

    def each_button(self) -> Iterator[Button]:
        """The buttons in reading order."""
        return (button for row in self.buttons for button in row)


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a bot says of itself where people find it: at most 512 letters, and at most 120.

    `commands` describes each command that is offered, in this order. `name` is what it is called,
    `picture` the path of a picture of it; "" where it has none.
    """

    description: str
    about: str
    commands: Mapping[str, str]
    name: str
    picture: str = ""


def in_words(words: str) -> str:
    """How an unnumbered line says what is to be typed: these words, or its own."""
    return f"type “{words}”" if words else "type it in words"
