"""Messages about wrong settings: key, value and remedy in one line, never a secret."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from core.base.configuration.setting import PREFIX, Key, Setting, masked, written

_LONGEST = 80
_OWN_CHECK = {"value_error", "assertion_error"}
_OUT_OF_RANGE = {
    "greater_than", "greater_than_equal", "less_than", "less_than_equal", "string_too_short",
    "string_too_long",
}  # fmt: skip
_SECRET_NAME = re.compile("token|secret|key|pass|pwd|credential|dsn", re.IGNORECASE)


@dataclass(frozen=True)
class Given:
    """A given value and its origin: a file or a variable."""

    value: Any
    origin: str

    @property
    def from_environment(self) -> bool:
        return self.origin.startswith(PREFIX)


def bad_value(setting: Setting, given: Given, detail: ErrorDetails, words: str) -> str:
    """A value of the wrong type, out of range, or refused by a validator."""
    remove = f"unset {given.origin}" if given.from_environment else "remove the line"
    default = written(setting.default)
    if setting.secret or len(default) > _LONGEST:
        default = "its default"
    remedy = f"or {remove} to use {default}."
    subject = _subject(setting, given)
    if detail["type"] in _OWN_CHECK:
        return f"{subject}: {words}. Correct it, {remedy}"
    wrong = "is out of range" if detail["type"] in _OUT_OF_RANGE else f"is not {setting.noun}"
    return f"{subject} {wrong}. Write {setting.wanted}, {remedy}"


def missing_value(setting: Setting) -> str:
    where = f"Set {setting.variable} to" if setting.secret else f"Set {setting.dotted} to"
    return f"{setting.dotted} has no value and no default. {where} {setting.wanted}."


def contradiction(section: Key, words: str, given: Mapping[Key, Given]) -> str:
    """Settings that contradict each other; names the variables involved."""
    variables = [
        item.origin
        for key, item in given.items()
        if key[: len(section)] == section and item.from_environment and key[-1] in words
    ]
    source = f" (from {', '.join(variables)})" if variables else ""
    dotted = ".".join(section)
    prefix = "" if not dotted or f"{dotted}." in words else f"{dotted}: "
    return f"{prefix}{words}{source}."


def secret_in_file(setting: Setting, origin: str) -> str:
    what = "is a secret" if setting.secret else "holds a password"
    return (
        f"{setting.dotted} {what}, which may not stand in {origin}. "
        f"Remove the line and set {setting.variable} in the environment."
    )


def unknown_key(key: Key, value: object, known: Mapping[Key, Setting], sections: set[Key]) -> str:
    """A misspelt key, or one in the wrong section."""
    dotted = ".".join(key)
    names = {setting.dotted: setting for setting in known.values()}
    elsewhere = [name for name, setting in names.items() if setting.key[-1] == key[-1]]
    near = elsewhere[:1] or _nearest(dotted, [*names, *map(".".join, sections)])
    secret = _SECRET_NAME.search(dotted) or any(n in names and names[n].secret for n in near)
    subject = dotted if secret or isinstance(value, Mapping) else f"{dotted} = {_quoted(value)}"
    remedy = f"Did you mean {near[0]}?" if near else "Remove it."
    return f"{subject} is not a setting. {remedy} `likeness config` lists every setting."


def unknown_variable(variable: str, known: Collection[Setting]) -> str:
    """A misspelt variable; its value is hidden, because it may be a secret."""
    names = [setting.variable.removeprefix(PREFIX) for setting in known]
    near = _nearest(variable.removeprefix(PREFIX), names)
    remedy = f"Did you mean {PREFIX}{near[0]}?" if near else "Unset it."
    return f"{variable} is not a setting. {remedy} `likeness config` lists every setting."


def not_a_section(key: Key, value: object) -> str:
    dotted = ".".join(key)
    return f"{dotted} = {_quoted(value)} is not a section. Write [{dotted}], its keys below that."


def not_a_key(key: Key, variable: str) -> str:
    return (
        f"{variable} names a section, not a setting. "
        f"Write {variable}__ and one of the keys of [{'.'.join(key)}]."
    )


def report(problems: list[str]) -> str:
    """Combine all problems in one message."""
    if len(problems) == 1:
        return problems[0]
    return "\n".join([f"{len(problems)} settings are wrong:", *(f"- {text}" for text in problems)])


def _subject(setting: Setting, given: Given) -> str:
    value = "" if setting.secret else f" = {_quoted(given.value)}"
    return setting.dotted + value + (f" (from {given.origin})" if given.from_environment else "")


def _quoted(value: object) -> str:
    text = repr(masked(value)) if isinstance(value, str) else written(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _nearest(name: str, names: Collection[str]) -> list[str]:
    return get_close_matches(name, names, n=1, cutoff=0.7)
