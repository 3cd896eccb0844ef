"""What a bot sends with a call, all strings, as Telegram's own server sees them; and of what."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField

from tests.fakes.telegram.refusals import ApiError, bad, migrated
from tests.fakes.telegram.world import Chat, Message, World


@dataclass
class Params:
    values: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # file name, content

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def number(self, name: str, default: int = 0) -> int:
        found = re.match(r"-?\d+", self.text(name))
        return int(found[0]) if found else default

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("true", "yes", "1")

    def json(self, name: str, what: str = "") -> Any:
        """None where it is missing; a refusal naming `what` where it is no JSON."""
        try:
            return json.loads(self.text(name)) if self.text(name) else None
        except ValueError:
            if not what:
                return None
            raise bad(f"can't parse {what} JSON object") from None

    @property
    def chat(self) -> int | None:
        return self.number("chat_id") or None


async def read(request: web.Request) -> Params:
    params = Params(dict(request.query))
    if request.content_type == "application/json":
        take_json(params, await request.read())
    elif request.can_read_body:
        for name, value in (await request.post()).items():
            if isinstance(value, FileField):
                params.files[name] = (value.filename, value.file.read())
            else:
                params.values[name] = value if isinstance(value, str) else bytes(value).decode()
    return params


def take_json(params: Params, body: bytes) -> None:
    try:
        values = json.loads(body or b"{}")
    except ValueError:
        raise bad("can't parse JSON object") from None
    if not isinstance(values, dict):
        raise bad("object expected")
    for name, value in values.items():
        if value is not None:
            params.values[name] = value if isinstance(value, str) else json.dumps(value)


def known_chat(world: World, params: Params) -> Chat:
    if not params.text("chat_id"):
        raise bad("chat_id is empty")
    chat = world.chats.get(params.number("chat_id"))
    if chat is not None and chat.id in world.upgraded:
        raise migrated(world.upgraded[chat.id])
    if chat is None or not chat.met:
        raise bad("chat not found")
    return chat


def writable_chat(world: World, params: Params) -> Chat:
    chat = known_chat(world, params)
    if chat.blocked:
        raise ApiError(403, "Forbidden: bot was blocked by the user")
    if not chat.started:
        raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
    return chat


def found(world: World, params: Params, purpose: str) -> tuple[Chat, Message]:
    if not params.text("chat_id") and not params.number("message_id"):
        raise bad("message identifier is not specified")
    chat = known_chat(world, params)
    message = chat.messages.get(params.number("message_id"))
    if message is None:
        raise bad(f"{purpose} not found")
    return chat, message


def editable(world: World, params: Params) -> Message:
    _, message = found(world, params, "message to edit")
    if not message.from_bot or (message.markup and "inline_keyboard" not in message.markup):
        raise bad("message can't be edited")
    return message
