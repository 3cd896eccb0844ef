"""A typed wish: what is kept of it, and what can't be one."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator

from core.avatars import naming
from core.base import graphemes
from core.base.settings.product.pictures import Pictures

_CODE_POINTS = 4
"""For each character that is seen, on the average of a wish: letters have one or two."""
_JOINERS = "\u200c\u200d"
_TAG = re.compile(r"</?[a-z!?][^<>]*>", re.IGNORECASE)
"""Of HTML, or of another program's prompts: `<lora:name:1>` names a model."""
_BRACKETS = frozenset("<>{}[]|\\`")
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
_PHRASE = re.compile(r"[li1]k[0-9a-fo]{10}")
"""The rare word of an avatar, any avatar's, as it looks once its letters are folded."""
_ALIKE = str.maketrans("авекмнорстухіјѕһԁԛԝӏαβεικνορτυχγǀ", "abekmhopctyxijshdqwlabeikvoptuxyl")
"""Cyrillic and Greek letters that look like Latin ones; both sides of a comparison are folded."""


def tidy(text: str) -> str:
    """The wish as it is kept, shown and sent: one line, without markup and anybody's phrase.

    Tidying twice changes nothing.
    """
    whole = "".join(letter for letter in text if not _parts_words(letter))
    line = _TAG.sub(" ", naming.tidy(unicodedata.normalize("NFC", whole)))
    plain = "".join(" " if _is_bracket(letter) else letter for letter in line)
    return naming.tidy(_without_phrases(plain))


def problem(wish: str, settings: Pictures) -> str | None:
    """Why a text can't be a wish: "empty", "long" or "forbidden"; None where it can."""
    kept = tidy(wish)
    if not any(map(str.isalnum, _KEYCAP.sub("", kept))):
        return "empty"
    longest = settings.wish_length
    if graphemes.seen(kept) > longest or len(kept) > longest * _CODE_POINTS:
        return "long"
    forbidden = _pattern(settings.forbidden_words)
    return "forbidden" if forbidden.search("".join(map(_folded, kept))) else None


@functools.cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of these words, whole; those that end with `*` with any ending.

    Digits and underscores are no part of a word here, or they would hide one.
    """
    forms = "|".join(sorted(map(_form, words))) or r"(?!)"
    return re.compile(rf"(?<![^\W\d_])(?:{forms})")


def _form(word: str) -> str:
    stem = re.escape("".join(map(_folded, word.removesuffix("*")))).replace(r"\ ", r"[\W_]+")
    return stem if word.endswith("*") else rf"{stem}(?![^\W\d_])"


@functools.lru_cache(4096)
def _folded(letter: str) -> str:
    """A letter without case, accents and what can't be seen, as the Latin one that looks like it.

    It may become several, as a ligature does, or none.
    """
    seen = (part for part in unicodedata.normalize("NFKD", letter) if not _is_mark(part))
    return "".join(seen).casefold().translate(_ALIKE)


def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter) in ("Mn", "Me", "Cf", "Cc")


def _parts_words(letter: str) -> bool:
    """Whether a letter can't be seen and would part a word in two, for us or for a painter."""
    hidden = unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cs")
    return hidden and letter not in _JOINERS and not letter.isspace()


def _is_bracket(letter: str) -> bool:
    return not _BRACKETS.isdisjoint(unicodedata.normalize("NFKC", letter))


def _without_phrases(text: str) -> str:
    """The text with a gap for each word that could be the phrase of an avatar."""
    kept, at = [], 0
    for begin, end in _phrases(text):
        kept += [text[at:begin], " "]
        at = end
    return "".join([*kept, text[at:]])


def _phrases(text: str) -> Iterator[tuple[int, int]]:
    """Where such words begin and end."""
    places = [place for place, letter in enumerate(text) for _ in _folded(letter)]
    for found in _PHRASE.finditer("".join(map(_folded, text))):
        yield places[found.start()], places[found.end() - 1] + 1
