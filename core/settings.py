"""Every setting of Likeness: its meaning, its range and its default.

`config.toml` overrides a default, an environment variable (`LIKENESS_TRAINING__MIN_PHOTOS=5`)
overrides both. Secrets come from the environment alone. A channel brings a section of its own, as
the class attribute `Settings`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, SecretStr, create_model, field_validator, model_validator

from core import configuration
from core.errors import ConfigurationError
from core.fal_settings import Fal
from core.section import Section as Section
from core.training_settings import Training as Training
from core.watching import Alerts, Dashboard

CHANNELS = "likeness.channels"
"""The entry-point group in which a channel makes itself known."""

PAGES = "likeness.pages"
"""The entry-point group of the dashboard, so that the core need not know it."""

FAL_KEY = "FAL_KEY"
"""The variable that fal's own programs read; `LIKENESS_FAL__KEY` goes before it."""

_OUR_KEY = f"{configuration.PREFIX}FAL__KEY"


class Database(Section):
    """Where the rows are; an empty `url` is a SQLite file in the data folder."""

    url: Annotated[str, Field(repr=False)] = ""
    synchronous: Literal["full", "normal"] = "full"

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, url: str) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("a database is written sqlite:///path or postgresql://user@host/name")
        return url


class Conversation(Section):
    """How patient a conversation is: counts, and seconds where the name says so."""

    queue_cap: Annotated[int, Field(ge=1, le=100_000)] = 200
    attempts: Annotated[int, Field(ge=1, le=100)] = 5
    quiet_seconds: Annotated[float, Field(ge=0, le=60)] = 1.0
    settle_seconds: Annotated[float, Field(ge=0, le=60)] = 3.0
    tick_seconds: Annotated[float, Field(ge=0, le=600)] = 3.0
    series_seconds: Annotated[float, Field(ge=0, le=3600)] = 30.0
    inbox_days: Annotated[int, Field(ge=1, le=3650)] = 7

    @model_validator(mode="after")
    def _settles_after_quiet(self) -> Self:
        if self.quiet_seconds > self.settle_seconds:
            raise ValueError(
                f"conversation.quiet_seconds = {self.quiet_seconds:g} is greater than "
                f"conversation.settle_seconds = {self.settle_seconds:g}, so no pause would ever "
                "count as quiet. Lower the first or raise the second"
            )
        return self


class Avatars(Section):
    """What one person may have, and how much of it a screen shows."""

    maximum: Annotated[int, Field(ge=1, le=1000)] = 10
    page_size: Annotated[int, Field(ge=1, le=20)] = 6
    name_length: Annotated[int, Field(ge=1, le=100)] = 40
    photo_page_size: Annotated[int, Field(ge=1, le=30)] = 9
    held_hours: Annotated[int, Field(ge=1, le=720)] = 24


class Photos(Section):
    """What makes a photo acceptable: pixels on the shorter side, bytes of the file, a face."""

    min_side: Annotated[int, Field(ge=1, le=10_000)] = 512
    max_bytes: Annotated[int, Field(ge=1024, le=1024**3)] = 10 * 1024 * 1024
    find_faces: bool = True


class Storage(Section):
    """Where photos are kept: a folder (empty: `objects` in the data folder), or an S3 server."""

    backend: Literal["folder", "minio"] = "folder"
    folder: str = ""
    endpoint: str = "127.0.0.1:9000"
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] = "likeness"
    prefix: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9._-]*/)*$")] = ""
    secure: bool = True
    region: str = ""
    access_key: SecretStr = SecretStr("")
    secret_key: SecretStr = SecretStr("")

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
    """Days after which the sweep clears things away; 0 keeps them."""

    drafts_days: Annotated[int, Field(ge=0, le=3650)] = 180
    refused_photos_days: Annotated[int, Field(ge=0, le=3650)] = 30
    finished_trainings_days: Annotated[int, Field(ge=0, le=3650)] = 0


class Jobs(Section):
    """How the worker works."""

    threads: Annotated[int, Field(ge=1, le=64)] = 4
    run_threads: Annotated[int, Field(ge=1, le=64)] = 16
    copy_threads: Annotated[int, Field(ge=1, le=64)] = 4
    event_days: Annotated[int, Field(ge=1, le=3650)] = 90
    sweep_seconds: Annotated[float, Field(gt=0, le=3600)] = 15.0


class Http(Section):
    """Where the web server listens that webhooks come to."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 0
    metrics_token: SecretStr = SecretStr("")

    @field_validator("metrics_token")
    @classmethod
    def _long_enough(cls, token: SecretStr) -> SecretStr:
        if 0 < len(token.get_secret_value()) < 16:
            raise ValueError("the token of /metrics has at least 16 letters")
        return token


class Log(Section):
    """What is logged, and in which form."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Settings(Section):
    """All settings. `Settings()` is the defaults; `load` reads the file and the environment."""

    environment: Literal["development", "production"] = "development"
    data_dir: Path = Path("data")
    public_url: str = ""
    access: Literal["open", "invite", "list"] = "open"
    invites: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    database: Database = Database()
    conversation: Conversation = Conversation()
    avatars: Avatars = Avatars()
    photos: Photos = Photos()
    training: Training = Training()
    fal: Fal = Fal()
    storage: Storage = Storage()
    retention: Retention = Retention()
    jobs: Jobs = Jobs()
    http: Http = Http()
    log: Log = Log()
    dashboard: Dashboard = Dashboard()
    alerts: Alerts = Alerts()

    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @field_validator("people")
    @classmethod
    def _addresses(cls, people: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [person for person in people if not re.fullmatch(r"[a-z]\w*:\S+", person)]:
            raise ValueError(f'an address is written "channel:id", not {wrong[0]!r}')
        return people

    @field_validator("public_url")
    @classmethod
    def _address_of_a_site(cls, url: str) -> str:
        if url and not re.fullmatch(r"https?://[^/\s]+(/[^\s?#]*)?", url):
            raise ValueError('public_url is written "https://name", without a query')
        return url.rstrip("/")

    @model_validator(mode="after")
    def _enough_photos(self) -> Self:
        """Simulated trainings are content with fewer."""
        if self.fal.key.get_secret_value():
            self.training.refuse_few_photos()
        return self

    @classmethod
    def load(
        cls,
        path: Path | str | None = None,
        environ: Mapping[str, str] | None = None,
        channels: Mapping[str, Any] | None = None,
    ) -> Settings:
        """Defaults, over them the file, over it the environment.

        The file is `path`, else the one LIKENESS_CONFIG names, else `config.toml` of the current
        folder if there is one. `channels` are classes with a `Settings` of their own; without it,
        all installed ones. Raises ConfigurationError, which names every key that is wrong.
        """
        environ = os.environ if environ is None else environ
        channels = installed_channels() if channels is None else channels
        model = _with_channels(cls, channels)
        given = _with_fal_key(environ)
        settings, origins = configuration.read(model, _config_file(path, environ), given)
        settings._origins.update(origins)
        if _OUR_KEY not in environ and _OUR_KEY in given:
            settings._origins["fal.key"] = FAL_KEY
        return settings

    @property
    def database_url(self) -> str:
        """Where the database is, whether or not `database.url` says so."""
        return self.database.url or f"sqlite:///{self.data_dir / 'likeness.db'}"

    @property
    def objects_dir(self) -> Path:
        """The folder of the stored objects."""
        return Path(self.storage.folder) if self.storage.folder else self.data_dir / "objects"

    def channel(self, name: str) -> Any:
        """The section that the channel brought: an instance of its `Settings`."""
        if name not in type(self).model_fields or name in Settings.model_fields:
            own = sorted(type(self).model_fields.keys() - Settings.model_fields.keys())
            known = f"Installed: {', '.join(own)}." if own else "None is installed."
            raise ConfigurationError(f"There is no channel {name!r}. {known}")
        return getattr(self, name)

    def origin(self, key: str) -> str:
        """Where a setting's value came from: "default", the file, or the variable's name."""
        return self._origins.get(key, "default")


def describe(settings: Settings) -> str:
    """The settings in force as TOML, each with where it came from; secrets are masked."""
    return configuration.describe(settings, settings._origins)


def installed_channels() -> dict[str, Any]:
    """Every channel class that is installed, by the name of its entry point."""
    return {point.name: _loaded(point) for point in entry_points(group=CHANNELS)}


def installed_pages() -> dict[str, Any]:
    """What those who run Likeness look at: the dashboard, where it is installed."""
    return {point.name: _loaded(point) for point in entry_points(group=PAGES)}


def _loaded(point: EntryPoint) -> Any:
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"The channel {point.name!r} ({point.value}) can't be loaded: {error}. "
            "Install what it needs, or uninstall it."
        ) from error


def _with_fal_key(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The variables, with fal's own one under the name of our setting."""
    key = environ.get(FAL_KEY)
    return {_OUR_KEY: key, **environ} if key else environ


def _config_file(path: Path | str | None, environ: Mapping[str, str]) -> Path | None:
    if chosen := path or environ.get(configuration.CONFIG):
        return Path(chosen)
    default = Path("config.toml")
    return default if default.exists() else None


def _with_channels(model: type[Settings], channels: Mapping[str, Any]) -> type[Settings]:
    sections: dict[str, Any] = {}
    for name, channel in channels.items():
        taken = name in model.model_fields or hasattr(model, name)
        if taken or not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
            raise ConfigurationError(
                f"A channel can't be called {name!r}: its name is a section of config.toml and "
                "part of variables' names. Choose another, in lower case, that isn't taken."
            )
        sections[name] = (channel.Settings, Field(default_factory=channel.Settings))
    return create_model("Settings", __base__=model, **sections)
