"""Installed channels and pages, found by their entry points."""

from __future__ import annotations

import functools
import sys
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel, ConfigDict

from core.base.errors import ConfigurationError, kind_of
from core.base.processes.isolation import guarded

CHANNELS = "likeness.channels"
"""The entry-point group of channels."""

PAGES = "likeness.pages"
"""The entry-point group of admin pages."""


def installed_channels() -> dict[str, Any]:
    """All installed channel classes by entry-point name."""
    return {point.name: _channel(point) for point in _points(CHANNELS)}


def channel_names() -> list[str]:
    """The names of installed channels, without importing them."""
    return sorted({point.name for point in _points(CHANNELS)})


class _AnySettings(BaseModel):
    """Settings of a channel that can't be imported: anything is accepted."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Unusable:
    """Stands in for a channel that can't be imported; creating one raises the reason."""

    Settings = _AnySettings
    capabilities = SimpleNamespace(pushes=False, terminal=False)
    told = ""

    def __init__(self, _settings: object) -> None:
        raise ImportError(self.told)


@functools.cache
def pushing() -> tuple[str, ...]:
    """The names of channels that push."""
    found = installed_channels().items()
    return tuple(sorted(name for name, kind in found if kind.capabilities.pushes))


@functools.cache
def pulled() -> tuple[str, ...]:
    """The names of channels that are pulled, without terminals."""
    found = [(name, kind.capabilities) for name, kind in installed_channels().items()]
    return tuple(sorted(name for name, can in found if not (can.pushes or can.terminal)))


def made_channel(settings: Any, name: str) -> Any:
    """Create an installed channel with its section of the settings; its errors propagate."""
    return installed_channels()[name](settings.channel(name))


def working_channels(settings: Any) -> dict[str, Any]:
    """Create all installed channels; failing ones are logged and left out."""
    made = {name: guarded(name, made_channel, settings, name) for name in channel_names()}
    return {name: channel for name, channel in made.items() if channel is not None}


def installed_pages() -> dict[str, Any]:
    """Installed admin pages: the dashboard."""
    return {point.name: _loaded(point) for point in _points(PAGES)}


def _points(group: str) -> EntryPoints:
    return _points_on(tuple(sys.path), group)


@functools.cache
def _points_on(_path: tuple[str, ...], group: str) -> EntryPoints:
    """To look through every package takes 20 ms, and the next look would find the same."""
    return entry_points(group=group)


def _channel(point: EntryPoint) -> object:
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


def _loaded(point: EntryPoint) -> object:
    try:
        return point.load()
    except Exception as error:  # whatever stands in its modules
        raise ConfigurationError(
            f"{point.name!r} ({point.value}) can't be loaded: {error}. "
            "Install what it needs, or uninstall it."
        ) from error
