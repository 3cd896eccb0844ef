"""Screens and notices as messages that can be edited, on a messenger that numbers them.

A reference is `{"id", "kind", "pictures", "moving", "refused", "left", "over"}`: the message,
whether it is a "text" or a "photo", a digest of its pictures, whether its words would soon be
untrue, a digest of pictures that were refused, and older messages whose buttons could not be
removed yet, or that could not be ended.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple, Protocol

import structlog

from core.base.errors import ChannelError, Refused, StorageUnavailable, Unreachable, kind_of
from core.conversation.delivery.channel import Host, Place, Reference
from core.conversation.delivery.rendering import Rendered, drawn
from core.conversation.messages import Motion, Picture

log = structlog.get_logger()

LATER_SECONDS = 1.5
LATER_TRIES = 5
SEARCHED = 8
"""So many numbers after the last known one may a message have that nothing records."""

_LEFT = 5


class Posted(NamedTuple):
    """A message that was sent: its number, and whether it is a "photo", a "document" or "text"."""

    id: int
    kind: str


class File(NamedTuple):
    """A file to be handed over."""

    name: str
    data: bytes


class Messages(Protocol):
    """The messages of a bot: what a channel's author brings, and `Screens` uses.

    Each method may raise the errors of `core.base.errors.ChannelError`.
    """

    @property
    def newest(self) -> int:
        """The highest number of a message that was seen."""
        ...

    async def post(
        self, place: Place, rendered: Rendered, picture: bytes | None, file: File | None
    ) -> Posted:
        """Send a message in the fullest form that is taken."""
        ...

    async def album(self, place: Place, rendered: Rendered, pictures: Sequence[bytes]) -> list[int]:
        """Send several pictures with the words, whole or not at all; returns their messages."""
        ...

    async def edit(
        self, chat: str, message: int, rendered: Rendered, kind: str, picture: bytes | None
    ) -> None:
        """Change a message; raises Gone where it won't be changed.

        A "text" becomes a "photo" where a picture is given; a photo stays one.
        """
        ...

    async def strip(self, chat: str, message: int) -> None:
        """Take away a message's buttons."""
        ...

    async def end(self, chat: str, message: int, title: str) -> None:
        """Take a message away whose words are untrue by now, or let it say what came of it."""
        ...

    async def busy(self, place: Place) -> None:
        """Show that an answer is coming."""
        ...


class Show(Protocol):
    """The pushing half of a channel: awaited by `delivery`, one chat at a time.

    Each method may raise the errors of `core.base.errors.ChannelError`.
    """

    def mark(self, rendered: Rendered, previous: Reference | None, post: bool) -> Reference | None:
        """What is worth knowing later before a message is posted; None where one is edited."""
        ...

    async def show(
        self,
        place: Place,
        rendered: Rendered,
        previous: Reference | None,
        post: bool,
        lost: Reference | None,
    ) -> Reference:
        """Show a screen and return the message's reference.

        `previous` is the reference of the message that shows the screen now, if there is one.
        With `post` a new message at the bottom takes over and the previous one loses its buttons;
        without it the previous one is edited where it stands. `lost` is the mark of a message that
        may have arrived and was not recorded, and with it "notices", the messages of the notices.

        Raises `Gone` where the previous message can't be edited: then it is asked to post.
        """
        ...

    async def notify(self, place: Place, rendered: Rendered) -> Reference:
        """Post a notice as a message of its own; the reference's "id" is that message.

        Each of `rendered.images` is one picture of it. An album of several messages is sent whole
        or not at all, and "id" is all their numbers, with spaces between them.
        """
        ...

    async def strip(self, chat: str, message: int) -> None:
        """Take away the buttons of a message that shows the screen no more."""
        ...


class Screens:
    """Shows what it is given; see `Show`."""

    def __init__(self, messages: Messages, host: Host) -> None:
        self._messages, self._host = messages, host
        self._later: dict[tuple[str, int], asyncio.Task[None]] = {}

    def mark(self, rendered: Rendered, previous: Reference | None, post: bool) -> Reference | None:
        """The newest message before one is posted; see `Show.mark`."""
        old = previous or {}
        emptied = bool(old.get("pictures")) and not _wanted(rendered, old, post)
        if not post and "id" in old and not emptied:
            return None
        return {"after": max(self._messages.newest, old.get("id", 0))}

    async def show(
        self,
        place: Place,
        rendered: Rendered,
        previous: Reference | None,
        post: bool,
        lost: Reference | None = None,
    ) -> Reference:
        """Show a screen; see `Show.show`."""
        old = previous or {}
        marks = _wanted(rendered, old, post)
        here = not post and "id" in old
        same = here and old.get("pictures", "") == marks
        picture = None if same or not marks else await self._drawn(rendered.pictures)
        kind = "photo" if picture or (same and marks) else "text"
        if here and (old["kind"] == kind or picture):
            await self._messages.edit(place.chat, old["id"], rendered, kind, picture)
            shown = Posted(old["id"], kind)
        else:
            shown = await self._messages.post(place, rendered, picture, None)
        unseen = bool(rendered.pictures) and shown.kind != "photo" and (picture or not marks)
        reference = {
            **shown._asdict(),
            "pictures": marks if shown.kind == "photo" else "",
            "moving": rendered.motion is not Motion.STILL,
            "refused": digest(rendered.pictures) if unseen else "",
        }
        reference |= await self._tidied(place.chat, rendered.title, old, shown.id, lost)
        if rendered.motion is Motion.SETTLING:
            with suppress(ChannelError):
                await self._messages.busy(place)
        return reference

    async def notify(self, place: Place, rendered: Rendered) -> Reference:
        """Post a notice; see `Show.notify`. What no album takes is on one contact sheet."""
        file = await self._file(rendered)
        if file is None and len(rendered.images) > 1 and not rendered.rows:
            with suppress(Refused):
                return {"id": await self._album(place, rendered)}
        picture = None if file else await self._drawn(rendered.pictures)
        return {"id": (await self._messages.post(place, rendered, picture, file)).id}

    async def strip(self, chat: str, message: int) -> None:
        """Take away the buttons of a message that shows the screen no more."""
        await self._done(chat, message, partial(self._messages.strip, chat, message))

    async def _album(self, place: Place, rendered: Rendered) -> str:
        """Post several pictures at once; returns the numbers of their messages."""
        pictures = [await self._drawn(image) for image in rendered.images]
        there = [picture for picture in pictures if picture]
        if len(there) < 2:
            raise Refused("one picture is no album")
        return " ".join(map(str, await self._messages.album(place, rendered, there)))

    async def _file(self, rendered: Rendered) -> File | None:
        if rendered.file is None:
            return None
        try:
            data = await asyncio.to_thread(self._host.open_file, rendered.file.key)
        except StorageUnavailable as error:
            raise Unreachable("the file can't be had now") from error
        return File(rendered.file.name, data) if data else None

    async def _drawn(self, pictures: tuple[Picture, ...]) -> bytes | None:
        return await asyncio.to_thread(drawn, self._host, pictures) if pictures else None

    async def _tidied(
        self, chat: str, title: str, old: Reference, shown: int, lost: Reference | None
    ) -> Mapping[str, list[int]]:
        """End what the screen has left behind; what is still to be done about it later."""
        left, over = list(old.get("left", [])), list(old.get("over", []))
        if old.get("id") not in (None, shown):
            (over if old.get("moving") else left).append(old["id"])
        left += searched(lost, {*left, *over}, shown)
        strip, end = self._messages.strip, self._messages.end
        left = [m for m in left if not await self._done(chat, m, partial(strip, chat, m))]
        over = [m for m in over if not await self._done(chat, m, partial(end, chat, m, title))]
        return {"left": left[-_LEFT:], "over": over[-_LEFT:]}

    async def _done(self, chat: str, message: int, work: Callable[[], Awaitable[None]]) -> bool:
        """Whether something was done to an old message; if not, it will be tried again.

        It is tried here, for the next screen may be long in coming, and with the next screen,
        for this process may end before.
        """
        key = (chat, message)
        if key in self._later:
            return False
        if await _tried(work):
            return True
        self._later[key] = asyncio.create_task(_try_later(work))
        self._later[key].add_done_callback(lambda _: self._later.pop(key))
        return False


async def _try_later(work: Callable[[], Awaitable[None]]) -> None:
    for _ in range(LATER_TRIES):
        await asyncio.sleep(LATER_SECONDS)
        if await _tried(work):
            return


async def _tried(work: Callable[[], Awaitable[None]]) -> bool:
    """A refusal is an answer: such a message is gone, or stays as it is for ever."""
    try:
        with suppress(Refused):
            await work()
    except ChannelError as error:
        log.debug("an old message stays for now", error=kind_of(error))
        return False
    return True


def digest(pictures: Sequence[Picture]) -> str:
    """A fingerprint of what is to be seen; empty where there is nothing."""
    if not pictures:
        return ""
    marks = json.dumps([[picture.key, picture.label] for picture in pictures])
    return hashlib.blake2b(marks.encode(), digest_size=8).hexdigest()


def _wanted(rendered: Rendered, old: Reference, post: bool) -> str:
    """The digest of the pictures to be shown; "" where the message stands for want of them."""
    marks = digest(rendered.pictures)
    return "" if not post and marks == old.get("refused", "") else marks


def searched(lost: Reference | None, known: Iterable[int], shown: int) -> list[int]:
    """The numbers that a message may have which was sent and not recorded."""
    if lost is None or not lost.get("after"):
        return []
    first = lost["after"] + 1
    others = {*known, *(int(n) for n in lost["notices"])}
    return [m for m in range(first, min(first + SEARCHED, shown)) if m not in others]
