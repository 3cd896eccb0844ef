"""A listening socket and a uvicorn server on it."""

from __future__ import annotations

import errno
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import structlog
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from core.base.errors import ConfigurationError
from core.base.processes import liveness, shutdown
from core.operation.serving.request_ids import RequestIds

log = structlog.get_logger()

MEBIBYTE = 1024 * 1024


class _Server(uvicorn.Server):
    async def on_tick(self, counter: int) -> bool:
        liveness.turned()
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        shutdown.begin()
        super().handle_exit(sig, frame)


class _Unbelieving:
    """Says once that somebody, perhaps a proxy that nobody has named, forwards requests."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._said = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        forwarded = any(name == b"x-forwarded-for" for name, _ in scope.get("headers", ()))
        if forwarded and not self._said:
            self._said = True
            log.warning("X-Forwarded-For is not believed: name the proxy in trusted_proxies")
        await self._app(scope, receive, send)


def listen(what: str, section: str, host: str, port: int) -> socket.socket:
    """The socket of "The chat page", whose settings are those of `section`.

    Raises ConfigurationError where the port can't be had.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return _bound(family, address)
    except OSError as error:
        why = _why_not(what, section, f"port {port} of {host}", error)
        raise ConfigurationError(why) from None


def server_of(
    app: ASGIApp,
    grace_seconds: int,
    message_bytes: int = 0,
    trusted_proxies: Sequence[str] = (),
) -> uvicorn.Server:
    """A uvicorn server; `message_bytes` is the maximum WebSocket message, 0 takes none at all.

    Where a request came from is believed of `trusted_proxies` alone: addresses and networks.
    """
    return _Server(
        uvicorn.Config(
            RequestIds(app if trusted_proxies else _Unbelieving(app)),
            forwarded_allow_ips=list(trusted_proxies),
            log_config=None,
            access_log=False,
            server_header=False,
            ws="websockets-sansio" if message_bytes else "none",
            ws_max_size=message_bytes,
            timeout_graceful_shutdown=grace_seconds,
        )
    )


def run(served: uvicorn.Server, listening: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT, then close the socket."""
    with listening, _stopping_quietly():
        try:
            served.run(sockets=[listening])
        finally:
            liveness.resting()


def _bound(family: int, address: tuple[object, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made


def _why_not(what: str, section: str, where: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{what} can't use {where}: it is taken. Set {section}.port to another."
    if error.errno == errno.EACCES:
        return f"{what} may not use {where}. Set {section}.port to one above 1023."
    return f"{what} can't use {where}: {error.strerror}. Correct {section}.host."


@contextmanager
def _stopping_quietly() -> Iterator[None]:
    """Make the signal that uvicorn re-raises after stopping end the process with 0."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
