"""What is installed beside the core: the channels and the dashboard, by their entry points."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from core.errors import ConfigurationError

CHANNELS = "likeness.channels"
"""The entry-point group in which a channel makes itself known."""

PAGES = "likeness.pages"
"""The entry-point group of the dashboard, so that the core need not know it."""


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
