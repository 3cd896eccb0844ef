"""The raw JSON of a person filling in the four-step form on Telegram, as its servers send it."""

from __future__ import annotations

import itertools
import json
from typing import Any

BOT = "1"
STEPS = 4
_numbers = itertools.count(1)


def command(chat: int) -> bytes:
    """`/start`."""
    entity = {"type": "bot_command", "offset": 0, "length": 6}
    return _message(chat, "/start", entities=[entity])


def comment(chat: int) -> bytes:
    """A typed sentence."""
    return _message(chat, "It was very good, thank you")


def press(chat: int, data: str) -> bytes:
    """A pressed button that carries `data`."""
    query = {
        "id": str(next(_numbers)),
        "from": _sender(chat),
        "message": {
            "message_id": next(_numbers),
            "from": {"id": int(BOT), "is_bot": True, "first_name": "Form"},
            "chat": _chat(chat),
            "date": 1_700_000_000,
            "text": "How was it?",
        },
        "chat_instance": "1",
        "data": data,
    }
    return _update(callback_query=query)


def _message(chat: int, text: str, **more: Any) -> bytes:
    message = {
        "message_id": next(_numbers),
        "from": _sender(chat),
        "chat": _chat(chat),
        "date": 1_700_000_000,
        "text": text,
        **more,
    }
    return _update(message=message)


def _update(**content: Any) -> bytes:
    return json.dumps({"update_id": next(_numbers), **content}).encode()


def _sender(chat: int) -> dict[str, Any]:
    return {"id": chat, "is_bot": False, "first_name": "Anna", "language_code": "en"}


def _chat(chat: int) -> dict[str, Any]:
    return {"id": chat, "first_name": "Anna", "type": "private"}
