"""Read settings: the file, then the environment, then one validation."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from core.base.configuration import problems
from core.base.configuration.problems import Given
from core.base.configuration.setting import (
    PREFIX,
    Key,
    is_list,
    item_of,
    masked,
    sections_of,
    settings_of,
    takes_anything,
)
from core.base.errors import ConfigurationError

CONFIG = PREFIX + "CONFIG"
"""Names the settings file; not a setting itself."""

_TRUTH = {"true": True, "yes": True, "on": True, "1": True}
_TRUTH |= {"false": False, "no": False, "off": False, "0": False}

M = TypeVar("M", bound=BaseModel)


def read(model: type[M], path: Path | None, environ: Mapping[str, str]) -> tuple[M, dict[str, str]]:
    """The model filled from the file and the environment, and each given value's origin by key.

    Raises ConfigurationError with a line for each problem.
    """
    reading = _Reading(model)
    if path is not None:
        reading.take_table(_load(path), (), str(path))
    reading.take_environment(environ)
    return reading.checked(), {".".join(key): item.origin for key, item in reading.given.items()}


class _Reading(Generic[M]):
    """The given values of a model's settings, and the problems found."""

    def __init__(self, model: type[M]) -> None:
        self.model = model
        self.settings = {setting.key: setting for setting in settings_of(model)}
        self.sections = set(sections_of(model))
        self.open = {key[0] for key in self.sections if takes_anything(model, key)}
        self.given: dict[Key, Given] = {}
        self.problems: list[str] = []

    def take_table(self, table: Mapping[str, object], above: Key, origin: str) -> None:
        for name, value in table.items():
            key = (*above, name)
            if above and above[0] in self.open:
                continue
            if key in self.settings:
                self._take_line(key, Given(value, origin))
            elif key not in self.sections:
                text = problems.unknown_key(key, value, self.settings, self.sections)
                self.problems.append(text)
            elif isinstance(value, Mapping):
                self.take_table(value, key, origin)
            else:
                self.problems.append(problems.not_a_section(key, value))

    def _take_line(self, key: Key, given: Given) -> None:
        password = isinstance(given.value, str) and masked(given.value) != given.value
        if self.settings[key].secret or password:
            self.problems.append(problems.secret_in_file(self.settings[key], given.origin))
        else:
            value = _fitting(given.value, self.settings[key].kind)
            self.given[key] = Given(value, given.origin)

    def take_environment(self, environ: Mapping[str, str]) -> None:
        for variable, text in environ.items():
            if not variable.startswith(PREFIX) or variable == CONFIG:
                continue
            key = tuple(variable.removeprefix(PREFIX).lower().split("__"))
            if setting := self.settings.get(key):
                self.given[key] = Given(_from_text(text, setting.kind), variable)
            elif key[0] in self.open and key not in self.sections:
                continue
            elif key in self.sections:
                self.problems.append(problems.not_a_key(key, variable))
            else:
                text = problems.unknown_variable(variable, self.settings.values())
                self.problems.append(text)

    def checked(self) -> M:
        """The validated model; raises ConfigurationError with all problems."""
        try:
            filled = self.model.model_validate(self._tree())
        except ValidationError as error:
            found = map(self._problem, error.errors(include_url=False))
            self.problems.extend(dict.fromkeys(found))
        if self.problems:  # raised out here, so that no traceback carries what was given
            raise ConfigurationError(problems.report(self.problems))
        return filled

    def _tree(self, hidden: bool = False) -> dict[str, object]:
        """The given values as the model has them; `hidden` secrets are as many asterisks."""
        tree: dict[str, object] = {}
        for section in sorted(self.sections):
            _branch(tree, section)
        for key, given in self.given.items():
            secret = hidden and self.settings[key].secret
            _branch(tree, key[:-1])[key[-1]] = "*" * len(given.value) if secret else given.value
        return tree

    def _problem(self, detail: ErrorDetails) -> str:
        location = tuple(map(str, detail["loc"]))
        key = next((key for key in self.settings if key == location[: len(key)]), None)
        if key is None:
            return problems.contradiction(location, self._words(detail), self.given)
        if key not in self.given:
            return problems.missing_value(self.settings[key])
        return problems.bad_value(self.settings[key], self.given[key], detail, self._words(detail))

    def _words(self, detail: ErrorDetails) -> str:
        """The message of a model's validator, which may quote a secret."""
        words = _said(detail)
        if any(secret in words for secret in self._secrets()):
            words = self._without_secrets(detail)
        return masked(words).rstrip(".")

    def _secrets(self) -> list[str]:
        return [
            str(given.value)
            for key, given in self.given.items()
            if self.settings[key].secret and given.value
        ]

    def _without_secrets(self, detail: ErrorDetails) -> str:
        """The same message, had every secret consisted of asterisks.

        To replace a secret in the message would show it, where it is a word of ours by chance.
        """
        try:
            self.model.model_validate(self._tree(hidden=True))
        except ValidationError as error:
            for other in error.errors(include_url=False):
                if (other["loc"], other["type"]) == (detail["loc"], detail["type"]):
                    return re.sub(r"\*+", "***", _said(other))
        return "its value is refused"


def _said(detail: ErrorDetails) -> str:
    return str(detail.get("ctx", {}).get("error", detail["msg"]))


def _load(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        problem = f"is not valid TOML: {error}. Correct that place."
    except UnicodeDecodeError:
        problem = "is not UTF-8 text. Save it as UTF-8."
    except OSError as error:
        reason = error.strerror or type(error).__name__
        problem = f"can't be read: {reason}. Correct the path, or unset {CONFIG} if that names it."
    raise ConfigurationError(f"{path} {problem}")


def _fitting(value: object, kind: object) -> object:
    """Convert TOML values to types that TOML lacks."""
    if isinstance(value, list) and get_origin(kind) is tuple:
        return tuple(value)
    return Path(value) if isinstance(value, str) and kind is Path else value


def _from_text(text: str, kind: object) -> object:
    """Parse a variable's text; unparsable text is left to the validation."""
    if is_list(kind):
        return _fitting(_list_from_text(text, item_of(kind)), kind)
    if kind is bool:
        return _TRUTH.get(text.strip().lower(), text)
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            return text
    return _fitting(text, kind)


def _list_from_text(text: str, kind: object) -> object:
    """`["a", "b"]` as in the file, or just `a,b`."""
    if text.lstrip().startswith("["):
        try:
            return json.loads(text)
        except ValueError:
            return text
    items = (item.strip() for item in text.split(","))
    return [_from_text(item, kind) for item in items if item]


def _branch(tree: dict[str, Any], key: Key) -> dict[str, Any]:
    for name in key:
        tree = tree.setdefault(name, {})
    return tree
