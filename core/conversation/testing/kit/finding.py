"""The rules class of a channel: named by an entry point, a module, or a file."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from core.base.errors import ConfigurationError
from core.conversation.testing.kit.channel_rules import ChannelRules

GROUP = "likeness.kits"
"""The entry-point group of rules classes, by the names of their channels."""


def rules_of(channel: str, where: str = "") -> type[ChannelRules]:
    """The rules class of a channel: by its entry point, or in `where`, `FILE.py` or `MODULE`.

    After a colon `where` names the class. Raises ConfigurationError.
    """
    if not where:
        return _checked(_installed(channel), channel)
    place, _, name = where.partition(":")
    module = _module(place)
    if name:
        return _checked(getattr(module, name, None), where)
    found = (kind for kind in vars(module).values() if _is_rules(kind) and kind.channel == channel)
    return _checked(next(found, None), where)


def _installed(channel: str) -> object:
    for point in entry_points(group=GROUP):
        if point.name == channel:
            return point.load()
    raise ConfigurationError(
        f"No package brings rules for {channel!r}. Name it under the entry points {GROUP!r}, or "
        "pass --rules with its file: tests/test_pigeon.py, or tests/test_pigeon.py:TestPigeon."
    )


def _module(place: str) -> ModuleType:
    sys.path.insert(0, os.getcwd())
    path = Path(place)
    if path.suffix != ".py":
        try:
            return importlib.import_module(place)
        except ModuleNotFoundError as error:
            raise ConfigurationError(f"There is no module {place!r}: {error}.") from error
    spec = importlib.util.spec_from_file_location(path.stem, path) if path.is_file() else None
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"There is no file {place}.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _is_rules(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, ChannelRules) and hasattr(kind, "channel")


def _checked(kind: Any, where: str) -> type[ChannelRules]:
    if not _is_rules(kind):
        raise ConfigurationError(f"There is no class of rules for this channel in {where!r}.")
    rules: type[ChannelRules] = kind
    return rules
