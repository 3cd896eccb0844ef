"""The page as a process: Streamlit behind our doors, in one uvicorn server."""

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
from urllib.parse import urlsplit

import streamlit as st
import structlog
import uvicorn
from starlette.middleware import Middleware
from streamlit import config

from channels.web import EVERYWHERE, Settings, callbacks
from channels.web.bubbles import header, trouble
from channels.web.doors import Doors
from channels.web.routes import Routes
from channels.web.site import House, Site, current, open_site
from channels.web.words import words
from core.errors import ConfigurationError

log = structlog.get_logger()

GRACE_SECONDS = 2
LOCAL = ("localhost", "127.0.0.1", "::1")


def serve(house: House, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; raises ConfigurationError where the port can't be had."""
    site = open_site(house, settings)
    listening = listen(settings)
    server = uvicorn.Server(
        uvicorn.Config(
            application(site),
            log_config=None,
            access_log=False,
            server_header=False,
            ws="websockets-sansio",
            ws_max_size=16 * 1024 * 1024,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    with listening, _stopping_quietly():
        server.run(sockets=[listening])


def application(site: Site) -> st.App:
    """The ASGI application; Streamlit's settings are the process's own."""
    callbacks.keep_presses()
    config.get_config_options(force_reparse=True, options_from_flags=options(site))
    return st.App(
        Path(__file__).with_name("page.py"),
        routes=Routes(site).all(),
        middleware=[Middleware(Doors, site=site)],
        on_script_error=_admit,
    )


def options(site: Site) -> dict[str, Any]:
    """Streamlit's settings: its doors closed, its chrome away, our colours."""
    settings = site.settings
    return {
        "server.headless": True,
        "server.address": settings.host,
        "server.port": settings.port,
        "server.allowedHosts": allowed_hosts(settings),
        "server.corsAllowedOrigins": [settings.public_url] if settings.public_url else [],
        "server.enableCORS": True,
        "server.enableXsrfProtection": True,
        "server.cookieSecret": site.streamlit_secret(),
        "server.maxUploadSize": settings.upload_megabytes,
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
        "runner.fastReruns": False,  # else a second press may break off what the first one does
        "runner.magicEnabled": False,
        "runner.postScriptGC": False,  # a full collection after each look at every tab
        "theme.font": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
        "theme.light.primaryColor": "#5b5bd6",
        "theme.light.backgroundColor": "#eceff5",
        "theme.light.secondaryBackgroundColor": "#ffffff",
        "theme.light.textColor": "#1a1d24",
        "theme.dark.primaryColor": "#7d7df0",
        "theme.dark.backgroundColor": "#0e1117",
        "theme.dark.secondaryBackgroundColor": "#1b202b",
        "theme.dark.textColor": "#e8eaf0",
    }


def allowed_hosts(settings: Settings) -> list[str]:
    """The names under which the page may be asked for; any, where nobody could know them."""
    public = urlsplit(settings.public_url).hostname
    named = [*settings.allowed_hosts, *([public] if public else [])]
    if settings.host in EVERYWHERE:
        return [*named, *LOCAL, socket.gethostname()] if named else ["*"]
    return [*named, *LOCAL, settings.host]


def listen(settings: Settings) -> socket.socket:
    """The socket; raises ConfigurationError where it can't be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host or None, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise ConfigurationError(_why_not(settings, error)) from None
    return listening


def _why_not(settings: Settings, error: OSError) -> str:
    where = f"port {settings.port} of {settings.host}"
    if error.errno == errno.EADDRINUSE:
        return f"The chat page can't use {where}: it is taken. Set web.port to another."
    if error.errno == errno.EACCES:
        return f"The chat page may not use {where}. Set web.port to one above 1023."
    return f"The chat page can't use {where}: {error.strerror}. Correct web.host."


def _admit(error: Exception) -> bool:
    """A mistake of ours: into the log it goes, the person gets a kind sentence."""
    log.error("the chat page failed", exc_info=error)
    language = st.context.locale or "en"
    speech = words(language)
    st.html(
        header(current().settings.title, speech, language) + trouble(speech.broken, broken=True)
    )
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
