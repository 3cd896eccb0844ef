"""Where the dashboard listens, and who may log in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator

from core.settings.addresses import LOCAL
from core.settings.site import SiteSection

Role = Literal["viewer", "admin"]

ROLES: tuple[Role, ...] = ("viewer", "admin")

_USER = re.compile(r"([\w.@-]{1,64}):(viewer|admin):(\$argon2\S+)")


class User(NamedTuple):
    """Somebody who may log in: an argon2 hash of their password, and what they may do."""

    name: str
    role: Role
    password: str


class Dashboard(SiteSection):
    """Where the dashboard listens, who may log in, and for how long."""

    enabled: bool = True
    port: Annotated[int, Field(ge=1, le=65535)] = 8502
    users: SecretStr = SecretStr("")
    time_zone: str = "UTC"
    session_hours: Annotated[float, Field(gt=0, le=720)] = 12.0
    idle_minutes: Annotated[float, Field(gt=0, le=10_080)] = 120.0
    cache_seconds: Annotated[int, Field(ge=1, le=3600)] = 15

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
