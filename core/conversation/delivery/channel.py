"""What a channel is: the only thing that a new one has to bring.

A channel is found by its entry point (group `likeness.channels`). It turns its updates into
`Update`, hands them to `Dialogue.receive`, and shows what `rendering` made of a screen. One that
pushes (Telegram) lets `delivery` decide when; one that is pulled (a browser tab, a terminal) asks
`Dialogue.look` whenever it wants.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

from pydantic import BaseModel
from starlette.routing import BaseRoute

from core.base.checkup import Check
from core.conversation.delivery.bridge import Bridge
from core.conversation.engine import Engine
from core.conversation.messages import Introduction, Picture

Reference = Mapping[str, Any]
"""What a channel finds a message, a photo or a file by: JSON, in each channel's own words."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do; lengths count UTF-16 units, as the strictest of them does.

    `buttons_per_row` 0 means that it has no buttons: they become a numbered list. `pictures` is
    how many a screen's message can hold, `album` how many a notice's: more than that become one
    contact sheet, and where both are 0 their labels are named. `file_bytes` is the largest file
    that it can hand over.

    One that `pushes` writes to people by itself, whether or not they are looking: its screens are
    late where they are not shown. A `terminal` talks where the program was started.
    """

    buttons_per_row: int = 0
    label_length: int = 64
    payload_bytes: int = 64
    text_length: int = 4096
    caption_length: int = 1024
    pictures: int = 0
    album: int = 0
    progress: bool = False
    edit: bool = False
    alert: bool = False
    pushes: bool = False
    terminal: bool = False
    file_bytes: int = 45 * 1024 * 1024

    @property
    def of_notices(self) -> Capabilities:
        """The same where a notice is fitted: an album where there is one."""
        return replace(self, pictures=self.album or min(self.pictures, 1))


class Place(NamedTuple):
    """Where to write: a chat, and the thread of it in which the person last spoke, "" for none."""

    chat: str
    thread: str = ""


class Spool(Protocol):
    """Where bytes are kept that only this process has, until they are looked at."""

    def put(self, data: bytes, name: str = "") -> str:
        """Keep them; returns a name for `{"spool": name}`. Raises StorageUnavailable.

        Who may have to put the same again gives it a `name`, of 32 hexadecimal digits.
        """
        ...


class Worker(Protocol):
    """The worker as a channel in a terminal runs it beside itself."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Host(Protocol):
    """What a channel is given to work with: `core.app.bootstrap.App`, or a test's own.

    `data` is the folder for what a process keeps.
    """

    engine: Engine
    data: Path

    @property
    def spool(self) -> Spool: ...

    def introduction(self, language: str) -> Introduction:
        """What the bot says of itself in one of the dialogue's languages."""
        ...

    def sheet(self, pictures: tuple[Picture, ...]) -> bytes:
        """Several pictures as one numbered contact sheet (JPEG)."""
        ...

    def thumbnail(self, key: str, side: int) -> bytes | None:
        """A stored picture of at most so many pixels a side (JPEG), or None where it is gone.

        Raises StorageUnavailable.
        """
        ...

    def open_file(self, key: str) -> bytes | None:
        """A stored file, or None where it is gone; raises StorageUnavailable."""
        ...

    def sent_picture(self, conversation_id: int, name: str, side: int) -> bytes | None:
        """A photo that was spooled in a conversation, made small, for as long as it is kept.

        Raises StorageUnavailable.
        """
        ...

    def worker(self) -> Worker:
        """A worker of this process's own, for a terminal."""
        ...


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

    def fetch(self, reference: Reference, limit: int) -> bytes:
        """The bytes of a photo or file that was sent; at most `limit` + 1 of them are read.

        Raises `Gone` when it certainly can't be had any more, `Missing` where it isn't found now,
        `Unreachable` or `RetryAfter` to try later.
        """
        ...

    def run(self, app: Host) -> None:
        """Serve until told to stop."""
        ...


@runtime_checkable
class Addressed(Protocol):
    """Optional for a channel: the address at which people find it, shown at its start."""

    @property
    def address(self) -> str: ...


@runtime_checkable
class Checked(Protocol):
    """Optional for a channel: what `likeness doctor` is to look at, where it is configured."""

    def checks(self) -> Iterable[Check]: ...


@runtime_checkable
class Routed(Protocol):
    """Optional for a channel: routes for the web server, a webhook say.

    A route that is an asynchronous context manager is entered when the server starts, and left
    when it stops.
    """

    def routes(self, app: Host, bridge: Bridge) -> Iterable[BaseRoute]: ...


@runtime_checkable
class Hooked(Protocol):
    """Optional for a channel whose messenger can deliver to the web server.

    The methods are for an operator and return what they read. They raise ChannelError, or
    ConfigurationError where a setting is in the way.
    """

    @property
    def configured(self) -> bool: ...

    @property
    def webhook_url(self) -> str:
        """Where it is to deliver; "" where updates are asked for instead."""
        ...

    def set_webhook(self) -> str: ...

    def remove_webhook(self) -> str: ...

    def show_webhook(self) -> str: ...


@runtime_checkable
class Troubled(Protocol):
    """Optional for a channel: what an operator must do about it, "" for nothing."""

    @property
    def trouble(self) -> str: ...
