"""Who may look at the dashboard: passwords, attempts, sessions. All of it in rows.

Only hashes are kept: argon2 of passwords, SHA-256 of the sessions' tokens.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.base.db import is_sqlite, run, storable, transaction
from core.base.errors import ConfigurationError, LikenessError
from core.base.settings.dashboard import Dashboard, Role, User

PASSWORD_FILE = "dashboard.password"
FREE_ATTEMPTS = 5
"""So many wrong passwords cost nothing."""
LONGEST_WAIT = 900.0
SKEW = 60.0
"""What is written later than this from now was written before the clock was set back."""
FORGOTTEN_AFTER = 3600.0
"""Seconds after which a wrong password no longer counts."""
DAY = 86_400.0

_hasher = PasswordHasher()
_checking = threading.Semaphore(2)  # each check takes 64 MB
_nobody = cache(lambda: hashed(secrets.token_hex(16)))  # unknown names are refused as slowly
_LOCK = 0x11CE4E10


class Visitor(NamedTuple):
    """Somebody who has logged in."""

    name: str
    role: Role

    @property
    def may_act(self) -> bool:
        """Whether they may change anything."""
        return self.role == "admin"


class Session(NamedTuple):
    """A session that lasts; `id` is what its token is kept as."""

    id: str
    name: str
    role: Role
    created_at: float
    seen_at: float


class Attempt(NamedTuple):
    """A log-in that failed."""

    at: float
    name: str
    source: str


class TooMany(LikenessError):
    """Wrong passwords slow down: wait so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds:.0f} s")
        self.seconds = seconds


def hashed(password: str) -> str:
    """A password as it is kept."""
    return _hasher.hash(password)


def first_password(settings: Dashboard, folder: Path) -> str | None:
    """Make sure that somebody can log in; a password that was made now, else None.

    Raises ConfigurationError where no user is configured and others than this machine could come.
    """
    if any(settings.accounts) or not settings.by_password:
        return None
    if not settings.at_home:
        raise ConfigurationError(
            "The dashboard would be open to other machines, and nobody is named who may log in. "
            "Set LIKENESS_DASHBOARD__USERS (`likeness password` shows how) or dashboard.oidc, or "
            'dashboard.host = "127.0.0.1" and no dashboard.public_url.'
        )
    return _make_password(folder / PASSWORD_FILE)


def users(settings: Dashboard, folder: Path) -> Sequence[User]:
    """Everybody who has a password: the configured ones, else the admin of the first start."""
    configured = tuple(settings.accounts)
    if configured or not settings.by_password:
        return configured
    try:
        kept = (folder / PASSWORD_FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ()
    return (User("admin", "admin", kept),)


class Sessions:
    """Opens and checks sessions of the dashboard; `clock` returns seconds since 1970."""

    def __init__(
        self, settings: Dashboard, folder: Path, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._clock = clock
        self._nobody = _nobody()

    def log_in(self, name: str, password: str, source: str) -> str | None:
        """A session's token if the password is right, else None. Raises TooMany.

        The attempt is recorded before the password is checked, so parallel attempts all count.
        """
        attempt = self.attempt(name, source)
        known = {user.name: user for user in users(self._settings, self._folder)}
        user = known.get(name)
        right = _verified(user.password if user else self._nobody, password)
        if user is None or not right:
            return None
        return self.open(attempt, user.name, user.role, user.password)

    def open(self, attempt: int, name: str, role: Role, password: str = "") -> str:
        """Open a session for a successful attempt; its token.

        The session is bound to its credential and ends when that changes: `password` (the stored
        hash), or the OpenID issuer if it is "".
        """
        token = secrets.token_urlsafe(32)
        shown = _credential(name, role, password or self._issuer)
        now = self._clock()
        with transaction():
            run("UPDATE login_attempts SET succeeded = ? WHERE id = ?", True, attempt)
            run(
                "INSERT INTO dashboard_sessions (token, name, role, created_at, seen_at, "
                "credential) VALUES (?, ?, ?, ?, ?, ?)",
                *(_digest(token), name, role, now, now, shown),
            )
        return token

    def attempt(self, name: str, source: str) -> int:
        """Record an attempt as failed; its id. Raises TooMany.

        Without a name ("") only the address is counted.
        """
        name, source, now = storable(name)[:64], source[:64], self._clock()
        with transaction():
            if not is_sqlite():
                run("SELECT pg_advisory_xact_lock(?)", _LOCK)
            wrong, last = run(
                """
                SELECT count(*), max(at) FROM login_attempts
                WHERE at > ? AND at <= ? AND NOT succeeded
                  AND (name = ? AND name <> '' OR source = ?)
                """,
                *(now - FORGOTTEN_AFTER, now + SKEW, name, source),
            ).fetchone()
            if wrong >= FREE_ATTEMPTS:
                until = last + min(LONGEST_WAIT, 2.0 ** (wrong - FREE_ATTEMPTS + 1))
                if until > now:
                    raise TooMany(until - now)
            return int(
                run(
                    "INSERT INTO login_attempts (at, name, source, succeeded) VALUES (?, ?, ?, ?) "
                    "RETURNING id",
                    *(now, name, source, False),
                ).fetchone()[0]
            )

    def visitor(self, token: str, by_hand: bool = True) -> Visitor | None:
        """The visitor of a session; None if it has ended or its credential is no longer valid.

        Only requests `by_hand` keep a session from becoming idle; automatic refreshes don't.
        """
        row = run(
            "SELECT name, role, created_at, seen_at, credential FROM dashboard_sessions "
            "WHERE token = ?",
            _digest(token),
        ).fetchone()
        if row is None or not self._valid(*row):
            return None
        now = self._clock()
        if by_hand and now - row[3] > 60:
            with transaction():
                run(
                    "UPDATE dashboard_sessions SET seen_at = ? WHERE token = ?",
                    *(now, _digest(token)),
                )
        return Visitor(row[0], row[1])

    def log_out(self, token: str) -> str | None:
        """End a session; whose it was, None where there was none."""
        return end(_digest(token))

    def lasting(self) -> list[Session]:
        """The sessions that last, the one last seen first; one of an old password does not."""
        query = "SELECT token, name, role, created_at, seen_at, credential FROM dashboard_sessions"
        found = run(f"{query} ORDER BY seen_at DESC").fetchall()
        return [Session(*row[:5]) for row in found if self._valid(*row[1:])]

    def _valid(
        self, name: str, role: Role, created_at: float, seen_at: float, credential: str
    ) -> bool:
        return self._lasts(created_at, seen_at) and credential in self._credentials(name, role)

    def _credentials(self, name: str, role: Role) -> Iterator[str]:
        """The credentials that are valid for this user and role now."""
        for user in users(self._settings, self._folder):
            if (user.name, user.role) == (name, role):
                yield _credential(name, role, user.password)
        if self._settings.oidc.roles.get(name) == role:
            yield _credential(name, role, self._issuer)

    @property
    def _issuer(self) -> str:
        return f"{self._settings.oidc.issuer} {self._settings.oidc.client_id}"

    def _lasts(self, created_at: float, seen_at: float) -> bool:
        now = self._clock()
        return (
            now - created_at < self._settings.session_hours * 3600
            and now - seen_at < self._settings.idle_minutes * 60
        )


def end(session: str) -> str | None:
    """End a session by its id; whose it was, None where there is none."""
    with transaction():
        found = run("SELECT name FROM dashboard_sessions WHERE token = ?", session).fetchone()
        run("DELETE FROM dashboard_sessions WHERE token = ?", session)
    return None if found is None else str(found[0])


def failed(since: float, limit: int = 200) -> list[Attempt]:
    """The log-ins that failed since a moment, the newest first."""
    query = "SELECT at, name, source FROM login_attempts WHERE NOT succeeded AND at >= ?"
    return [Attempt(*row) for row in run(f"{query} ORDER BY at DESC LIMIT ?", since, limit)]


def sweep(now: float) -> None:
    """Delete expired attempts and sessions."""
    with transaction():
        run("DELETE FROM login_attempts WHERE at < ?", now - 30 * DAY)
        run("DELETE FROM dashboard_sessions WHERE created_at < ?", now - 30 * DAY)


def _verified(kept: str, password: str) -> bool:
    with _checking:
        try:
            return _hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def _credential(name: str, role: Role, shown: str) -> str:
    """What a session is bound to, as it is kept; a name has no line's end in it."""
    return _digest(f"{name}\n{role}\n{shown}")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _make_password(path: Path) -> str | None:
    """Keep the hash of a new password, unless there is one; the password, where it was made."""
    if path.exists():
        return None
    password = secrets.token_urlsafe(12)
    half = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(hashed(password))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(half, path)
        except FileExistsError:
            return None
        finally:
            half.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"{path} can't be kept: {error.strerror}. Name another data_dir, or set "
            "LIKENESS_DASHBOARD__USERS."
        ) from error
    return password
