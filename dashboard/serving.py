"""The dashboard as a process: Streamlit behind our doors, in one uvicorn server."""

from __future__ import annotations

import errno
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import streamlit as st
import structlog
import uvicorn
from starlette.middleware import Middleware
from streamlit import config

from core.errors import ConfigurationError
from core.settings import Settings
from dashboard.doors import Doors
from dashboard.login import Login
from dashboard.site import Site, open_site
from dashboard.words import translator

log = structlog.get_logger()

GRACE_SECONDS = 2


def serve(house: Any, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; raises ConfigurationError where the port can't be had."""
    site = open_site(house, settings)
    listening = listen(site)
    server = uvicorn.Server(
        uvicorn.Config(
            application(site),
            log_config=None,
            access_log=False,
            server_header=False,
            ws="websockets-sansio",
            ws_max_size=4 * 1024 * 1024,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    with listening, _stopping_quietly():
        server.run(sockets=[listening])


def application(site: Site) -> st.App:
    """The ASGI application; Streamlit's settings are the process's own."""
    config.get_config_options(force_reparse=True, options_from_flags=options(site))
    return st.App(
        Path(__file__).parent / "start" / "app.py",
        routes=Login(site).all(),
        middleware=[Middleware(Doors, site=site)],
        on_script_error=_admit,
    )


def options(site: Site) -> dict[str, Any]:
    """Streamlit's settings: its doors closed, its chrome away, our colours."""
    own = site.own
    return {
        "server.headless": True,
        "server.address": own.host,
        "server.port": own.port,
        "server.allowedHosts": site.allowed_hosts(),
        "server.corsAllowedOrigins": [own.public_url] if own.public_url else [],
        "server.enableCORS": True,
        "server.enableXsrfProtection": True,
        "server.cookieSecret": site.secret,
        "server.maxUploadSize": 1,
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "server.allowRunOnSave": False,
        "server.enableStaticServing": False,
        "server.enableAgentApi": False,
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.showErrorLinks": "false",
        "client.toolbarMode": "minimal",
        "logger.hideWelcomeMessage": True,
        "logger.level": "warning",
        "runner.magicEnabled": False,
        "theme.font": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
        "theme.light.primaryColor": "#5b5bd6",
        "theme.light.backgroundColor": "#ffffff",
        "theme.light.secondaryBackgroundColor": "#eceff5",
        "theme.light.textColor": "#1a1d24",
        "theme.dark.primaryColor": "#7d7df0",
        "theme.dark.backgroundColor": "#0e1117",
        "theme.dark.secondaryBackgroundColor": "#1b202b",
        "theme.dark.textColor": "#e8eaf0",
    }


def listen(site: Site) -> socket.socket:
    """The socket; raises ConfigurationError where it can't be had."""
    own = site.own
    try:
        family, _, _, _, address = socket.getaddrinfo(
            own.host or None, own.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        where = f"port {own.port} of {own.host}"
        if error.errno == errno.EADDRINUSE:
            why = f"The dashboard can't use {where}: it is taken. Set dashboard.port to another."
        else:
            why = f"The dashboard can't use {where}: {error.strerror}. Correct dashboard.host."
        raise ConfigurationError(why) from None
    return listening


def _admit(error: Exception) -> bool:
    """A mistake of ours, or a database that is away: into the log, and a sentence for the eye."""
    log.error("the dashboard failed", exc_info=error)
    t = translator(st.context.locale or "en")
    st.error(t("This can’t be shown now: the database may be away. The log says more. Try again."))
    return True


@contextmanager
def _stopping_quietly() -> Iterator[None]:
    """uvicorn passes a signal on once it has stopped: then this process ends, and ends well."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
