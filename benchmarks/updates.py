"""The raw JSON of a person filling in the four-step form on Telegram, as its servers send it.

Made from templates, so that making it takes hardly any of the time that is measured.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

BOT = "1"
STEPS = 4
POLLED = 100
"""So many updates Telegram gives at once, at most."""
_numbers = itertools.count(1)


def command(chat: int) -> bytes:
    """`/start`."""
    return _filled(_COMMAND, chat, "")


def comment(chat: int) -> bytes:
    """A typed sentence."""
    return _filled(_COMMENT, chat, "")


def press(chat: int, data: str) -> bytes:
    """A pressed button that carries `data`."""
    return _filled(_PRESS, chat, data)


def _filled(template: str, chat: int, data: str) -> bytes:
    return (template % {"number": next(_numbers), "chat": chat, "data": data}).encode()


def _template(**content: Any) -> str:
    """An update as JSON with places for `number`, `chat` and `data`."""
    text = json.dumps({"update_id": "%(number)d", **content})
    return text.replace('"%(number)d"', "%(number)d").replace('"%(chat)d"', "%(chat)d")


_SENDER = {"id": "%(chat)d", "is_bot": False, "first_name": "Anna", "language_code": "en"}
_CHAT = {"id": "%(chat)d", "first_name": "Anna", "type": "private"}
_MESSAGE = {"message_id": "%(number)d", "from": _SENDER, "chat": _CHAT, "date": 1_700_000_000}
_BOT_COMMAND = {"type": "bot_command", "offset": 0, "length": 6}
_BOT = {"id": int(BOT), "is_bot": True, "first_name": "Form"}
_COMMAND = _template(message={**_MESSAGE, "text": "/start", "entities": [_BOT_COMMAND]})
_COMMENT = _template(message={**_MESSAGE, "text": "It was very good, thank you"})
_PRESS = _template(
    callback_query={
        "id": "q%(number)d",
        "from": _SENDER,
        "message": {**_MESSAGE, "from": _BOT, "text": "How was it?"},
        "chat_instance": "1",
        "data": "%(data)s",
    }
)
