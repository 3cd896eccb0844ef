"""The simulated fal on a free port of this machine, in a thread of its own.

with FalServer(training_seconds=1) as server:
    trainer = FalTrainer(server.settings(Settings()), observe)
    server.plan.add("submit", "hang")
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
import weakref
from collections.abc import Callable
from typing import Self

import uvicorn
from pydantic import SecretStr
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from core.base.settings import Settings
from core.services.fal.simulation.app import Simulation
from core.services.fal.simulation.faults import Ledger, Plan
from core.services.fal.simulation.webhooks import Signer, Webhooks

_START_SECONDS = 10.0
_IDLE_SECONDS = 60
_RESET_AT_ONCE = struct.pack("ii", 1, 0)
_BACKLOG = 2048


_BEGAN = time.time() - time.monotonic()


def steady() -> float:
    """Seconds since 1970 by a clock that nobody sets: fal's is none of this machine's either."""
    return _BEGAN + time.monotonic()


class FalServer:
    """The server; its port takes connections from the beginning, `start` answers them.

    Processes whose servers have the same `secret` sign webhooks with the same key.
    """

    def __init__(
        self,
        queue_seconds: float = 0.0,
        training_seconds: float = 0.0,
        outcome: str = "success",
        secret: bytes = b"",
        clock: Callable[[], float] = steady,
        port: int = 0,
        picture_seconds: float = 0.0,
    ) -> None:
        self._signer = Signer(secret)
        self._clock = clock
        self._transports: dict[object, asyncio.Transport] = {}
        self._app = Simulation(
            queue_seconds, training_seconds, outcome, clock, self._abort, picture_seconds
        )
        self._app.key_set = self._signer.key_set()
        self._socket = _listening(port)
        weakref.finalize(self, self._socket.close)  # one that is never stopped is no leak
        self._app.base = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._server: uvicorn.Server | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def base(self) -> str:
        """Where it is, without a slash at the end."""
        return self._app.base

    @property
    def plan(self) -> Plan:
        """What shall go wrong: for tests."""
        return self._app.plan

    @property
    def prices(self) -> dict[str, float]:
        """US dollars a unit by endpoint, as its platform tells: none at first."""
        return self._app.platform.prices

    @property
    def ledger(self) -> Ledger:
        """What came, from the first time on that it is asked for: for tests."""
        if self._app.ledger is None:
            self._app.ledger = Ledger()
            if self._app.webhooks is not None:
                self._app.webhooks.ledger = self._app.ledger
        return self._app.ledger

    def settings(self, settings: Settings, key: str = "simulated") -> Settings:
        """The same settings, with this server in the place of fal.ai."""
        places = {
            "queue_url": f"{self.base}/queue",
            "rest_url": f"{self.base}/rest",
            "cdn_url": f"{self.base}/cdn",
            "jwks_url": f"{self.base}/rest/.well-known/jwks.json",
            "api_url": f"{self.base}/api",
            "key": SecretStr(key),
        }
        return settings.model_copy(update={"fal": settings.fal.model_copy(update=places)})

    def start(self) -> None:
        """Answer from now on; any number of times, from any thread."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="simulated-fal", daemon=True)
                self._thread.start()
                deadline = time.monotonic() + _START_SECONDS
                while self._server is None or not self._server.started:
                    if time.monotonic() > deadline or not self._thread.is_alive():
                        raise RuntimeError("the simulated fal did not start")
                    time.sleep(0.002)

    def stop(self) -> None:
        with self._lock:
            if self._server is not None and self._thread is not None:
                self._server.should_exit = self._server.force_exit = True
                self._thread.join(_START_SECONDS)
        self._socket.close()

    def dismiss(self) -> None:
        """Have it stop soon, without waiting for it: from anywhere, a garbage collection too."""
        if self._server is None:
            self._socket.close()
        else:
            self._server.should_exit = self._server.force_exit = True

    def _run(self) -> None:
        transports = self._transports

        class Protocol(H11Protocol):
            """uvicorn's own, which also says which connection a client has."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
                super().connection_made(transport)
                transports[transport.get_extra_info("peername")] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                if self.transport is not None:
                    transports.pop(self.transport.get_extra_info("peername"), None)
                super().connection_lost(exc)

        config = uvicorn.Config(
            self._app.asgi, http=Protocol, ws="none", lifespan="off", log_config=None,
            access_log=False, log_level="warning", timeout_keep_alive=_IDLE_SECONDS, loop="asyncio",
        )  # fmt: skip
        server = uvicorn.Server(config)
        asyncio.run(self._serve(server))

    async def _serve(self, server: uvicorn.Server) -> None:
        self._app.webhooks = Webhooks(self._signer, self._clock, self._app.ledger)
        self._server = server
        try:
            await server.serve(sockets=[self._socket])
        finally:
            await self._app.webhooks.close()

    def _abort(self, request: Request) -> None:
        """Cut a client's connection, as a crash would."""
        client = request.scope.get("client")
        transport = self._transports.get(tuple(client)) if client else None
        if transport is not None:
            connection = transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
            transport.abort()


def _listening(port: int) -> socket.socket:
    """A socket that takes connections; asyncio looks at its protocol before it sets TCP_NODELAY."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    made.listen(_BACKLOG)
    return made
