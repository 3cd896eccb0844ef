"""One ASGI app for whatever the outside world asks us: the routes of services and channels, health.

It keeps nothing in memory: any number of processes may serve it behind one address.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from core.base.settings import Settings
from core.base.settings.running.processes import Http
from core.conversation.delivery.bridge import Bridge
from core.operation.metrics.prometheus import endpoint
from core.operation.serving import server as serving
from core.operation.serving.readiness import Readiness
from core.operation.serving.replies import database_answers

log = structlog.get_logger()

PORT = 8600
"""The default port."""
GRACE_SECONDS = 5
THREADS = 8


class App(Protocol):
    """The parts of `core.app.bootstrap.App` that the server needs."""

    settings: Settings

    def routes(self, bridge: Bridge) -> Iterable[BaseRoute]: ...


def application(app: App) -> Starlette:
    """The app: `/live`, `/ready`, `/health`, `/metrics`, and what the app offers.

    Made for one run of a server.
    """
    bridge = Bridge(THREADS)
    offered = list(app.routes(bridge))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as opened:
            opened.callback(bridge.close)
            for route in offered:
                if isinstance(route, AbstractAsyncContextManager):
                    await opened.enter_async_context(route)
            yield

    async def health(_request: Request) -> Response:
        well = await bridge.call(database_answers)
        return JSONResponse({"database": "ok" if well else "unreachable"}, 200 if well else 503)

    beside = [Route("/health", health), endpoint.route(app.settings, bridge)]
    own = [*Readiness().routes(), *beside]
    return Starlette(routes=[*own, *offered], lifespan=lifespan)


def configured(settings: Settings) -> bool:
    """Whether `likeness run` starts it."""
    return bool(settings.public_url or settings.http.port)


def address(settings: Http) -> str:
    """Its local URL."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port or PORT}"


def serve(app: App) -> None:
    """Serve until SIGTERM or SIGINT; raises ConfigurationError if the port is unavailable."""
    settings = app.settings
    if not settings.public_url:
        log.warning("no webhooks of fal.ai, only polling: public_url is not set")
    serving.run(server(app), listen(settings.http))


def server(app: App) -> uvicorn.Server:
    """The app's server, not listening yet."""
    return serving.server_of(application(app), GRACE_SECONDS)


def listen(settings: Http) -> socket.socket:
    """A socket at the configured address; raises ConfigurationError if it is unavailable."""
    return serving.listen("The web server", "http", settings.host, settings.port or PORT)
