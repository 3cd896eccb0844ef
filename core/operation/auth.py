"""Who may look at the dashboard: attempts and sessions, all of it in rows.

Of a session's token only its SHA-256 is kept. Who has a password: `core.operation.passwords`.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, ip_address, ip_network
from typing import NamedTuple

from core.base.db import is_sqlite, run, storable, transaction
from core.base.errors import LikenessError
from core.base.settings.running.dashboard import Dashboard, Role
from core.operation.passwords import fits, nobodys, users

FREE_ATTEMPTS = 5
"""So many wrong passwords cost an address nothing, or a browser that is known."""
FLOOD = 50
"""From so many wrong passwords of strangers for one name on, each has one that costs nothing."""
LONGEST_WAIT = 900.0
SKEW = 60.0
"""What is written later than this from now was written before the clock was set back."""
FORGOTTEN_AFTER = 3600.0
"""Seconds after which a wrong password no longer counts."""
DAY = 86_400.0

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


class Sessions:
    """Opens and checks sessions of the dashboard; `clock` returns seconds since 1970."""

    def __init__(self, settings: Dashboard, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._nobody = nobodys()

    def log_in(self, name: str, password: str, source: str, device: str = "") -> str | None:
        """A session's token if the password is right, else None. Raises TooMany.

        The attempt is recorded before the password is checked, so parallel attempts all count.
        """
        attempt = self.attempt(name, source, device)
        known = {user.name: user for user in users(self._settings)}
        user = known.get(name)
        right = fits(user.password if user else self._nobody, password)
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

    def attempt(self, name: str, source: str, device: str = "") -> int:
        """Record an attempt as failed; its id. Raises TooMany.

        A `device` is a browser in which somebody of this name has logged in before: it counts for
        itself, so that nobody elsewhere keeps it out. Of strangers each address counts for itself,
        and nothing is counted that would keep the others out.
        """
        name, source, now = storable(name)[:64], _network(source)[:64], self._clock()
        whose, own = ("device = ?", device) if device else ("device = '' AND source = ?", source)
        with transaction():
            if not is_sqlite():
                run("SELECT pg_advisory_xact_lock(?)", _LOCK)
            wrong, last, of_strangers = run(
                f"""
                SELECT count(*) FILTER (WHERE {whose}), max(at) FILTER (WHERE {whose}),
                       count(*) FILTER (WHERE name = ? AND device = '')
                FROM login_attempts WHERE at > ? AND at <= ? AND NOT succeeded
                """,
                *(own, own, name, now - FORGOTTEN_AFTER, now + SKEW),
            ).fetchone()
            flooded = name and not device and of_strangers >= FLOOD
            further = wrong - (1 if flooded else FREE_ATTEMPTS)
            if further >= 0:
                until = last + min(LONGEST_WAIT, 2.0 ** (further + 1))
                if until > now:
                    raise TooMany(until - now)
            return int(
                run(
                    "INSERT INTO login_attempts (at, name, source, device, succeeded) "
                    "VALUES (?, ?, ?, ?, ?) RETURNING id",
                    *(now, name, source, device, False),
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
        for user in users(self._settings):
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


def _network(source: str) -> str:
    """An address as it is counted: of IPv6 the network, for its owner has every address in it."""
    try:
        address = ip_address(source)
    except ValueError:
        return source
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))


def _credential(name: str, role: Role, shown: str) -> str:
    """What a session is bound to, as it is kept; a name has no line's end in it."""
    return _digest(f"{name}\n{role}\n{shown}")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
