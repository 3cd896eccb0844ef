"""Telegram's updates in the core's words: pure, and on the way of every message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.conversation.messages import Address, Event, Kind, Person, Update

NAME = "telegram"
KINDS = ("message", "callback_query")
"""What is asked of Telegram: a change that a person makes to an old message is no new event."""

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_SERVICE = frozenset(
    {
        "boost_added", "chat_background_set", "connected_website", "gift", "left_chat_member",
        "message_auto_delete_timer_changed", "new_chat_members", "pinned_message", "unique_gift",
        "write_access_allowed",
    }
)  # fmt: skip
"""What Telegram itself writes into a chat: nobody has said anything."""

Raw = Mapping[str, Any]


def to_event(raw: Raw, bot: str) -> Update | None:
    """An update of a private chat; None where it is nothing that a conversation consists of."""
    message = raw.get("message")
    if message is not None:
        sender, event = message.get("from"), _said(message)
    else:
        pressed = raw.get("callback_query", {})
        message, sender = pressed.get("message"), pressed.get("from")
        event = Event(Kind.PRESS, pressed["data"]) if "data" in pressed else None
    if event is None or sender is None or message is None or message["chat"]["type"] != "private":
        return None
    address = Address(NAME, bot, str(message["chat"]["id"]))
    return Update(str(raw["update_id"]), address, event, _person(sender))


def callback_of(raw: Raw) -> str | None:
    """The identifier by which a press is answered; None for anything else."""
    return raw["callback_query"]["id"] if "callback_query" in raw else None


def group_of(raw: Raw) -> str | None:
    """The group that something was said in; None for anything else."""
    chat = raw["message"]["chat"] if "message" in raw else {}
    return str(chat["id"]) if chat.get("type") in ("group", "supergroup") else None


def language_of(raw: Raw) -> str:
    """The language of whoever said something, as their client tells it."""
    return str(raw["message"].get("from", {}).get("language_code", ""))


def _said(message: Raw) -> Event | None:
    text = message.get("text")
    if text is not None:
        command = _COMMAND.fullmatch(text) if text.startswith("/") else None
        if command is None:
            return Event(Kind.TEXT, text)
        return Event(Kind.COMMAND, command[1].lower(), command[2] or "")
    if "photo" in message:
        largest = max(message["photo"], key=lambda size: size["width"] * size["height"])
        return Event(Kind.PHOTO, file=_reference("photo", largest, message))
    if "document" in message:
        document = message["document"]
        file = _reference("file", document, message)
        file["name"], file["mime"] = document.get("file_name", ""), document.get("mime_type", "")
        return Event(Kind.FILE, file=file)
    return None if _SERVICE & message.keys() else Event(Kind.TEXT)


def _reference(kind: str, file: Raw, message: Raw) -> dict[str, object]:
    """What `fetch` needs to have the bytes, and what is known of them before."""
    reference = {"kind": kind, "file_id": file["file_id"], "unique_id": file["file_unique_id"]}
    reference["size"] = file.get("file_size", 0)
    if "media_group_id" in message:
        reference["group"] = message["media_group_id"]
    return reference


def _person(sender: Raw) -> Person:
    name, last = sender["first_name"], sender.get("last_name")
    whole = f"{name} {last}" if last else name
    return Person(whole, sender.get("language_code", ""), sender.get("username", ""))
