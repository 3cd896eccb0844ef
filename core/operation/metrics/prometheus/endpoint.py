"""`GET /metrics` for Prometheus: for this machine, or with the token."""

from __future__ import annotations

import ipaddress
import secrets
import time
from urllib.parse import urlsplit

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core.base.db import release
from core.base.settings import Settings
from core.base.settings.addresses import LOCAL
from core.conversation.delivery.bridge import Bridge
from core.operation.metrics.prometheus import exposition

log = structlog.get_logger()

_FORWARDED = ("forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-host")
"""What a proxy adds: who asks is then somebody else than who is connected."""


def route(settings: Settings, bridge: Bridge) -> Route:
    """The route; to everybody else it isn't there."""

    async def metrics(request: Request) -> Response:
        if not (_has_token(settings, request) or _from_here(settings, request)):
            raise HTTPException(404)
        found = await bridge.call(_numbers)
        if found is None:
            return PlainTextResponse("The database can't be read.", 503)
        return Response(found, media_type=exposition.CONTENT_TYPE)

    return Route("/metrics", metrics)


def _has_token(settings: Settings, request: Request) -> bool:
    token = settings.http.metrics_token.get_secret_value()
    given = request.headers.get("authorization", "")
    return bool(token) and secrets.compare_digest(
        given.encode("latin-1"), f"Bearer {token}".encode()
    )


def _from_here(settings: Settings, request: Request) -> bool:
    """Whether this machine asks for itself.

    Where the site has a public address, a proxy may be what connects from this machine.
    """
    public = urlsplit(settings.public_url).hostname
    if (public or LOCAL[0]) not in LOCAL or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        named = urlsplit(f"//{request.headers.get('host', '')}").hostname
        peer = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    return named in LOCAL and peer.is_loopback


def _numbers() -> str | None:
    try:
        return exposition.text(time.time())
    except Exception:
        log.exception("the numbers can't be read")
        release()  # a broken connection must not be kept
        return None
