"""One setting of a model: its key, type and notation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

PREFIX = "LIKENESS_"
WORD = "word"
"""Key in a field's `json_schema_extra`: the notation of None."""

Key = tuple[str, ...]

_NOUNS = {int: "a whole number", float: "a number", bool: "true or false"}
_LISTS = {int: ("a list of whole numbers", "[1, 2]"), float: ("a list of numbers", "[0.5, 1]")}
_TEXTS = ("a list of texts", '["a", "b"]')
_BOUNDS = {Ge: "of at least", Gt: "greater than", Le: "of at most", Lt: "less than"}
_PASSWORD = re.compile(r"(://[^:/@\s]*:)(?!\d+(?:/|$))\S*@|(\bpassword=)[^&\s]+")


@dataclass(frozen=True)
class Setting:
    """One setting."""

    key: Key
    info: FieldInfo

    @property
    def dotted(self) -> str:
        return ".".join(self.key)

    @property
    def variable(self) -> str:
        return PREFIX + "__".join(self.key).upper()

    @property
    def kind(self) -> Any:
        """The type of its value; of `X | None`, the X."""
        return without_none(self.info.annotation)

    @property
    def secret(self) -> bool:
        return self.kind in (SecretStr, SecretBytes)

    @property
    def word(self) -> str:
        """The notation of None, or ""."""
        extra = self.info.json_schema_extra
        return str(extra.get(WORD, "")) if isinstance(extra, dict) else ""

    @property
    def default(self) -> object:
        found = self.info.get_default(call_default_factory=True, validated_data={})
        return self.word if found is None and self.word else found

    @property
    def noun(self) -> str:
        """Its type in words: "a whole number"."""
        if get_origin(self.kind) is Literal:
            return "one of its choices"
        if is_list(self.kind):
            return _LISTS.get(item_of(self.kind), _TEXTS)[0]
        return _NOUNS.get(self.kind, "a text")

    @property
    def wanted(self) -> str:
        """Its type and range in words: "a whole number from 1 to 50"."""
        if get_origin(self.kind) is Literal:
            return " or ".join(map(written, get_args(self.kind)))
        if is_list(self.kind):
            return f"a list like {_LISTS.get(item_of(self.kind), _TEXTS)[1]}"
        word = f" or {written(self.word)}" if self.word else ""
        return self.noun + self._range() + self._length() + word

    def _range(self) -> str:
        limits = {
            type(bound): getattr(bound, type(bound).__name__.lower())
            for bound in self.info.metadata
            if isinstance(bound, Ge | Gt | Le | Lt)
        }
        if limits.keys() == {Ge, Le}:
            return f" from {limits[Ge]} to {limits[Le]}"
        return " and".join(f" {_BOUNDS[bound]} {limit}" for bound, limit in limits.items())

    def _length(self) -> str:
        least = [bound.min_length for bound in self.info.metadata if isinstance(bound, MinLen)]
        most = [bound.max_length for bound in self.info.metadata if isinstance(bound, MaxLen)]
        return f" of {least[0]} to {most[0]} letters" if least and most else ""


def settings_of(model: type[BaseModel], above: Key = ()) -> Iterator[Setting]:
    """All settings of a model and its sections, in order."""
    for name, info in model.model_fields.items():
        if section := _section(info.annotation):
            yield from settings_of(section, (*above, name))
        else:
            yield Setting((*above, name), info)


def sections_of(model: type[BaseModel], above: Key = ()) -> Iterator[Key]:
    """All sections of a model, recursively, empty ones too."""
    for name, info in model.model_fields.items():
        if section := _section(info.annotation):
            yield (*above, name)
            yield from sections_of(section, (*above, name))


def takes_anything(model: type[BaseModel], key: Key) -> bool:
    """Whether a section accepts any key."""
    section = _section(model.model_fields[key[0]].annotation)
    return section is not None and section.model_config.get("extra") == "allow"


def describe(model: BaseModel, origins: Mapping[str, str]) -> str:
    """The settings in force as TOML, each with its origin; secrets are masked."""
    lines: list[str] = []
    section: Key = ()
    for setting in sorted(settings_of(type(model)), key=lambda setting: len(setting.key) > 1):
        if setting.key[:-1] != section:
            section = setting.key[:-1]
            lines += ["", f"[{'.'.join(section)}]"]
        value = reduce(getattr, setting.key, model)
        lines.append(_line(setting, value, origins.get(setting.dotted, "default")))
    return "\n".join(lines) + "\n"


def written(value: object) -> str:
    """A value in TOML; passwords in URLs are masked."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | Path):
        return json.dumps(masked(str(value)), ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(value)


def masked(text: str) -> str:
    """The text with the passwords of its URLs masked."""
    return _PASSWORD.sub(lambda match: f"{match[1]}***@" if match[1] else f"{match[2]}***", text)


def without_none(annotation: object) -> object:
    """X of `X | None`; other types unchanged."""
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    optional = NoneType in get_args(annotation) and len(kinds) == 1
    return kinds[0] if optional else annotation


def is_list(kind: object) -> bool:
    return get_origin(kind) in (list, tuple)


def item_of(kind: Any) -> Any:
    """The item type of a list."""
    return without_none((*get_args(kind), str)[0])


def _section(annotation: object) -> type[BaseModel] | None:
    kind = without_none(annotation)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _line(setting: Setting, value: Any, origin: str) -> str:
    name = setting.key[-1]
    if setting.secret:
        state = "set, and hidden" if value and value.get_secret_value() else "not set"
        return f"# {name}: {state} ({setting.variable})"
    if value is None and setting.word:
        return f"{name} = {written(setting.word)}  # {origin}"
    if value is None:
        return f"# {name}: not set"
    return f"{name} = {written(value)}  # {origin}"
