"""What is served beside the conversation: the first page, its looks, pictures, health."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from channels.web.first_page import HERE, LOOKS, FirstPage
from channels.web.site import SIDES, Site
from channels.web.talk import TROUBLE, language_of
from core.base.db import release
from core.conversation.inbox import find
from core.conversation.messages import Address
from core.operation.serving.readiness import NO_OBJECT, Readiness
from core.operation.serving.replies import health

_KINDS = {
    b"PK": "application/zip",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG": "image/png",
    b"RIFF": "image/webp",
}
"""What a file is by its first bytes."""
_A_WHILE = {"Cache-Control": "private, max-age=300"}
_FOR_AN_HOUR = {"Cache-Control": "public, max-age=3600"}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


class Routes:
    """The handlers; those that read the database or the disk run in threads."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._first_page = FirstPage(site)

    def all(self) -> list[BaseRoute]:
        """Each with its path."""
        return [
            Route("/", self.index),
            Route("/looks/{version}/icon", self.kept_icon),
            Route("/looks/{version}/{name}", self.looks),
            Route("/favicon.{kind}", self.icon),
            Route("/picture/{token}", self.picture),
            Route("/health", health),
            *Readiness(store=lambda: self._site.app.open_file(NO_OBJECT)).routes(),
        ]

    async def index(self, request: Request) -> Response:
        """The page without a conversation, in the browser's language: no database is asked."""
        policy = {"Content-Security-Policy": self._first_page.policy}
        newcomer = self._site.visitor_of(request.cookies) is None
        return HTMLResponse(self._first_page.html(language_of(request), newcomer), headers=policy)

    async def looks(self, request: Request) -> Response:
        """The scripts and the font."""
        name = request.path_params["name"]
        if name not in LOOKS:
            return PlainTextResponse("Not found", 404)
        return FileResponse(HERE / "looks" / name, headers=_FOR_EVER)

    async def icon(self, _: Request) -> Response:
        """Where browsers look for it."""
        return FileResponse(self._first_page.icon, headers=_FOR_AN_HOUR)

    async def kept_icon(self, _: Request) -> Response:
        """The same, under an address of its own for each."""
        return FileResponse(self._first_page.icon, headers=_FOR_EVER)

    def picture(self, request: Request) -> Response:
        """A picture, for the one visitor its path was made for."""
        visitor = self._site.visitor_of(request.cookies)
        found = visitor and self._site.picture_of(visitor, request.path_params["token"])
        if not visitor or not found:
            return PlainTextResponse("Not found", 404)
        kind, name, called = found
        if kind == "file":
            return self._file(name, called)
        try:
            data = self._picture(visitor, kind, name, SIDES["large" in request.query_params])
        except TROUBLE:
            return PlainTextResponse("Try again", 503)
        finally:
            release()
        if data is None:
            return PlainTextResponse("Gone", 404, headers={"Cache-Control": "no-store"})
        return Response(data, media_type="image/jpeg", headers=_A_WHILE)

    def _file(self, key: str, called: str) -> Response:
        """A stored file under the name that it is called by, for as long as it is kept."""
        try:
            data = self._site.app.open_file(key)
        except TROUBLE:
            return PlainTextResponse("Try again", 503)
        if data is None:
            return PlainTextResponse("Gone", 404, headers={"Cache-Control": "no-store"})
        kinds = (kind for start, kind in _KINDS.items() if data.startswith(start))
        kind = next(kinds, "application/octet-stream")
        named = f"attachment; filename*=UTF-8''{quote(called)}" if called else "attachment"
        headers = {"Cache-Control": "no-store", "Content-Disposition": named}
        return Response(data, media_type=kind, headers=headers)

    def _picture(self, visitor: str, kind: str, name: str, side: int) -> bytes | None:
        if kind == "stored":
            return self._site.app.thumbnail(name, side)
        conversation_id = find(Address("web", "web", visitor))
        if conversation_id is None:
            return None
        return self._site.app.sent_picture(conversation_id, name, side)
