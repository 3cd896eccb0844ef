"""Who has a password for the dashboard: the configured users, else the admin of the first start.

Only argon2 hashes are kept; that of the first admin is a row, the same for every host.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.base import shared_secrets
from core.base.errors import ConfigurationError
from core.base.settings.running.dashboard import Dashboard, User

PASSWORD_FILE = "dashboard.password"
"""Where earlier versions kept the hash."""
LEAST_LETTERS = 12
"""Of a password that somebody chooses: guesses are slowed down, not ended."""

_ROW = "dashboard.password"
_hasher = PasswordHasher()
_checking = threading.Semaphore(2)  # each check takes 64 MB


def hashed(password: str) -> str:
    """A password as it is kept."""
    return _hasher.hash(password)


@cache
def nobodys() -> str:
    """A hash that no password fits: unknown names are refused as slowly."""
    return hashed(secrets.token_hex(16))


def fits(kept: str, password: str) -> bool:
    """Whether a password is the one that is kept; takes 50 ms."""
    with _checking:
        try:
            return _hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def users(settings: Dashboard) -> Sequence[User]:
    """Everybody who has a password."""
    configured = tuple(settings.accounts)
    if configured or not settings.by_password:
        return configured
    kept = shared_secrets.kept(_ROW)
    return (User("admin", "admin", kept),) if kept else ()


def refuse_strangers(settings: Dashboard) -> None:
    """Raise ConfigurationError where others than this machine could come, and nobody is named."""
    if settings.by_password and not any(settings.accounts) and not settings.at_home:
        raise ConfigurationError(
            "The dashboard would be open to other machines, and nobody is named who may log in. "
            "Set LIKENESS_DASHBOARD__USERS (`likeness password` shows how) or dashboard.oidc, or "
            'dashboard.host = "127.0.0.1" and no dashboard.public_url.'
        )


def first_password(settings: Dashboard, folder: Path) -> str | None:
    """Make sure that somebody can log in; a password that was made now, else None.

    Of all dashboards of a database the first makes it. `folder` is where earlier versions kept
    its hash. Raises ConfigurationError; see `refuse_strangers`.
    """
    refuse_strangers(settings)
    if any(settings.accounts) or not settings.by_password or shared_secrets.kept(_ROW):
        return None
    if before := shared_secrets.read(folder / PASSWORD_FILE):
        shared_secrets.add(_ROW, before)
        return None
    password = secrets.token_urlsafe(12)
    return password if shared_secrets.add(_ROW, hashed(password)) else None


def new_password() -> str:
    """Give the admin of the first start another password; sessions of the old one end."""
    password = secrets.token_urlsafe(12)
    shared_secrets.change(_ROW, hashed(password))
    return password
