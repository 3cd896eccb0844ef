"""`/live` and `/ready`: whether a process turns, and whether what it needs is within reach.

Who is not live is to be started anew. Who is not ready is to get no requests for now; starting it
anew would not help.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from core.base.db import INFRASTRUCTURE, database, release
from core.base.errors import LikenessError, SchemaMismatch, kind
from core.base.migrations import runner

log = structlog.get_logger()

LASTS = 1.0
"""Seconds that an answer lasts: frequent questions reach nothing behind us."""
NO_OBJECT = "health/health/health"
"""A key that no object has: asking for it shows whether the store answers."""

Probe = Callable[[], object]


class Readiness:
    """What a process needs, each by its name; a probe raises where it can't be had."""

    def __init__(self, **probes: Probe) -> None:
        self._probes = {"database": schema_fits, **probes}
        self._lock = threading.Lock()
        self._found: dict[str, str] = {}
        self._at = -LASTS

    def look(self) -> dict[str, str]:
        """Each need by its name: "ok", or the kind of error."""
        with self._lock:
            if time.monotonic() - self._at >= LASTS:
                found = {name: _asked(probe) for name, probe in self._probes.items()}
                self._tell(found)
                self._found, self._at = found, time.monotonic()
            return self._found

    def routes(self) -> list[BaseRoute]:
        """For a server: open to everybody, and without a word about what is behind it."""
        return [Route("/live", live), Route("/ready", self._ready)]

    def _ready(self, _request: Request) -> Response:
        found = self.look()
        well = all(word == "ok" for word in found.values())
        return JSONResponse(found, 200 if well else 503)

    def _tell(self, found: dict[str, str]) -> None:
        if found == self._found:
            return
        if any(word != "ok" for word in found.values()):
            log.error("not ready", **found)
        elif self._found:
            log.info("ready again")


async def live(_request: Request) -> Response:
    """On the loop itself: it answers if that turns."""
    return PlainTextResponse("ok")


def schema_fits() -> None:
    """Raise DatabaseUnavailable or SchemaMismatch where the database can't be worked with."""
    if not runner.look(database, quiet=True):
        raise SchemaMismatch("The database is empty: run `likeness migrate`.")


def _asked(probe: Probe) -> str:
    try:
        probe()
    except (LikenessError, OSError, *INFRASTRUCTURE) as error:
        return kind(error)
    finally:
        release()
    return "ok"
