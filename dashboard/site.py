"""What one process serves: the app behind it, its settings, and who has logged in."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Protocol
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeTimedSerializer

from core.avatars.privacy.remote import Trainer
from core.base.db import release
from core.base.processes import mode as modes
from core.base.processes.mode import Own
from core.base.settings import Settings
from core.base.shared_secrets import agreed
from core.operation import admin_actions
from core.operation.auth import Sessions, Visitor

COOKIE = "likeness_dashboard"
KNOWN = "likeness_known"
"""The cookie of a browser in which somebody has logged in with their password."""
KNOWN_DAYS = 180
LEAVE = "/login/oidc"
BACK = "/login/oidc/back"
TRUSTED_SECONDS = 5.0
"""So long a session that was looked up is not looked up again for a file."""


class App(admin_actions.App, Protocol):
    """What is needed of `core.app.bootstrap.App`."""

    @property
    def trainer(self) -> Trainer: ...


class Site:
    """One process's dashboard."""

    def __init__(self, app: App, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.own = settings.dashboard
        self.sessions = Sessions(self.own)
        self._seen: dict[str, float] = {}
        self._lock = threading.Lock()

    @cached_property
    def secret(self) -> str:
        """What signs its cookies, those of Streamlit too: the same at every dashboard."""
        return agreed("dashboard")

    def acquainted(self, name: str) -> str:
        """The cookie's value for a browser in which somebody has just logged in."""
        return str(self._acquaintances.dumps([name, secrets.token_hex(16)]))

    def device_of(self, name: str, cookies: Mapping[str, str]) -> str:
        """The browser with these cookies, if it is known for this name; else ""."""
        try:
            known, device = self._acquaintances.loads(
                cookies.get(KNOWN, ""), max_age=KNOWN_DAYS * 86_400
            )
        except (BadData, ValueError):
            return ""
        return str(device) if known == name else ""

    @property
    def _acquaintances(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.secret, "dashboard.known")

    @property
    def known(self) -> Own:
        """The mode that this process knows by itself; it needs no key."""
        return modes.named(self.app.trainer.test_mode)

    def visitor(self, cookies: Mapping[str, str], by_hand: bool = True) -> Visitor | None:
        """Who has logged in with these cookies; see `Sessions.visitor`."""
        token = cookies.get(COOKIE, "")
        return self.sessions.visitor(token, by_hand) if token else None

    def trusted(self, cookies: Mapping[str, str]) -> bool:
        """The same for the many files of a page: a look-up lasts for a moment."""
        token = hashlib.sha256(cookies.get(COOKIE, "").encode()).hexdigest()
        with self._lock:
            at = self._seen.get(token, 0.0)
        if time.monotonic() - at < TRUSTED_SECONDS and at:
            return True
        if not self.admitted(cookies):
            return False
        with self._lock:
            if len(self._seen) > 1000:
                self._seen.clear()
            self._seen[token] = time.monotonic()
        return True

    def admitted(self, cookies: Mapping[str, str]) -> bool:
        """Whether the session lasts at this very moment."""
        try:
            return self.visitor(cookies, by_hand=False) is not None
        finally:
            release()

    def forget(self, cookies: Mapping[str, str]) -> str | None:
        """End a session, here and everywhere; whose it was, None where there was none."""
        token = cookies.get(COOKIE, "")
        with self._lock:
            self._seen.pop(hashlib.sha256(token.encode()).hexdigest(), None)
        return self.sessions.log_out(token)

    def knows_host(self, host: str) -> bool:
        """Whether a request's Host names us."""
        names = self.own.names
        return "*" in names or (urlsplit(f"//{host}").hostname or "") in names


_open: dict[str, Site] = {}


def open_site(app: App, settings: Settings) -> Site:
    """Make this process's site known to its pages."""
    site = _open["site"] = Site(app, settings)
    return site


def current() -> Site:
    """The site of this process: Streamlit runs the script without arguments."""
    return _open["site"]
