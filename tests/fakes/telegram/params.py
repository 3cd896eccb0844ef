"""What a bot sends with a call: all strings, as Telegram's own server sees them."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField

from tests.fakes.telegram.refusals import bad


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
