"""Streamlit's options: closed endpoints, no toolbar, our theme."""

from __future__ import annotations

from core.base.settings.running.site import SiteSection

CLOSED: dict[str, object] = {
    "server.headless": True,
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.runOnSave": False,
    "server.allowRunOnSave": False,
    "server.enableStaticServing": False,
    "server.enableAgentApi": False,
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "client.toolbarMode": "minimal",
    "logger.enableRich": False,  # it prints what an error says, and takes seconds over it
    "logger.hideWelcomeMessage": True,
    "logger.level": "warning",
    "runner.magicEnabled": False,
}

LOOKS = {
    "theme.font": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
    "theme.light.primaryColor": "#5b5bd6",
    "theme.light.textColor": "#0e1016",
    "theme.dark.primaryColor": "#7d7df0",
    "theme.dark.backgroundColor": "#0e1117",
    "theme.dark.secondaryBackgroundColor": "#1b202b",
    "theme.dark.textColor": "#e8eaf0",
}


def options(site: SiteSection, secret: str) -> dict[str, object]:
    """All of them; `secret` signs its cookies."""
    return {
        **CLOSED,
        **LOOKS,
        "server.address": site.host,
        "server.port": site.port,
        "server.allowedHosts": site.names,
        "server.corsAllowedOrigins": [site.public_url] if site.public_url else [],
        "server.cookieSecret": secret,
        "server.maxUploadSize": 1,
    }
