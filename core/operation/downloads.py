"""Download links for files too large for a chat, valid for a day."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from core.avatars.ports import ObjectStore
from core.avatars.privacy.models_made import PATH, Made, opened
from core.base.errors import StorageUnavailable
from core.conversation.delivery.bridge import Bridge

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


class Downloads:
    """Serves trained models; `clock` returns seconds since 1970."""

    def __init__(
        self, bridge: Bridge, store: ObjectStore, clock: Callable[[], float] = time.time
    ) -> None:
        self._bridge = bridge
        self._store = store
        self._clock = clock

    @property
    def route(self) -> Route:
        return Route(PATH, self._get, methods=["GET"])

    async def _get(self, request: Request) -> Response:
        try:
            found = await self._bridge.call(self._found, request.path_params["token"])
        except StorageUnavailable:
            return PlainTextResponse("Try again", 503, headers=_HEADERS)
        if found is None:
            return PlainTextResponse("Not found", 404, headers=_HEADERS)
        named = f"attachment; filename*=UTF-8''{quote(found.file, safe='')}"
        headers = {**_HEADERS, "Content-Disposition": named, "Content-Length": str(found.size)}
        return StreamingResponse(
            self._store.stream(str(found.key)),
            media_type="application/octet-stream",
            headers=headers,
        )

    def _found(self, token: str) -> Made | None:
        found = opened(token, self._clock())
        return found if found and self._store.exists(str(found.key)) else None
