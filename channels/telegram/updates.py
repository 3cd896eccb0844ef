"""Telegram's updates in the core's words, on the way of every message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog

from channels.telegram.words import words
from core.base.errors import kind_of
from core.conversation.delivery.receiving.reception import Incoming
from core.conversation.messages import Address, Event, Kind, Person, Update
from core.conversation.tokens import lasting

log = structlog.get_logger()

NAME = "telegram"
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
"""What is asked of Telegram."""

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_SENT = frozenset(
    {
        "animation", "audio", "checklist", "contact", "dice", "game", "live_photo", "location",
        "paid_media", "poll", "sticker", "story", "venue", "video", "video_note", "voice",
    }
)  # fmt: skip
"""What a person sends on purpose and no dialogue can use. Whatever else is no text, photo or file
is a message of Telegram's own: who joined, what was pinned, what is newer than this list."""

_AWAY = ("kicked", "left")

Raw = Mapping[str, Any]


def incoming(raw: Raw, bot: str) -> Incoming:
    """An update as it is taken; what can't be read is passed over."""
    number = raw["update_id"]
    try:
        group = group_of(raw)
        language = raw["message"].get("from", {}).get("language_code", "") if group else ""
        remark = (group, words(str(language)).private_only) if group else None
        found = Incoming(
            to_event(raw, bot), callback_of(raw), pressed_of(raw), standing_of(raw, bot), remark
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        log.warning("an unreadable update is skipped", id=number, error=kind_of(error))
        return Incoming()
    if found == Incoming():
        log.debug("an update is ignored", id=number, kinds=list(raw))
    return found


def to_event(raw: Raw, bot: str) -> Update | None:
    """An update of a private chat; None where it is nothing that a conversation consists of."""
    message = raw.get("message") or raw.get("edited_message")
    if message is not None:
        sender, event = message.get("from"), _said(message)
    else:
        pressed = raw.get("callback_query", {})
        message, sender = pressed.get("message"), pressed.get("from")
        event = Event(Kind.PRESS, _text(pressed["data"])) if "data" in pressed else None
    if event is None or sender is None or message is None or message["chat"]["type"] != "private":
        return None
    if "edited_message" in raw:
        if event.kind is Kind.OTHER:  # a place that moves, say: nobody has said anything anew
            return None
        event = replace(event, edited=True)
    if message.get("is_topic_message"):  # else a number there only says what was replied to
        event = replace(event, thread=str(message.get("message_thread_id", "")))
    address = Address(NAME, bot, _chat(message))
    return Update(str(raw["update_id"]), address, event, _person(sender))


def standing_of(raw: Raw, bot: str) -> tuple[Address, bool] | None:
    """A private chat that was blocked (False) or let in again (True); None for anything else."""
    change = raw.get("my_chat_member")
    if change is None or change["chat"]["type"] != "private":
        return None
    there = change["new_chat_member"]["status"] not in _AWAY
    return Address(NAME, bot, _chat(change)), there


def pressed_of(raw: Raw) -> int | None:
    """The message whose button was pressed, unless it is a link that never grows old."""
    pressed = raw.get("callback_query", {})
    if "data" not in pressed or "message" not in pressed or lasting(pressed["data"]):
        return None
    return int(pressed["message"]["message_id"])


def number_of(raw: Raw) -> int:
    """The number of a private message that an update speaks of; 0 where it speaks of none."""
    pressed = raw.get("callback_query")
    holder = pressed if isinstance(pressed, dict) else raw
    message = holder.get("message")
    chat = message.get("chat") if isinstance(message, dict) else None
    private = isinstance(chat, dict) and chat.get("type") == "private"
    number = message.get("message_id") if private and isinstance(message, dict) else 0
    return number if isinstance(number, int) else 0


def callback_of(raw: Raw) -> str | None:
    """The identifier by which a press is answered; None for anything else."""
    return raw["callback_query"]["id"] if "callback_query" in raw else None


def group_of(raw: Raw) -> str | None:
    """The group that a person said something in; None for anything else."""
    message = raw.get("message", {})
    if not message or message["chat"]["type"] not in ("group", "supergroup"):
        return None
    return _chat(message) if _said(message) else None


def _said(message: Raw) -> Event | None:
    """What a person said; what can be changed afterwards is known by its message."""
    number, caption = str(message["message_id"]), _text(message.get("caption", ""))
    if "text" in message:
        text = _text(message["text"])
        command = _COMMAND.fullmatch(text) if text.startswith("/") else None
        if command is None:
            return Event(Kind.TEXT, text, message=number)
        return Event(Kind.COMMAND, command[1].lower(), command[2] or "", message=number)
    if "photo" in message:
        largest = max(message["photo"], key=lambda size: size["width"] * size["height"])
        file = _reference("photo", largest, message)
        return Event(Kind.PHOTO, file=file, caption=caption, message=number)
    if "document" in message:
        document = message["document"]
        file = _reference("file", document, message)
        file["name"], file["mime"] = document.get("file_name", ""), document.get("mime_type", "")
        return Event(Kind.FILE, file=file, caption=caption, message=number)
    return Event(Kind.OTHER) if _SENT & message.keys() else None


def _reference(kind: str, file: Raw, message: Raw) -> dict[str, object]:
    """What `fetch` needs to have the bytes, and what is known of them before."""
    reference = {"kind": kind, "file_id": file["file_id"], "unique_id": file["file_unique_id"]}
    reference["size"] = file.get("file_size", 0)
    if "media_group_id" in message:
        reference["group"] = message["media_group_id"]
    return reference


def _person(sender: Raw) -> Person:
    name, last = _text(sender["first_name"]), _text(sender.get("last_name", ""))
    language, username = sender.get("language_code", ""), sender.get("username", "")
    return Person(f"{name} {last}" if last else name, _text(language), _text(username))


def _chat(holder: Raw) -> str:
    number = holder["chat"]["id"]
    if not isinstance(number, int):
        raise TypeError("a chat's identifier is a number")
    return str(number)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("what is said is a text")
    return value
