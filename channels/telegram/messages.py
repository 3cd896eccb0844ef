"""Screens and notices as Telegram's messages.

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
from typing import Any

import structlog
from telegram import InputMediaPhoto
from telegram.constants import ChatAction

from channels.telegram.api import Api
from channels.telegram.posting import PLAIN, File, Posting, bare, full
from channels.telegram.refusals import NotModified, in_our_words
from core.base.errors import ChannelError, Gone, Refused, StorageUnavailable, Unreachable, kind_of
from core.conversation.delivery.channel import Place
from core.conversation.delivery.rendering import Rendered
from core.conversation.messages import Motion, Picture

log = structlog.get_logger()

LATER_SECONDS = 1.5
LATER_TRIES = 5
SEARCHED = 8
"""So many numbers after the last known one may a message have that nothing records."""

_LEFT = 5

Draw = Callable[[tuple[Picture, ...]], bytes | None]
OpenFile = Callable[[str], bytes | None]


class Messages:
    """Shows what it is given; `draw` makes one JPEG of the pictures, None where it can't."""

    def __init__(self, api: Api, draw: Draw, open_file: OpenFile | None = None) -> None:
        self._api = api
        self._posting = Posting(api)
        self._draw = draw
        self._open_file = open_file
        self._later: dict[tuple[str, int], asyncio.Task[None]] = {}

    def mark(
        self, rendered: Rendered, previous: Mapping[str, Any] | None, post: bool
    ) -> Mapping[str, Any] | None:
        """The newest message before one is posted; see `Show.mark`."""
        old = previous or {}
        changes = bool(old.get("pictures")) != bool(_wanted(rendered, old, post))
        if not post and "id" in old and not changes:
            return None
        return {"after": max(self._api.newest, old.get("id", 0))}

    async def show(
        self,
        place: Place,
        rendered: Rendered,
        previous: Mapping[str, Any] | None,
        post: bool,
        lost: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        """Show a screen; see `core.conversation.delivery.courier.Show`."""
        old = previous or {}
        marks = _wanted(rendered, old, post)
        here = not post and "id" in old
        drawn = here and old.get("pictures", "") == marks
        picture = None if drawn or not marks else await self._picture(rendered)
        kind = "photo" if picture or (drawn and marks) else "text"
        if here and old["kind"] == kind:
            await self._edit(place.chat, old["id"], rendered, kind, picture)
            shown = {"id": old["id"], "kind": kind}
        else:
            shown = (await self._posting.post(place, rendered, picture))._asdict()
        unseen = bool(rendered.pictures) and shown["kind"] != "photo" and (picture or not marks)
        reference = {
            **shown,
            "pictures": marks if shown["kind"] == "photo" else "",
            "moving": rendered.motion is not Motion.STILL,
            "refused": digest(rendered.pictures) if unseen else "",
        }
        reference |= await self._tidied(place.chat, rendered.title, old, shown["id"], lost)
        if rendered.motion is Motion.SETTLING:
            await self._busy(place)
        return reference

    async def notify(self, place: Place, rendered: Rendered) -> Mapping[str, Any]:
        """Post a notice; see `core.conversation.delivery.courier.Show`."""
        file = None
        if rendered.file is not None and self._open_file is not None:
            data = await self._opened(rendered.file.key, self._open_file)
            file = File(rendered.file.name, data) if data else None
        elif len(rendered.images) > 1 and not rendered.rows:
            with suppress(Refused):
                return {"id": await self._album(place, rendered)}
        picture = None if file else await self._picture(rendered)
        return {"id": (await self._posting.post(place, rendered, picture, file)).id}

    async def _album(self, place: Place, rendered: Rendered) -> str:
        """Post several pictures at once; returns the numbers of their messages."""
        pictures = [await asyncio.to_thread(self._draw, image) for image in rendered.images]
        there = [picture for picture in pictures if picture]
        if len(there) < 2:
            raise Refused("one picture is no album")
        return " ".join(map(str, await self._posting.album(place, rendered, there)))

    async def strip(self, chat: str, message: int) -> None:
        """Take away the buttons of a message that shows the screen no more."""
        await self._done(chat, message, self._strip(chat, message))

    async def _opened(self, key: str, open_file: OpenFile) -> bytes | None:
        try:
            return await asyncio.to_thread(open_file, key)
        except StorageUnavailable as error:
            raise Unreachable("the file can't be had now") from error

    async def _picture(self, rendered: Rendered) -> bytes | None:
        """All pictures as one."""
        if not rendered.pictures:
            return None
        return await asyncio.to_thread(self._draw, rendered.pictures)

    async def _edit(
        self, chat: str, message: int, rendered: Rendered, kind: str, picture: bytes | None
    ) -> None:
        """Change a message; raises Gone where it won't be changed, not even with less about it."""
        place: dict[str, Any] = {"chat_id": chat, "message_id": message}
        for whole in (True, False):
            entities = "entities" if kind == "text" else "caption_entities"
            more = full(rendered, entities) if whole else bare(rendered)
            try:
                with suppress(NotModified), in_our_words(repeatable=True):
                    if picture:
                        markup = more.pop("reply_markup")
                        media = InputMediaPhoto(picture, rendered.text, **more)
                        await self._api.edit_message_media(media, reply_markup=markup, **place)
                    elif kind == "photo":
                        await self._api.edit_message_caption(caption=rendered.text, **more, **place)
                    else:
                        more |= {"link_preview_options": PLAIN} if whole else {}
                        await self._api.edit_message_text(rendered.text, **more, **place)
                return
            except Refused as error:
                log.warning("Telegram refuses an edit as it is", kind=kind, error=str(error))
        raise Gone("the message can't be edited")

    async def _tidied(
        self,
        chat: str,
        title: str,
        old: Mapping[str, Any],
        shown: int,
        lost: Mapping[str, Any] | None,
    ) -> Mapping[str, list[int]]:
        """End what the screen has left behind; what is still to be done about it later."""
        left, over = list(old.get("left", [])), list(old.get("over", []))
        if old.get("id") not in (None, shown):
            (over if old.get("moving") else left).append(old["id"])
        left += _searched(lost, {*left, *over}, shown)
        strip = [m for m in left if not await self._done(chat, m, self._strip(chat, m))]
        end = [m for m in over if not await self._done(chat, m, self._end(chat, m, title))]
        return {"left": strip[-_LEFT:], "over": end[-_LEFT:]}

    async def _done(self, chat: str, message: int, work: Callable[[], Awaitable[None]]) -> bool:
        """Whether something was done to an old message; if not, it will be tried again.

        It is tried here, for the next screen may be long in coming, and with the next screen,
        for this process may end before.
        """
        key = (chat, message)
        if key in self._later:
            return False
        if await self._tried(work):
            return True
        self._later[key] = asyncio.create_task(self._try_later(work))
        self._later[key].add_done_callback(lambda _: self._later.pop(key))
        return False

    async def _try_later(self, work: Callable[[], Awaitable[None]]) -> None:
        for _ in range(LATER_TRIES):
            await asyncio.sleep(LATER_SECONDS)
            if await self._tried(work):
                return

    async def _tried(self, work: Callable[[], Awaitable[None]]) -> bool:
        """A refusal is an answer: such a message is gone, or stays as it is for ever."""
        try:
            with suppress(NotModified, Refused), in_our_words(repeatable=True):
                await work()
        except ChannelError as error:
            log.debug("an old message stays for now", error=kind_of(error))
            return False
        return True

    def _strip(self, chat: str, message: int) -> Callable[[], Awaitable[None]]:
        async def strip() -> None:
            await self._api.edit_message_reply_markup(chat, message)

        return strip

    def _end(self, chat: str, message: int, title: str) -> Callable[[], Awaitable[None]]:
        """Take a message away whose words are untrue by now, or let it say what has come of it."""

        async def end() -> None:
            with suppress(Refused, NotModified), in_our_words(repeatable=True):
                await self._api.delete_message(chat, message)
                return
            with suppress(Refused, NotModified), in_our_words(repeatable=True):
                await self._api.edit_message_text(title, chat, message)
                return
            await self._api.edit_message_caption(chat, message, caption=title)

        return end

    async def _busy(self, place: Place) -> None:
        with suppress(ChannelError), in_our_words(repeatable=True):
            thread = int(place.thread) if place.thread else None
            await self._api.send_chat_action(place.chat, ChatAction.TYPING, thread)


def digest(pictures: Sequence[Picture]) -> str:
    """A fingerprint of what is to be seen; empty where there is nothing."""
    if not pictures:
        return ""
    marks = json.dumps([[picture.key, picture.label] for picture in pictures])
    return hashlib.blake2b(marks.encode(), digest_size=8).hexdigest()


def _wanted(rendered: Rendered, old: Mapping[str, Any], post: bool) -> str:
    """The digest of the pictures to be shown; "" where the message stands for want of them."""
    marks = digest(rendered.pictures)
    return "" if not post and marks == old.get("refused", "") else marks


def _searched(lost: Mapping[str, Any] | None, known: Iterable[int], shown: int) -> list[int]:
    """The numbers that a message may have which was sent and not recorded."""
    if lost is None or not lost.get("after"):
        return []
    first = lost["after"] + 1
    others = {*known, *(int(n) for n in lost["notices"])}
    return [m for m in range(first, min(first + SEARCHED, shown)) if m not in others]
