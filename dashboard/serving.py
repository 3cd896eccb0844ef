"""The dashboard as a process: Streamlit behind our doors, in one uvicorn server."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
import structlog
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from streamlit import config

from core.base.settings import Settings
from core.operation.serving.server import MEBIBYTE, listen, run, server_of
from dashboard import streamlit_options
from dashboard.login.middleware import Doors
from dashboard.login.password import Login
from dashboard.site import App, Site, open_site
from dashboard.view import HOME
from dashboard.words import translator

log = structlog.get_logger()

GRACE_SECONDS = 2
MESSAGE_BYTES = 4 * MEBIBYTE


def serve(app: App, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; raises ConfigurationError where the port can't be had."""
    site = open_site(app, settings)
    own = site.own
    listening = listen("The dashboard", "dashboard", own.host, own.port)
    served = server_of(application(site), GRACE_SECONDS, MESSAGE_BYTES, own.trusted_proxies)
    run(served, listening)


def application(site: Site) -> st.App:
    """The ASGI application; Streamlit's settings are the process's own."""
    config.get_config_options(force_reparse=True, options_from_flags=options(site))
    return st.App(
        Path(__file__).parent / "start" / "app.py",
        routes=[Route(f"/{HOME}", _home), *Login(site).all()],
        middleware=[Middleware(Doors, site=site)],
        on_script_error=_admit,
    )


def _home(request: Request) -> Response:
    """The overview by its name."""
    return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/", 307)


def options(site: Site) -> dict[str, object]:
    """Streamlit's settings."""
    return {
        **streamlit_options.options(site.own, site.secret),
        "theme.light.backgroundColor": "#ffffff",
        "theme.light.secondaryBackgroundColor": "#eceff5",
    }


def _admit(error: Exception) -> bool:
    """A mistake of ours, or a database that is away: into the log, and a sentence for the eye."""
    log.error("the dashboard failed", exc_info=error)
    t = translator(st.context.locale or "en")
    st.error(
        t("This can’t be shown now: the database may be unreachable. The log says more. Try again.")
    )
    return True
