"""What stands before every route: who comes in, from where, and what never goes out."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels.web.site import Site
from core.operation.serving.replies import guard

_ELSEWHERE = ("cross-site", "same-site")


class VisitorMiddleware:
    """Keeps the cookie of a returning visitor, and lets no other site act in their name.

    A visitor who only looks gets none: see `Talk.view`.
    """

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "POST" and not self._from_here(HTTPConnection(scope).headers):
            await PlainTextResponse("Only from the page itself", 403)(scope, receive, send)
            return

        async def greet(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._greet(scope, MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, greet)

    def _from_here(self, headers: Headers) -> bool:
        """Whether our own page asks. An old browser says neither; its cookie is `SameSite`."""
        origin = headers.get("Origin")
        ours = {headers.get("Host", ""), urlsplit(self._site.settings.public_url).netloc}
        from_here = origin is None or urlsplit(origin).netloc in ours - {""}
        return from_here and headers.get("Sec-Fetch-Site") not in _ELSEWHERE

    def _greet(self, scope: Scope, headers: MutableHeaders) -> None:
        guard(headers)
        request = HTTPConnection(scope)
        visitor = self._site.visitor_of(request.cookies)
        if visitor and headers.get("Content-Type", "").startswith("text/html"):
            headers.append("Set-Cookie", self._site.greeting(visitor, request))
