"""What stands in front of Streamlit: nothing passes without a log-in, by HTTP or WebSocket."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.base.db import INFRASTRUCTURE
from core.operation.serving.replies import guard
from dashboard.login.login_page import broken, inside
from dashboard.site import BACK, LEAVE, Site

_LOOKING = ("GET", "HEAD")
OPEN = {
    "/login": (*_LOOKING, "POST"),
    "/health": _LOOKING,
    "/live": _LOOKING,
    "/ready": _LOOKING,
}
"""What is served without a log-in."""
OPEN_OIDC = {LEAVE: ("GET",), BACK: ("GET",)}
"""And this, where OIDC is configured."""
FILES = ("/static/",)
"""Streamlit's own files, the same for everybody: many for each page, and nothing of ours."""
CLOSED = (
    "/_stcore/metrics", "/_stcore/upload_file", "/_stcore/script-health-check", "/_stcore/agent",
    "/auth/", "/oauth2callback", "/component/", "/app/", "/mcp", "/.well-known",
)  # fmt: skip
"""Streamlit's doors that the dashboard doesn't need."""


class Doors:
    """Asks visitors who they are, and sends those not logged in to the log-in."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site
        self._open = {**OPEN, **(OPEN_OIDC if site.own.oidc.issuer else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        refusal = await self._refusal(connection)
        if refusal is None:
            await self._app(scope, receive, _guarded(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, _guarded(send))

    async def _refusal(self, connection: HTTPConnection) -> Response | None:
        path = connection.url.path
        if not self._site.knows_host(connection.headers.get("host", "")):
            return PlainTextResponse("Unknown host", 400)
        if connection.scope["type"] == "websocket":
            if not same_origin(connection, self._site.own.public_url):
                return PlainTextResponse("Elsewhere", 403)
        elif connection.scope["method"] in self._open.get(path, ()):
            return None
        if path.startswith(CLOSED):
            return PlainTextResponse("Not found", 404)
        try:
            ask = self._site.trusted if path.startswith(FILES) else self._site.admitted
            if await run_in_threadpool(ask, connection.cookies):
                return None
        except INFRASTRUCTURE:
            if _is_page(connection):
                return broken(self._site, Request(connection.scope), inside(_place(connection)))
            return PlainTextResponse("The database can't be reached", 503)
        if _is_page(connection):
            return RedirectResponse(f"/login?next={quote(_place(connection), safe='')}", 303)
        return PlainTextResponse("Log in first", 401)


def _is_page(connection: HTTPConnection) -> bool:
    """Whether somebody looks at the answer, and no script."""
    path = connection.url.path
    return connection.scope.get("method") == "GET" and "." not in path and "_stcore" not in path


def _place(connection: HTTPConnection) -> str:
    query = connection.url.query
    return connection.url.path + (f"?{query}" if query else "")


def same_origin(connection: HTTPConnection, public_url: str) -> bool:
    """Whether a page of ours sent this; browsers say so, and others have no cookies to lend."""
    origin = connection.headers.get("origin")
    if origin is None:
        return connection.headers.get("sec-fetch-site", "none") in ("same-origin", "none")
    here = {connection.headers.get("host", ""), urlsplit(public_url).netloc}
    return bool(urlsplit(origin).netloc) and urlsplit(origin).netloc in here


def _guarded(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            guard(MutableHeaders(scope=message))
        await send(message)

    return guarded
