"""The settings of those who watch over Likeness: the dashboard and the alerts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator

from core.section import Section

Role = Literal["viewer", "admin"]

ROLES: tuple[Role, ...] = ("viewer", "admin")
EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104  # compared with, not bound to
LOCAL = ("localhost", "127.0.0.1", "::1")

_USER = re.compile(r"([\w.@-]{1,64}):(viewer|admin):(\$argon2\S+)")


class User(NamedTuple):
    """Somebody who may log in: an argon2 hash of their password, and what they may do."""

    name: str
    role: Role
    password: str


class Dashboard(Section):
    """Where the dashboard listens, who may log in, and for how long."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8502
    public_url: str = ""
    allowed_hosts: tuple[str, ...] = ()
    users: SecretStr = SecretStr("")
    time_zone: str = "UTC"
    session_hours: Annotated[float, Field(gt=0, le=720)] = 12.0
    idle_minutes: Annotated[float, Field(gt=0, le=10_080)] = 120.0
    cache_seconds: Annotated[int, Field(ge=1, le=3600)] = 15

    @field_validator("public_url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("an address looks like https://admin.example.org")
        return url.rstrip("/")

    @field_validator("users")
    @classmethod
    def _known_users(cls, users: SecretStr) -> SecretStr:
        if not all(map(_USER.fullmatch, users.get_secret_value().split())):
            raise ValueError(
                "a user is written name:role:hash, several with spaces between; the role is viewer "
                "or admin, and `likeness password` makes the hash"
            )
        return users

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("a time zone is written Europe/Berlin, or UTC") from None
        return zone

    @property
    def accounts(self) -> Iterator[User]:
        """The users that the configuration names."""
        for user in self.users.get_secret_value().split():
            name, role, password = user.split(":", 2)
            yield User(name, "admin" if role == "admin" else "viewer", password)

    @property
    def at_home(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in LOCAL and not self.public_url

    @property
    def addresses(self) -> list[str]:
        """Where it is found: for everybody, if that is known, and on this machine."""
        host = "localhost" if self.host in EVERYWHERE else self.host
        here = f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
        return [self.public_url, here] if self.public_url else [here]


class Alerts(Section):
    """When an alert fires, and who hears of it. A threshold of 0 never fires."""

    check_seconds: Annotated[float, Field(gt=0, le=3600)] = 30.0
    window_minutes: Annotated[float, Field(gt=0, le=10_080)] = 60.0
    success_percent: Annotated[float, Field(ge=0, le=100)] = 80.0
    success_runs: Annotated[int, Field(ge=1, le=10_000)] = 5
    fal_errors: Annotated[int, Field(ge=0, le=1_000_000)] = 50
    queue_minutes: Annotated[float, Field(ge=0, le=10_080)] = 30.0
    waiting_minutes: Annotated[float, Field(ge=0, le=10_080)] = 5.0
    heartbeat_seconds: Annotated[float, Field(ge=0, le=86_400)] = 90.0
    uncertain_runs: Annotated[int, Field(ge=0, le=1000)] = 1
    budget_percent: Annotated[float, Field(ge=0, le=100)] = 80.0
    new_errors: bool = True
    admins: tuple[str, ...] = ()
    webhook_url: SecretStr = SecretStr("")

    @field_validator("admins")
    @classmethod
    def _addresses(cls, admins: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [admin for admin in admins if not re.fullmatch(r"[a-z]\w*:\S+", admin)]:
            raise ValueError(f'an address is written "channel:id", not {wrong[0]!r}')
        return admins

    @field_validator("webhook_url")
    @classmethod
    def _a_webhook(cls, url: SecretStr) -> SecretStr:
        if url and urlsplit(url.get_secret_value()).scheme not in ("http", "https"):
            raise ValueError("a webhook's address begins with https://")
        return url
