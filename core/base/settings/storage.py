"""Settings of the database, the object store and retention."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from core.base.settings.section import Section


class Database(Section):
    """The database; an empty `url` is an SQLite file in the data folder."""

    url: Annotated[str, Field(repr=False)] = ""
    synchronous: Literal["full", "normal"] = "full"

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, url: str) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("a database is written sqlite:///path or postgresql://user@host/name")
        return url


class Storage(Section):
    """The object store: a folder ("" is `objects` in the data folder) or an S3 server."""

    backend: Literal["folder", "minio"] = "folder"
    folder: str = ""
    endpoint: str = "127.0.0.1:9000"
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


class Retention(Section):
    """Retention in days, enforced by the sweep; 0 keeps."""

    drafts_days: Annotated[int, Field(ge=0, le=3650)] = 180
    refused_photos_days: Annotated[int, Field(ge=0, le=3650)] = 30
    finished_trainings_days: Annotated[int, Field(ge=0, le=3650)] = 0
