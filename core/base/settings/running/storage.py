"""Settings of the database, the object store and retention."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from core.base.settings.addresses import LOCAL, SiteAddress
from core.base.settings.section import Section


class Database(Section):
    """The database; an empty `url` is an SQLite file in the data folder.

    `direct_url` is the same PostgreSQL without the pooler that `url` leads to; "" where none does.
    """

    url: Annotated[str, Field(repr=False)] = ""
    direct_url: Annotated[str, Field(repr=False)] = ""
    synchronous: Literal["full", "normal"] = "full"

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, url: str) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("a database is written sqlite:///path or postgresql://user@host/name")
        return url

    @field_validator("direct_url")
    @classmethod
    def _a_server(cls, url: str) -> str:
        if url and not url.startswith("postgresql://"):
            raise ValueError("a server is written postgresql://user@host/name")
        return url

    @model_validator(mode="after")
    def _of_one_database(self) -> Self:
        if self.direct_url and not self.url.startswith("postgresql://"):
            raise ValueError(
                "database.direct_url is set, and database.url is no PostgreSQL: migrations would "
                "be made where nobody works. Set database.url to the pooler before that server, "
                "or remove database.direct_url"
            )
        return self


class Storage(Section):
    """The object store: a folder ("" is `objects` in the data folder) or an S3 server.

    `public_endpoint` is the server as the internet sees it; "" keeps it to ourselves.
    """

    backend: Literal["folder", "minio"] = "folder"
    folder: str = ""
    endpoint: str = "127.0.0.1:9000"
    public_endpoint: SiteAddress = ""
    bucket: str = "likeness"
    prefix: str = ""
    secure: bool = True
    region: str = ""
    access_key: SecretStr = SecretStr("")
    secret_key: SecretStr = SecretStr("")

    @field_validator("bucket")
    @classmethod
    def _a_bucket(cls, name: str) -> str:
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name):
            raise ValueError(
                "a bucket's name has 3 to 63 of a-z, 0-9, dots and hyphens, and neither of these "
                "first or last"
            )
        return name

    @field_validator("prefix")
    @classmethod
    def _a_place(cls, prefix: str) -> str:
        if not re.fullmatch(r"([a-z0-9][a-z0-9._-]*/)*", prefix):
            raise ValueError('a place in the bucket is written "production/", in a-z, 0-9, . _ -')
        return prefix

    @model_validator(mode="after")
    def _keys_are_there(self) -> Self:
        keys = (self.access_key.get_secret_value(), self.secret_key.get_secret_value())
        if self.backend == "minio" and not all(keys):
            raise ValueError(
                'storage.backend = "minio" needs LIKENESS_STORAGE__ACCESS_KEY and '
                "LIKENESS_STORAGE__SECRET_KEY in the environment. Set both"
            )
        return self

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        """Plain http is for servers of this machine alone, as those of tests are."""
        public = urlsplit(self.public_endpoint)
        if not self.public_endpoint:
            return self
        if self.backend == "folder":
            raise ValueError(
                'storage.public_endpoint is set, and storage.backend = "folder", which nobody else '
                'can reach. Remove the first (weights are sent by upload then), or use "minio"'
            )
        if public.path or (public.scheme != "https" and public.hostname not in LOCAL):
            raise ValueError(
                f"storage.public_endpoint = {self.public_endpoint!r} is not https://host or "
                "https://host:port. Write that, or remove the line (weights are sent by upload "
                "then)"
            )
        if not self.region:
            raise ValueError(
                "storage.public_endpoint needs storage.region, which its links are signed for. "
                'Set it; a MinIO server\'s own is "us-east-1"'
            )
        return self


class Backup(Section):
    """For how many days a backup may be kept: so long erasures are remembered outside of it."""

    keep_days: Annotated[int, Field(ge=1, le=3650)] = 30


LONGEST_PERIOD_DAYS = 90
"""The longest period that the dashboard offers; its numbers are compared with the period before."""


class Retention(Section):
    """Retention in days, enforced by the sweep; 0 keeps."""

    drafts_days: Annotated[int, Field(ge=0, le=3650)] = 180
    refused_photos_days: Annotated[int, Field(ge=0, le=3650)] = 30
    finished_trainings_days: Annotated[int, Field(ge=0, le=3650)] = 0
    support_days: Annotated[int, Field(ge=0, le=3650)] = 365
    turns_days: Annotated[int, Field(ge=0, le=3650)] = 400

    @field_validator("turns_days")
    @classmethod
    def _fits_the_dashboard(cls, days: int) -> int:
        if 0 < days < 2 * LONGEST_PERIOD_DAYS:
            raise ValueError(
                f"the dashboard compares {LONGEST_PERIOD_DAYS} days with the {LONGEST_PERIOD_DAYS} "
                f"before: keep {2 * LONGEST_PERIOD_DAYS} or more, or 0 for all"
            )
        return days
