"""Shared parts of HTTP: bodies of limited size, security headers, cookies, `/health`."""

from __future__ import annotations

from http.cookies import SimpleCookie

import structlog
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from core.base.db import database, release

log = structlog.get_logger()


async def body_of(request: Request, most: int) -> bytes:
    """The body of a request.

    Raises HTTPException: 413 where it has more than `most` bytes, 400 where its sender has gone.
    """
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > most:
                raise HTTPException(413, "too large")
    except ClientDisconnect:
        raise HTTPException(400) from None  # which nobody is there to hear
    return bytes(body)


def guard(headers: MutableHeaders) -> None:
    """Add security headers: no sniffing, frames, caching or referrers."""
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    if headers.get("Content-Type", "").startswith("text/html"):
        headers.setdefault("Content-Security-Policy", "frame-ancestors 'none'")
        headers["Cache-Control"] = "no-store"


def cookie(name: str, value: str, seconds: int, secure: bool, path: str = "/") -> str:
    """A `Set-Cookie` that scripts and other sites don't see, and where `secure` only HTTPS."""
    kept = SimpleCookie({name: value})[name]
    kept["path"] = path
    kept["max-age"] = seconds
    kept["httponly"] = True
    kept["samesite"] = "Lax"
    if secure:
        kept["secure"] = True
    return kept.OutputString()


def health(_: Request) -> Response:
    """The health endpoint: whether the database answers, and nothing else."""
    if database_answers():
        return PlainTextResponse("ok")
    return PlainTextResponse("The database can't be reached", 503)


def database_answers() -> bool:
    """Whether the database answers; closes this thread's connection."""
    try:
        database.execute_sql("SELECT 1")
    except Exception:
        log.exception("the database can't be reached")
        return False
    finally:
        release()
    return True
