"""`python -m core.conversation.testing.serving FOLDER [NAMED]`: serve the channel of a folder.

`kit.json` of the folder names the channel, its settings, and the port for what it serves over
HTTP; NAMED, as JSON, is what a terminal's `run` takes beside the host.
"""

from __future__ import annotations

import importlib
import json
import sys
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from core.base.db import connect
from core.base.errors import ConfigurationError
from core.base.logs.log import begin
from core.base.migrations.runner import prepare
from core.conversation.delivery.bridge import Bridge
from core.conversation.delivery.channel import Routed
from core.conversation.testing.serving import dialogue
from core.conversation.testing.serving.beside import Beside
from core.conversation.testing.serving.dying import Fate, MortalEngine, MortalInbox
from core.conversation.testing.serving.host import KitHost
from core.conversation.timing.pacing import Pace

log = structlog.get_logger()

GROUP = "likeness.channels"
QUEUE = 300
PACE = Pace(quiet=0.15, settle=0.5, tick=0.3, series=1.5)
"""The product's in small, so that nobody waits for it."""
ATTEMPTS = 2


def channel_class(named: str) -> Any:
    """The class of a channel: by its entry point's name, or as `module:Class`.

    Raises ConfigurationError where none is installed under this name.
    """
    if ":" in named:
        module, _, name = named.partition(":")
        return getattr(importlib.import_module(module), name)
    found = {point.name: point for point in entry_points(group=GROUP)}
    if named not in found:
        known = ", ".join(sorted(found))
        raise ConfigurationError(f"No channel {named!r} is installed. There are: {known}.")
    return found[named].load()


def main(folder: Path, named: dict[str, Any]) -> None:
    """Serve until told to stop."""
    begin(sys.stderr)
    known = json.loads((folder / "kit.json").read_text())
    database = connect(f"sqlite:///{folder / 'kit.db'}", "normal")
    prepare(database)
    fate = Fate(folder)
    fate.watch_sending()
    kind = channel_class(known["channel"])
    can = kind.capabilities
    longest = min(can.text_length, can.caption_length) if can.pictures else can.text_length
    flow = dialogue.made(longest, can.file_bytes)
    inbox = MortalInbox(fate, flow.table.initial, flow.language, QUEUE)
    engine = MortalEngine(fate, flow, inbox, PACE, ATTEMPTS)
    host = KitHost(engine, folder / "data")
    channel = kind(kind.Settings.model_validate(known["settings"]))
    Beside(host, channel).start()
    serving = _served(channel, host, known["port"])
    channel.run(host, **named)
    if serving is not None:
        serving.should_exit = True


def _served(channel: Any, host: KitHost, port: int) -> uvicorn.Server | None:
    """Serve what the channel answers over HTTP, in a thread; None where there is nothing."""
    if not isinstance(channel, Routed):
        return None
    bridge = Bridge()
    routes = list(channel.routes(host, bridge))
    if not routes:
        return None
    site = Starlette(routes=routes, lifespan=_entered(routes))
    config = uvicorn.Config(site, host="127.0.0.1", port=port, log_level="warning")
    server = uvicorn.Server(config)
    threading.Thread(target=server.run, name="routes", daemon=True).start()
    return server


def _entered(routes: Iterable[BaseRoute]) -> Any:
    """A lifespan in which those routes are entered that want it."""

    @asynccontextmanager
    async def lifespan(_site: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for route in routes:
                if isinstance(route, AbstractAsyncContextManager):
                    await stack.enter_async_context(route)
            yield

    return lifespan


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]) if len(sys.argv) > 2 else {})
