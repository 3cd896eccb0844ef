"""Putting a message into a chat: as it is meant, and where that is refused, plainer.

Nobody is left without a word because of a picture, an argument or a keyboard that Telegram, or
another server that speaks like it, won't take.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import structlog
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    MessageEntity,
)
from telegram.constants import ChatAction

from channels.telegram.api import Api
from channels.telegram.refusals import NotModified, in_our_words
from core.base.errors import Gone, Refused
from core.base.graphemes import length
from core.conversation.delivery.channel import Place
from core.conversation.delivery.rendering import Rendered
from core.conversation.delivery.screens import File, Posted
from core.conversation.messages import Style
from core.conversation.tokens import RenderedButton

log = structlog.get_logger()

ROW_LETTERS = 36
"""What a narrow phone shows of the labels of one row; Telegram cuts the rest off."""

FILE_SECONDS = 120.0
"""How long a file may take on its way to Telegram."""

PLAIN = LinkPreviewOptions(is_disabled=True)
_STYLES = {Style.PRIMARY: "primary", Style.DANGER: "danger"}
"""Telegram's own; older clients show all buttons alike."""

T = TypeVar("T")


Form = tuple[str, Callable[[], Awaitable[T]]]
"""A way to say something: what kind of message it is, and how it is sent."""


class TelegramMessages:
    """Each message in the fullest form that is taken; see `Messages` of `delivery.screens`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    @property
    def newest(self) -> int:
        """The highest number of a message that was seen."""
        return self._api.newest

    async def post(
        self, place: Place, rendered: Rendered, picture: bytes | None, file: File | None
    ) -> Posted:
        """Send it; raises Refused where not even its text alone is taken."""
        sent, kind = await self._taken(self._forms(place, rendered, picture, file))
        self._api.see(sent.message_id)
        return Posted(sent.message_id, kind)

    async def album(self, place: Place, rendered: Rendered, pictures: Sequence[bytes]) -> list[int]:
        """Send pictures together, the words below them; raises Refused where one isn't taken."""
        media = [InputMediaPhoto(picture) for picture in pictures]
        whole = full(rendered, "caption_entities", place)
        del whole["reply_markup"]  # albums have no buttons
        send, said = self._api.send_media_group, {"caption": rendered.text}
        forms = (_call(send, place.chat, media, **said, **more) for more in (whole, {}))
        sent, _ = await self._taken(("album", form) for form in forms)
        numbers = [message.message_id for message in sent]
        self._api.see(max(numbers))
        return numbers

    async def edit(
        self, chat: str, message: int, rendered: Rendered, kind: str, picture: bytes | None
    ) -> None:
        """Change it; raises Gone where it won't be changed, not even with less about it."""
        try:
            with suppress(NotModified):
                forms = self._edits(chat, message, rendered, kind, picture)
                await self._taken(forms, repeatable=True)
        except Refused as error:
            raise Gone("the message can't be edited") from error

    async def strip(self, chat: str, message: int) -> None:
        """Take away a message's buttons."""
        with suppress(NotModified), in_our_words(repeatable=True):
            await self._api.edit_message_reply_markup(chat, message)

    async def end(self, chat: str, message: int, title: str) -> None:
        """Take it away, or let it say what has come of it."""
        api = self._api
        forms = (
            _call(api.delete_message, chat, message),
            _call(api.edit_message_text, title, chat, message),
            _call(api.edit_message_caption, chat, message, caption=title),
        )
        with suppress(NotModified):
            await self._taken((("end", form) for form in forms), repeatable=True)

    async def busy(self, place: Place) -> None:
        """Show that the bot is typing."""
        thread = int(place.thread) if place.thread else None
        with in_our_words(repeatable=True):
            await self._api.send_chat_action(place.chat, ChatAction.TYPING, thread)

    async def _taken(self, forms: Iterable[Form[T]], *, repeatable: bool = False) -> tuple[T, str]:
        """Send the first form that is taken; raises Refused where none is."""
        refused: Refused | None = None
        for kind, send in forms:
            try:
                with in_our_words(repeatable=repeatable):
                    return await send(), kind
            except Refused as error:
                log.warning("Telegram refuses a message as it is", kind=kind, error=str(error))
                refused = error
        raise refused or Refused("there is nothing to send")

    def _forms(
        self, place: Place, rendered: Rendered, picture: bytes | None, file: File | None
    ) -> Iterator[Form[Any]]:
        """The fullest form first: each without what may be left out, and the words alone last."""
        api, text = self._api, rendered.text
        for more in (full(rendered, "caption_entities", place), bare(rendered)):
            if file is not None:
                more = {**more, "filename": file.name, "write_timeout": FILE_SECONDS}
                yield "document", _call(api.send_document, place.chat, file.data, text, **more)
        for more in (full(rendered, "caption_entities", place), bare(rendered)):
            if picture:
                yield "photo", _call(api.send_photo, place.chat, picture, text, **more)
        preview = {"link_preview_options": PLAIN}
        for more in (full(rendered, "entities", place) | preview, bare(rendered)):
            yield "text", _call(api.send_message, place.chat, text, **more)
        yield "text", _call(api.send_message, place.chat, with_labels(rendered))

    def _edits(
        self, chat: str, message: int, rendered: Rendered, kind: str, picture: bytes | None
    ) -> Iterator[Form[Any]]:
        """The same for an edit."""
        api, text = self._api, rendered.text
        entities = "entities" if kind == "text" else "caption_entities"
        for more in (full(rendered, entities), bare(rendered)):
            there: dict[str, Any] = {"chat_id": chat, "message_id": message}
            if picture:
                there["reply_markup"] = more.pop("reply_markup")
                yield (
                    kind,
                    _call(api.edit_message_media, InputMediaPhoto(picture, text, **more), **there),
                )
            elif kind == "photo":
                yield kind, _call(api.edit_message_caption, caption=text, **more, **there)
            else:
                preview = {"link_preview_options": PLAIN} if entities in more else {}
                yield kind, _call(api.edit_message_text, text, **more, **preview, **there)


def _call(
    method: Callable[..., Awaitable[T]], *args: Any, **named: Any
) -> Callable[[], Awaitable[T]]:
    return lambda: method(*args, **named)


def full(rendered: Rendered, entities: str, place: Place | None = None) -> dict[str, object]:
    """All that a message can have beside its words."""
    thread = {"message_thread_id": int(place.thread)} if place and place.thread else {}
    return {**bare(rendered), entities: bold(rendered.title), **thread}


def bare(rendered: Rendered) -> dict[str, Any]:
    """What a message can't be used without: its buttons."""
    return {"reply_markup": keyboard(rendered.rows)}


def bold(title: str) -> list[MessageEntity]:
    """The title in bold, without any markup that a text could break."""
    return [MessageEntity(MessageEntity.BOLD, 0, length(title))] if title else []


def keyboard(rows: Sequence[Sequence[RenderedButton]]) -> InlineKeyboardMarkup | None:
    """The buttons of a message; labels too long for their row get one each."""
    lines = [line for row in rows for line in fitting(row)]
    if not lines:
        return None
    return InlineKeyboardMarkup([[_button(offer) for offer in line] for line in lines])


def _button(offer: RenderedButton) -> InlineKeyboardButton:
    return InlineKeyboardButton(
        offer.label, callback_data=offer.token, style=_STYLES.get(offer.style)
    )


def fitting(row: Sequence[RenderedButton]) -> list[Sequence[RenderedButton]]:
    """A row as it is, or its buttons below each other where a phone would cut the labels off."""
    longest = max(length(offer.label) for offer in row)
    return [row] if longest * len(row) <= ROW_LETTERS else [[offer] for offer in row]


def with_labels(rendered: Rendered) -> str:
    """The text, and below it what can be typed where there are no buttons to press."""
    labels = "\n".join(f"▫️ {offer.label}" for row in rendered.rows for offer in row)
    return "\n\n".join(part for part in (rendered.text, labels) if part)
