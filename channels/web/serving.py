"""The page as a process: Streamlit behind our middleware, in one uvicorn server."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
import structlog
from starlette.middleware import Middleware
from streamlit import config

from channels.web import Settings, callbacks
from channels.web.message_html import header, trouble
from channels.web.middleware import VisitorMiddleware
from channels.web.routes import Routes
from channels.web.site import Site, current, open_site
from channels.web.words import words
from core.conversation.delivery.channel import Host
from core.operation.serving import streamlit_options
from core.operation.serving.server import MEBIBYTE, listen, run, server_of

log = structlog.get_logger()

GRACE_SECONDS = 2
MESSAGE_BYTES = 16 * MEBIBYTE


def serve(app: Host, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; raises ConfigurationError where the port can't be had."""
    site = open_site(app, settings)
    listening = listen("The chat page", "web", settings.host, settings.port)
    run(server_of(application(site), GRACE_SECONDS, MESSAGE_BYTES), listening)


def application(site: Site) -> st.App:
    """The ASGI application; Streamlit's settings are the process's own."""
    callbacks.keep_presses()
    config.get_config_options(force_reparse=True, options_from_flags=options(site))
    return st.App(
        Path(__file__).with_name("page.py"),
        routes=Routes(site).all(),
        middleware=[Middleware(VisitorMiddleware, site=site)],
        on_script_error=_admit,
    )


def options(site: Site) -> dict[str, object]:
    """Streamlit's settings."""
    settings = site.settings
    return {
        **streamlit_options.options(settings, site.streamlit_secret(), settings.upload_megabytes),
        "runner.fastReruns": False,  # else a second press may break off what the first one does
        "runner.postScriptGC": False,  # a full collection after each look at every tab
        "theme.light.backgroundColor": "#eceff5",
        "theme.light.secondaryBackgroundColor": "#ffffff",
    }


def _admit(error: Exception) -> bool:
    """A mistake of ours: into the log it goes, the person gets a kind sentence."""
    log.error("the chat page failed", exc_info=error)
    language = st.context.locale or "en"
    speech = words(language)
    st.html(
        header(current().settings.title, speech, language) + trouble(speech.broken, broken=True)
    )
    return True
