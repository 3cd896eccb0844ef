"""What is installed beside the core: the channels and the dashboard, by their entry points."""

from __future__ import annotations

import functools
from importlib.metadata import EntryPoint, entry_points
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel, ConfigDict

from core.base.errors import ConfigurationError, kind_of
from core.base.isolation import guarded

CHANNELS = "likeness.channels"
"""The entry-point group in which a channel makes itself known."""

PAGES = "likeness.pages"
"""The entry-point group of the dashboard, so that the core need not know it."""


def installed_channels() -> dict[str, Any]:
    """Every channel class that is installed, by the name of its entry point."""
    return {point.name: _channel(point) for point in entry_points(group=CHANNELS)}


def channel_names() -> list[str]:
    """What the installed channels are called, without loading them."""
    return sorted({point.name for point in entry_points(group=CHANNELS)})


class _AnySettings(BaseModel):
    """What is written for a channel that can't be had: anything."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Unusable:
    """Stands in for a channel whose class can't be had; to make one says why."""

    Settings = _AnySettings
    capabilities = SimpleNamespace(pushes=False, terminal=False)
    told = ""

    def __init__(self, _settings: Any) -> None:
        raise ImportError(self.told)


@functools.cache
def pushing() -> tuple[str, ...]:
    """The channels that write to people by themselves."""
    found = installed_channels().items()
    return tuple(sorted(name for name, kind in found if kind.capabilities.pushes))


@functools.cache
def pulled() -> tuple[str, ...]:
    """The channels that people look at when they like, a terminal left out."""
    found = [(name, kind.capabilities) for name, kind in installed_channels().items()]
    return tuple(sorted(name for name, can in found if not (can.pushes or can.terminal)))


def made_channel(settings: Any, name: str) -> Any:
    """An installed channel with its own section of the settings; what it raises comes through."""
    return installed_channels()[name](settings.channel(name))


def working_channels(settings: Any) -> dict[str, Any]:
    """Every installed channel, made with its section; one that fails is logged and left out."""
    made = {name: guarded(name, made_channel, settings, name) for name in channel_names()}
    return {name: channel for name, channel in made.items() if channel is not None}


def installed_pages() -> dict[str, Any]:
    """What those who run Likeness look at: the dashboard, where it is installed."""
    return {point.name: _loaded(point) for point in entry_points(group=PAGES)}


def _channel(point: EntryPoint) -> Any:
    """A channel's class. In place of one that can't be had, a class that can't be made: the
    others, and the settings of all, are none the worse for it.
    """
    try:
        kind = point.load()
        if kind.Settings and kind.capabilities:
            return kind
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever stands in its modules
        return _unusable(point, error)
    return _unusable(point, TypeError("it has no Settings, or no capabilities"))


def _unusable(point: EntryPoint, error: BaseException) -> type[Unusable]:
    told = (
        f"The channel {point.name!r} ({point.value}) can't be loaded: {kind_of(error)}: {error}. "
        "Install what it needs, or uninstall it."
    )
    return type("Unusable", (Unusable,), {"told": told})


def _loaded(point: EntryPoint) -> Any:
    try:
        return point.load()
    except Exception as error:  # whatever stands in its modules
        raise ConfigurationError(
            f"{point.name!r} ({point.value}) can't be loaded: {error}. "
            "Install what it needs, or uninstall it."
        ) from error
