"""The page as a process: our routes behind the visitor's middleware, in one uvicorn server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from channels.web import Settings
from channels.web.middleware import VisitorMiddleware
from channels.web.routes import Routes
from channels.web.site import Site
from channels.web.talk import Talk
from core.conversation.delivery.bridge import Bridge
from core.conversation.delivery.channel import Host
from core.operation.serving.server import listen, run, server_of

log = structlog.get_logger()

GRACE_SECONDS = 2
THREADS = 8
COMPRESSED_BYTES = 500
"""From this size on an answer is worth compressing."""


def serve(app: Host, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; raises ConfigurationError where the port can't be had."""
    site = Site(app, settings)
    listening = listen("The chat page", "web", settings.host, settings.port)
    proxies = settings.trusted_proxies
    run(server_of(application(site), GRACE_SECONDS, trusted_proxies=proxies), listening)


def application(site: Site) -> Starlette:
    """The ASGI application, for one run of a server."""
    bridge = Bridge(THREADS)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        bridge.close()

    hosts = site.settings.names
    return Starlette(
        routes=[*Routes(site).all(), *Talk(site, bridge).all()],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False),
            Middleware(VisitorMiddleware, site=site),
            Middleware(GZipMiddleware, minimum_size=COMPRESSED_BYTES),
        ],
        exception_handlers={Exception: _admit},
        lifespan=lifespan,
    )


async def _admit(request: Request, error: Exception) -> Response:
    """A mistake of ours: into the log it goes, the page finds kind words for it."""
    log.error("the chat page failed", path=request.url.path, exc_info=error)
    return PlainTextResponse("Something went wrong on our side", 500)
