"""Settings of the dashboard: address, users, OpenID Connect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator, model_validator

from core.base.settings.addresses import LOCAL
from core.base.settings.running.site import SiteSection
from core.base.settings.section import Section

Role = Literal["viewer", "admin"]

ROLES: tuple[Role, ...] = ("viewer", "admin")

NAME = re.compile(r"[\w.@-]{1,64}")
_USER = re.compile(rf"({NAME.pattern}):(viewer|admin):(\$argon2\S+)")
_VOUCHED = re.compile(r"[!-~]{1,64}:(viewer|admin)")


class User(NamedTuple):
    """A user: name, role and the argon2 hash of the password."""

    name: str
    role: Role
    password: str


class Oidc(Section):
    """The OpenID provider and its allowed users."""

    issuer: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    users: tuple[str, ...] = ()

    @field_validator("issuer")
    @classmethod
    def _an_issuer(cls, url: str) -> str:
        parts = urlsplit(url)
        near = parts.scheme == "http" and parts.hostname in LOCAL
        safe = parts.hostname and (parts.scheme == "https" or near)
        if url and (not safe or parts.query or parts.fragment):
            raise ValueError(
                "an issuer is written https://accounts.example.org; http:// is for one on this "
                "machine alone"
            )
        return url

    @field_validator("client_secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if 0 < len(secret.get_secret_value()) < 16:
            raise ValueError(
                f"the secret has at least 16 letters, and this one {len(secret)}; the provider "
                "shows it"
            )
        return secret

    @field_validator("users")
    @classmethod
    def _named_once(cls, users: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [user for user in users if not _VOUCHED.fullmatch(user)]:
            raise ValueError(
                'a user is written "anna@example.org:admin", not '
                f"{wrong[0]!r}; the role is viewer or admin"
            )
        names = [_name_of(user) for user in users]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"{twice[0]!r} is named twice")
        return users

    @model_validator(mode="after")
    def _whole(self) -> Self:
        given = {
            "dashboard.oidc.issuer": self.issuer,
            "dashboard.oidc.client_id": self.client_id,
            "LIKENESS_DASHBOARD__OIDC__CLIENT_SECRET": self.client_secret.get_secret_value(),
            "dashboard.oidc.users": self.users,
        }
        there = [name for name, value in given.items() if value]
        missing = [name for name, value in given.items() if not value]
        if there and missing:
            be, them = ("is", "it") if len(missing) == 1 else ("are", "them")
            raise ValueError(
                f"{there[0]} is set, and {', '.join(missing)} {be} not: nobody could log in. "
                f"Set {them} as well, or none of them"
            )
        return self

    @property
    def roles(self) -> dict[str, Role]:
        """Roles by lower-case e-mail address or subject identifier."""
        return {
            _name_of(user): "admin" if user.endswith(":admin") else "viewer" for user in self.users
        }


def _name_of(user: str) -> str:
    name = user.rpartition(":")[0]
    return name.lower() if "@" in name else name


class Dashboard(SiteSection):
    """Address, users and sessions of the dashboard."""

    enabled: bool = True
    port: Annotated[int, Field(ge=1, le=65535)] = 8502
    users: SecretStr = SecretStr("")
    time_zone: str = "UTC"
    session_hours: Annotated[float, Field(gt=0, le=720)] = 12.0
    idle_minutes: Annotated[float, Field(gt=0, le=10_080)] = 120.0
    cache_seconds: Annotated[int, Field(ge=1, le=3600)] = 15
    oidc: Oidc = Oidc()

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

    @model_validator(mode="after")
    def _found_again(self) -> Self:
        if self.oidc.issuer and not self.public_url and self.host not in LOCAL:
            raise ValueError(
                "dashboard.oidc.issuer is set, and dashboard.public_url is not: nobody would be "
                "sent back from there. Set it to the address that people type, as "
                '"https://admin.example.org"'
            )
        return self

    @property
    def by_password(self) -> bool:
        """Whether log-in by password is possible."""
        return any(self.accounts) or not self.oidc.issuer

    @property
    def accounts(self) -> Iterator[User]:
        """The configured users."""
        for user in self.users.get_secret_value().split():
            name, role, password = user.split(":", 2)
            yield User(name, "admin" if role == "admin" else "viewer", password)

    @property
    def at_home(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in LOCAL and not self.public_url
