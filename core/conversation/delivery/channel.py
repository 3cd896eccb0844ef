"""What a channel is: the only thing that a new one has to bring.

A channel is found by its entry point (group `likeness.channels`). It turns its updates into
`Update`, hands them to `Dialogue.receive`, and shows what `rendering` made of a screen. One that
pushes (Telegram) lets `delivery` decide when; one that is pulled (a browser tab, a terminal) asks
`Dialogue.look` whenever it wants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do; lengths count UTF-16 units, as the strictest of them does.

    `buttons_per_row` 0 means that it has no buttons: they become a numbered list. `pictures` is
    how many one message can hold; more than that become one contact sheet. `file_bytes` is the
    largest file that it can hand over.

    One that `pushes` writes to people by itself, whether or not they are looking: its screens are
    late where they are not shown. A `terminal` talks where the program was started.
    """

    buttons_per_row: int = 0
    label_length: int = 64
    payload_bytes: int = 64
    text_length: int = 4096
    caption_length: int = 1024
    pictures: int = 0
    progress: bool = False
    edit: bool = False
    alert: bool = False
    pushes: bool = False
    terminal: bool = False
    file_bytes: int = 45 * 1024 * 1024


class Place(NamedTuple):
    """Where to write: a chat, and the thread of it in which the person last spoke, "" for none."""

    chat: str
    thread: str = ""


class Channel(Protocol):
    """A channel as the core knows it: a name, its settings, and how to run it."""

    name: ClassVar[str]
    Settings: ClassVar[type[BaseModel]]
    capabilities: ClassVar[Capabilities]

    def __init__(self, settings: Any) -> None: ...

    @property
    def configured(self) -> bool:
        """Whether `likeness run` should start it (a token is there, say)."""
        ...

    def how_to_send(self, language: str) -> str:
        """How a person sends photos here, in one sentence."""
        ...

    def fetch(self, reference: Mapping[str, Any], limit: int) -> bytes:
        """The bytes of a photo or file that was sent; at most `limit` + 1 of them are read.

        Raises `Gone` when it certainly can't be had any more, `Missing` where it isn't found now,
        `Unreachable` or `RetryAfter` to try later.
        """
        ...

    def run(self, app: Any) -> None:
        """Serve until told to stop; `app` is `core.app.bootstrap.App`."""
        ...
