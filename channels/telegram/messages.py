"""Screens and notices as Telegram's messages.

A reference is `{"id", "kind", "pictures", "left"}`: the message, whether it is a "text" or a
"photo", a digest of its pictures, and older messages whose buttons could not be removed yet.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import structlog
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    MessageEntity,
)
from telegram.constants import ChatAction
from telegram.error import BadRequest

from channels.telegram.api import Api, NotModified, in_our_words
from core.conversation.messages import Motion, Picture
from core.conversation.rendering import Offer, Rendered, length
from core.errors import ChannelError, Gone, StorageUnavailable, Unreachable, kind_of

log = structlog.get_logger()

ROW_LETTERS = 36
"""What a narrow phone shows of the labels of one row; Telegram cuts the rest off."""

FILE_SECONDS = 120.0
"""How long a file may take on its way to Telegram."""

LATER_SECONDS = 1.5
LATER_TRIES = 5

_LEFT = 5
_PLAIN = LinkPreviewOptions(is_disabled=True)
_REFUSED = ("image_process_failed", "photo_invalid_dimensions")

Draw = Callable[[Sequence[Picture]], bytes | None]
OpenFile = Callable[[str], bytes | None]


class Messages:
    """Shows what it is given; `draw` makes one JPEG of the pictures, None where it can't."""

    def __init__(self, api: Api, draw: Draw, open_file: OpenFile | None = None) -> None:
        self._api = api
        self._draw = draw
        self._open_file = open_file
        self._later: dict[tuple[str, int], asyncio.Task[None]] = {}

    async def show(
        self, chat: str, rendered: Rendered, previous: Mapping[str, Any] | None, post: bool
    ) -> Mapping[str, Any]:
        """Show a screen; see `core.conversation.delivery.Show`."""
        try:
            return await self._show(chat, rendered, previous, post)
        except BadRequest as error:
            if not rendered.pictures or error.message.lower() not in _REFUSED:
                raise
            log.warning("Telegram refuses a picture", chat=chat, error=error.message)
            return await self._show(chat, replace(rendered, pictures=()), previous, post)

    async def notify(self, chat: str, rendered: Rendered) -> Mapping[str, Any]:
        """Post a notice; see `core.conversation.delivery.Show`."""
        if rendered.file is not None and self._open_file is not None:
            data = await self._opened(rendered.file.key, self._open_file)
            if data:
                return {"id": await self._post_file(chat, rendered, rendered.file.name, data)}
        return {"id": await self._post(chat, rendered, await self._picture(rendered))}

    async def _opened(self, key: str, open_file: OpenFile) -> bytes | None:
        try:
            return await asyncio.to_thread(open_file, key)
        except StorageUnavailable as error:
            raise Unreachable("the file can't be had now") from error

    async def _post_file(self, chat: str, rendered: Rendered, name: str, data: bytes) -> int:
        with in_our_words():
            sent = await self._api.send_document(
                chat,
                data,
                filename=name,
                caption=rendered.text,
                caption_entities=bold(rendered.title),
                reply_markup=keyboard(rendered.rows),
                write_timeout=FILE_SECONDS,
            )
        return sent.message_id

    async def _show(
        self, chat: str, rendered: Rendered, previous: Mapping[str, Any] | None, post: bool
    ) -> Mapping[str, Any]:
        marks = digest(rendered.pictures)
        old = previous or {}
        here = not post and "id" in old
        drawn = here and old.get("pictures", "") == marks
        picture = None if drawn else await self._picture(rendered)
        kind = "photo" if picture or (drawn and marks) else "text"
        reference: dict[str, Any] = {
            "id": old.get("id"),
            "kind": kind,
            "pictures": marks if kind != "text" else "",
        }
        left: list[int] = list(old.get("left", []))
        if here and old["kind"] == kind:
            await self._edit(chat, old["id"], rendered, kind, picture)
        else:
            reference["id"] = await self._post(chat, rendered, picture)
            left += [old["id"]] if "id" in old else []
        reference["left"] = [m for m in left[-_LEFT:] if not await self._stripped(chat, m)]
        if rendered.motion is Motion.SETTLING:
            await self._busy(chat)
        return reference

    async def _picture(self, rendered: Rendered) -> bytes | None:
        if not rendered.pictures:
            return None
        return await asyncio.to_thread(self._draw, rendered.pictures)

    async def _post(self, chat: str, rendered: Rendered, picture: bytes | None) -> int:
        markup = keyboard(rendered.rows)
        with in_our_words():
            if picture:
                sent = await self._api.send_photo(
                    chat,
                    picture,
                    rendered.text,
                    caption_entities=bold(rendered.title),
                    reply_markup=markup,
                )
            else:
                sent = await self._api.send_message(
                    chat,
                    rendered.text,
                    entities=bold(rendered.title),
                    link_preview_options=_PLAIN,
                    reply_markup=markup,
                )
        return sent.message_id

    async def _edit(
        self, chat: str, message: int, rendered: Rendered, kind: str, picture: bytes | None
    ) -> None:
        text, entities, markup = rendered.text, bold(rendered.title), keyboard(rendered.rows)
        place: dict[str, Any] = {"chat_id": chat, "message_id": message, "reply_markup": markup}
        with suppress(NotModified), in_our_words(repeatable=True):
            if picture:
                media = InputMediaPhoto(picture, text, caption_entities=entities)
                await self._api.edit_message_media(media, **place)
            elif kind == "photo":
                await self._api.edit_message_caption(
                    caption=text, caption_entities=entities, **place
                )
            else:
                await self._api.edit_message_text(
                    text, entities=entities, link_preview_options=_PLAIN, **place
                )

    async def _stripped(self, chat: str, message: int) -> bool:
        """Take a message's buttons away; False where that will be tried again.

        It is tried here, for the next screen may be long in coming, and with the next screen,
        for this process may end before.
        """
        key = (chat, message)
        if key in self._later:
            return False
        if await self._strip(chat, message):
            return True
        self._later[key] = asyncio.create_task(self._strip_later(chat, message))
        self._later[key].add_done_callback(lambda _: self._later.pop(key))
        return False

    async def _strip_later(self, chat: str, message: int) -> None:
        for _ in range(LATER_TRIES):
            await asyncio.sleep(LATER_SECONDS)
            if await self._strip(chat, message):
                return

    async def _strip(self, chat: str, message: int) -> bool:
        try:
            with in_our_words(repeatable=True):
                await self._api.edit_message_reply_markup(chat, message)
        except (Gone, NotModified):
            return True
        except BadRequest as error:
            log.warning("can't remove buttons", chat=chat, message=message, error=error.message)
            return True
        except ChannelError as error:
            log.debug("buttons stay for now", chat=chat, message=message, error=kind_of(error))
            return False
        return True

    async def _busy(self, chat: str) -> None:
        with suppress(ChannelError, BadRequest), in_our_words(repeatable=True):
            await self._api.send_chat_action(chat, ChatAction.TYPING)


def bold(title: str) -> list[MessageEntity]:
    """The title in bold, without any markup that a text could break."""
    return [MessageEntity(MessageEntity.BOLD, 0, length(title))] if title else []


def keyboard(rows: Sequence[Sequence[Offer]]) -> InlineKeyboardMarkup | None:
    """The buttons of a message; labels too long for their row get one each."""
    lines = [line for row in rows for line in fitting(row)]
    if not lines:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(o.label, callback_data=o.token) for o in line] for line in lines]
    )


def fitting(row: Sequence[Offer]) -> list[Sequence[Offer]]:
    """A row as it is, or its buttons below each other where a phone would cut the labels off."""
    longest = max(length(offer.label) for offer in row)
    return [row] if longest * len(row) <= ROW_LETTERS else [[offer] for offer in row]


def digest(pictures: Sequence[Picture]) -> str:
    """A fingerprint of what is to be seen; empty where there is nothing."""
    if not pictures:
        return ""
    marks = json.dumps([[picture.key, picture.label] for picture in pictures])
    return hashlib.blake2b(marks.encode(), digest_size=8).hexdigest()
