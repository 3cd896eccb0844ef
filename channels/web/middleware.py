"""What stands in front of Streamlit: who comes in, and what never goes out."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels.web.site import COOKIE, Site
from core.operation.serving.replies import cookie, guard

FOR_DAYS = 400
"""How long a browser keeps a cookie at most; each visit begins it anew."""

OPEN = (
    "/_stcore/health", "/_stcore/host-config", "/_stcore/upload_file/",
    "/static/", "/looks/", "/favicon.", "/picture/", "/health",
)  # fmt: skip
"""What the page needs; the rest of Streamlit (metrics, agents, log-in) is nobody's business."""


class VisitorMiddleware:
    """Gives whoever opens a page their cookie, and keeps Streamlit's back doors shut."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] != "/" and not scope["path"].startswith(OPEN):
            await PlainTextResponse("Not found", 404)(scope, receive, send)
            return

        async def greet(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._greet(scope, MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, greet)

    def _greet(self, scope: Scope, headers: MutableHeaders) -> None:
        guard(headers)
        if headers.get("Content-Type", "").startswith("text/html"):
            headers.append("Set-Cookie", self._cookie(HTTPConnection(scope)))

    def _cookie(self, request: HTTPConnection) -> str:
        visitor = self._site.visitor_of(request.cookies) or self._site.new_visitor()
        value, secure = self._site.cookie_of(visitor), self._site.settings.secure
        return cookie(COOKIE, value, FOR_DAYS * 24 * 3600, secure, request.headers)
