"""The words of wishes that a painter gets in English. All of them are in `words.toml`."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

from core.base.errors import ConfigurationError
from core.base.folding import folded

FILE = "words.toml"
MEDIA = "media"
"""The section of what makes it a picture and no photo."""

_ENGLISH = re.compile(r"[A-Za-z0-9][A-Za-z0-9 '-]*")
_FORM = re.compile(r"\w+([ -]\w+)*")


@dataclass(frozen=True, slots=True)
class Words:
    """A table of words: English by every form that means it, and the English of section MEDIA.

    `known` finds the forms in a text, `drawn` the media in an English one.
    """

    english: Mapping[str, str]
    media: frozenset[str]
    known: re.Pattern[str]
    drawn: re.Pattern[str]

    def translate(self, text: str) -> str:
        """The text with the words that the table knows in English, the rest as it is.

        The longest form that fits is taken.
        """
        return self.known.sub(lambda found: self.english[folded(found.group())], text)

    def is_drawn(self, english: str) -> bool:
        """Whether an English text asks for something that is no photo."""
        return self.drawn.search(english) is not None


@functools.cache
def words() -> Words:
    """The table of `words.toml`; raises ConfigurationError."""
    return read(files(__package__).joinpath(FILE).read_text("utf-8"))


def read(text: str) -> Words:
    """The table of such a file; raises ConfigurationError, which names everything that is wrong."""
    try:
        sections = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{FILE} is not valid TOML: {error}.") from None
    if problems := list(_problems(sections)):
        raise ConfigurationError("\n".join(f"{FILE}: {problem}." for problem in problems))
    english = {form: word for word, form in _forms(sections)}
    media = frozenset(sections.get(MEDIA, {}))
    return Words(english, media, _any(english), _any(media))


def _forms(sections: Mapping[str, Mapping[str, list[str]]]) -> Iterator[tuple[str, str]]:
    """Every English word with each of its forms."""
    for section in sections.values():
        for word, forms in section.items():
            yield from ((word, form) for form in forms)


def _problems(sections: Mapping[str, object]) -> Iterator[str]:
    of: dict[str, str] = {}
    for name, section in sections.items():
        if not isinstance(section, Mapping):
            yield f"{name!r} belongs into a section: write [places], or another, above it"
            continue
        for word, forms in section.items():
            if not _ENGLISH.fullmatch(word):
                yield f"[{name}] {word!r} is not English: write the English word on the left"
            if not isinstance(forms, list) or not forms:
                yield f'[{name}] {word!r} has no list of forms: write {word} = ["…"]'
                continue
            yield from (f"[{name}] {problem}" for problem in _unfit(word, forms, of))


def _unfit(word: str, forms: list[object], of: dict[str, str]) -> Iterator[str]:
    """What is wrong with the forms of a word; notes in `of` which word each belongs to."""
    for form in forms:
        if not isinstance(form, str) or not _FORM.fullmatch(form) or form != folded(form):
            yield f'{word!r} has the form {form!r}: write words in small letters, with "е" for "ё"'
        elif form in of:
            yield f"{form!r} is a form of {of[form]!r} and of {word!r}: remove one"
        else:
            of[form] = word


def _any(forms: Mapping[str, str] | frozenset[str]) -> re.Pattern[str]:
    """Any of these as whole words, the longest first; nothing where there are none."""
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    either = "|".join(re.escape(form).replace("е", "[её]") for form in longest_first) or r"(?!)"
    return re.compile(rf"(?<![\w-])(?:{either})(?![\w-])", re.IGNORECASE)
