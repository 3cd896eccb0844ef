"""Every setting of Likeness: its meaning, its range and its default.

`config.toml` overrides a default, an environment variable (`LIKENESS_TRAINING__MIN_PHOTOS=5`)
overrides both. Secrets come from the environment alone. A file of `product/` or `running/` holds
the sections of one subject; a channel brings a section of its own, as the class attribute
`Settings`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, PrivateAttr, create_model, model_validator

from core.base import configuration
from core.base.errors import ConfigurationError
from core.base.settings.addresses import InviteCodes, PeopleAddresses, SiteAddress
from core.base.settings.installed import installed_channels
from core.base.settings.product.avatars import Avatars, Photos
from core.base.settings.product.brand import Brand
from core.base.settings.product.conversation import Conversation
from core.base.settings.product.fal import PAINTERS, TRAINERS, Fal, ProPainting
from core.base.settings.product.operator import Operator
from core.base.settings.product.pictures import Pictures
from core.base.settings.product.training import Training
from core.base.settings.running.alerts import Alerts
from core.base.settings.running.dashboard import Dashboard
from core.base.settings.running.processes import Http, Jobs, Log, Tracing
from core.base.settings.running.storage import Backup, Database, Retention, Storage
from core.base.settings.section import Section as Section

FAL_KEY = "FAL_KEY"
"""The variable of fal's own programs; `LIKENESS_FAL__KEY` takes precedence."""

_OUR_KEY = f"{configuration.PREFIX}FAL__KEY"
_PROFILES = ("profiles_portrait", "profiles_style")


class Settings(Section):
    """All settings. `Settings()` is the defaults; `load` reads the file and the environment."""

    environment: Literal["development", "production"] = "development"
    data_dir: Path = Path("data")
    public_url: SiteAddress = ""
    access: Literal["open", "invite", "list"] = "open"
    invites: InviteCodes = ()
    people: PeopleAddresses = ()
    operator: Operator = Operator()
    brand: Brand = Brand()
    database: Database = Database()
    conversation: Conversation = Conversation()
    avatars: Avatars = Avatars()
    photos: Photos = Photos()
    training: Training = Training()
    pictures: Pictures = Pictures()
    fal: Fal = Fal()
    storage: Storage = Storage()
    retention: Retention = Retention()
    backup: Backup = Backup()
    jobs: Jobs = Jobs()
    http: Http = Http()
    log: Log = Log()
    tracing: Tracing = Tracing()
    dashboard: Dashboard = Dashboard()
    alerts: Alerts = Alerts()

    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _fit_for_real_trainings(self) -> Self:
        """Check trainers' minimums of photos and the budget, unless trainings are simulated."""
        if self.fal.key.get_secret_value():
            self.training.refuse_few_photos()
            self._refuse_unknown_prices()
        return self

    @model_validator(mode="after")
    def _somebody_answers(self) -> Self:
        """Check that people are told who answers for their photos."""
        if self.environment == "production":
            self.operator.refuse_nobody()
        return self

    @model_validator(mode="after")
    def _every_trainer_has_a_painter(self) -> Self:
        """Check that what is trained can be painted with."""
        for setting in _PROFILES:
            for name in getattr(self.training, setting):
                base_model = TRAINERS[name].base_model
                if not self.fal.painters_of(base_model):
                    fitting = " or ".join(p for p, model in PAINTERS.items() if model == base_model)
                    raise ValueError(
                        f"fal.painters = {list(self.fal.painters)}, but none of them paints with "
                        f"what {name} trains. Add {fitting}, or take {name} out of "
                        f"training.{setting}"
                    )
        return self

    def _refuse_unknown_prices(self) -> None:
        """Raise ValueError where a budget could not be kept, for a price that is not known.

        One that would only take over for another is passed over instead: see `Gate`.
        """
        if self.training.daily_budget_usd > 0:
            self._refuse_unknown_price_of_trainers()
            if self.pictures.enabled:
                self._refuse_unknown_price_of_painters()

    def _refuse_unknown_price_of_trainers(self) -> None:
        budget = self.training.daily_budget_usd
        for setting in _PROFILES:
            name = getattr(self.training, setting)[0]
            section = name.replace("-", "_")
            if getattr(self.fal, section).usd_per_step is None:
                raise ValueError(
                    f"training.daily_budget_usd = {budget:g}, but nobody knows what {name} costs: "
                    f'fal.{section}.usd_per_step = "unknown". Set it to the price of a step that '
                    f"fal.ai names, or begin training.{setting} with a trainer whose price is "
                    "known, or set training.daily_budget_usd to 0"
                )

    def _refuse_unknown_price_of_painters(self) -> None:
        budget = self.training.daily_budget_usd
        trainers = (name for setting in _PROFILES for name in getattr(self.training, setting))
        models = dict.fromkeys(TRAINERS[name].base_model for name in trainers)
        for name in (name for model in models for name in self.fal.painters_of(model)[:1]):
            section = name.replace("-", "_")
            chosen = getattr(self.fal, section)
            key = "usd_per_picture" if isinstance(chosen, ProPainting) else "usd_per_megapixel"
            if getattr(chosen, key) is None:
                raise ValueError(
                    f"training.daily_budget_usd = {budget:g}, but nobody knows what {name} costs: "
                    f'fal.{section}.{key} = "unknown". Set it to the price that fal.ai names, or '
                    "set pictures.enabled to false, or training.daily_budget_usd to 0"
                )

    @property
    def zone(self) -> str:
        """The time zone of days, for budgets, limits and the dashboard."""
        return self.dashboard.time_zone

    @classmethod
    def load(
        cls,
        path: Path | str | None = None,
        environ: Mapping[str, str] | None = None,
        channels: Mapping[str, object] | None = None,
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
        """The database's URL, by default SQLite in the data folder."""
        return self.database.url or f"sqlite:///{self.data_dir / 'likeness.db'}"

    @property
    def objects_dir(self) -> Path:
        """The folder of the stored objects."""
        return Path(self.storage.folder) if self.storage.folder else self.data_dir / "objects"

    def channel(self, name: str) -> Any:
        """A channel's section: an instance of its `Settings`."""
        if name not in type(self).model_fields or name in Settings.model_fields:
            own = sorted(type(self).model_fields.keys() - Settings.model_fields.keys())
            known = f"Installed: {', '.join(own)}." if own else "None is installed."
            raise ConfigurationError(f"There is no channel {name!r}. {known}")
        return getattr(self, name)

    def origin(self, key: str) -> str:
        """The origin of a setting's value: "default", the file, or a variable's name."""
        return self._origins.get(key, "default")


def describe(settings: Settings) -> str:
    """The settings in force as TOML, each with its origin; secrets are masked."""
    return configuration.describe(settings, settings._origins)


def _with_fal_key(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment, with fal's own variable under our name."""
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
