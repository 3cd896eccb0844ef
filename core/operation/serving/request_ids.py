"""An id for each HTTP request: in its log lines, and in its answer as `X-Request-ID`.

One that a proxy gives is kept, so that its log and ours speak of the same.
"""

from __future__ import annotations

import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.base.logs import log_ids
from core.base.processes import meters

HEADER = "X-Request-ID"
_FIT = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What may stand in a log line; anything else gets an id of ours."""


class RequestIds:
    """Names each request, and counts it by its answer.

    The name is never taken back: a server logs the failure of a request after we have returned.
    Each request is a task with a context of its own.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        name = _name(Headers(scope=scope).get(HEADER, ""))
        log_ids.add(request=name)

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = name
                meters.count("http_requests", code=str(message["status"]))
            await send(message)

        await self._app(scope, receive, named)


def _name(given: str) -> str:
    return given if _FIT.fullmatch(given) else secrets.token_hex(8)
