"""Style packs: what people choose from when they want pictures. All of them are in `packs.toml`."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import product
from types import MappingProxyType
from typing import Any

from core.base.errors import ConfigurationError
from core.base.texts import LANGUAGES

FILE = "packs.toml"
KINDS = ("character", "style", "custom")
"""What an avatar may be: the values of `AvatarType`."""
GENDERS = ("male", "female", "other")
"""The values of `AvatarGender`."""
SUBJECT = "{subject}"
"""Where the avatar stands in a prompt."""

_SLUG = re.compile(r"(?=.{1,24}$)[a-z0-9]+(-[a-z0-9]+)*")
"""At most 24 letters, which fit a button's token."""
_NEEDED = ("title", "description", "for", "prompts", "example")
_FLAGS = ("preview", "drawn")
_KEYS = (*_NEEDED, *_FLAGS, "genders")


@dataclass(frozen=True, slots=True)
class Pack:
    """One style: `title` and `description` by language, `prompts` in English, each with SUBJECT.

    It suits avatars of these `kinds` and `genders`. `preview` says whether the pictures that come
    with a finished training may be of it, `example` in words what its example shows, `drawn`
    whether there is a drawing of the style.
    """

    slug: str
    title: Mapping[str, str] = field(hash=False)
    description: Mapping[str, str] = field(hash=False)
    kinds: frozenset[str]
    genders: frozenset[str]
    preview: bool
    prompts: tuple[str, ...]
    example: str
    drawn: bool = False

    def suits(self, avatar_type: str, gender: str) -> bool:
        """Whether it is for avatars of this kind and gender."""
        return avatar_type in self.kinds and gender in self.genders


@functools.cache
def packs() -> Mapping[str, Pack]:
    """All packs by slug, in the order of the file; raises ConfigurationError."""
    return read(files(__package__).joinpath(FILE).read_text("utf-8"))


def suitable(avatar_type: str, gender: str) -> tuple[Pack, ...]:
    """The packs for such an avatar, in the order of the file."""
    return tuple(pack for pack in packs().values() if pack.suits(avatar_type, gender))


def for_previews(avatar_type: str, gender: str) -> tuple[Pack, ...]:
    """Those of them that previews may be of; never empty."""
    return tuple(pack for pack in suitable(avatar_type, gender) if pack.preview)


def read(text: str) -> Mapping[str, Pack]:
    """The packs of such a file; raises ConfigurationError, which names everything that is wrong."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{FILE} is not valid TOML: {error}.") from None
    problems = [
        f"{FILE}: [{slug}] {problem}."
        for slug, table in tables.items()
        for problem in _problems(slug, table)
    ]
    found = {} if problems else {slug: _pack(slug, table) for slug, table in tables.items()}
    problems = problems or list(_without_previews(found))
    if problems:
        raise ConfigurationError("\n".join(problems))
    return MappingProxyType(found)


def _pack(slug: str, table: Mapping[str, Any]) -> Pack:
    return Pack(
        slug=slug,
        title=MappingProxyType(table["title"]),
        description=MappingProxyType(table["description"]),
        kinds=frozenset(table["for"]),
        genders=frozenset(table.get("genders", GENDERS)),
        preview=table.get("preview", False),
        prompts=tuple(table["prompts"]),
        example=table["example"],
        drawn=table.get("drawn", False),
    )


def _problems(slug: str, table: object) -> Iterator[str]:
    if not isinstance(table, Mapping):
        yield "is no pack: write it as a section, its keys below that"
        return
    if not _SLUG.fullmatch(slug):
        yield "has an unfit name: write at most 24 of a-z and 0-9, with single hyphens"
    for key in table:
        if key not in _KEYS:
            yield f"has an unknown key {key!r}; there are {', '.join(_KEYS)}"
    yield from (f"has no {key}" for key in _NEEDED if key not in table)
    yield from _untranslated(table)
    yield from _unknown(table, "for", KINDS)
    yield from _unknown(table, "genders", GENDERS)
    yield from _unfit_prompts(table.get("prompts", [SUBJECT]))
    for flag in _FLAGS:
        if not isinstance(table.get(flag, False), bool):
            yield f"has a {flag} that is neither true nor false"
    if not _is_text(table.get("example", "-")):
        yield "has an example that is no text: describe it in words"


def _untranslated(table: Mapping[str, object]) -> Iterator[str]:
    for key in ("title", "description"):
        texts = table.get(key, dict.fromkeys(LANGUAGES, "-"))
        if not isinstance(texts, Mapping):
            yield f'has a {key} in no language: write {{ en = "…", ru = "…" }}'
            continue
        for language in LANGUAGES:
            if not _is_text(texts.get(language)):
                yield f"has no {key} in {language!r}: translate it"
        for language in texts:
            if language not in LANGUAGES:
                yield f"has a {key} in {language!r}; Likeness speaks {', '.join(LANGUAGES)}"


def _unknown(table: Mapping[str, object], key: str, known: tuple[str, ...]) -> Iterator[str]:
    values = table.get(key, list(known))
    if not isinstance(values, list) or not values:
        yield f"has no list for {key}: name some of {', '.join(known)}"
    else:
        yield from (
            f"has {value!r} in {key}; there are {', '.join(known)}"
            for value in values
            if value not in known
        )


def _unfit_prompts(prompts: object) -> Iterator[str]:
    if not isinstance(prompts, list) or not prompts:
        yield f"has no list of prompts: write at least one, with {SUBJECT} in it"
        return
    for number, prompt in enumerate(prompts, 1):
        said = prompt.count(SUBJECT) if isinstance(prompt, str) else 0
        if said != 1:
            yield f"has {SUBJECT} {said} times in prompt {number}: write it once"
        elif set("{}") & set(prompt.replace(SUBJECT, "")):
            yield f"has other braces than {SUBJECT} in prompt {number}: remove them"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _without_previews(found: Mapping[str, Pack]) -> Iterator[str]:
    for kind, gender in product(KINDS, GENDERS):
        if not any(pack.preview and pack.suits(kind, gender) for pack in found.values()):
            yield (
                f"{FILE}: no pack with preview = true is for {kind!r} and {gender!r}, so such an "
                "avatar would get no previews. Add one, or set preview = true in another."
            )
