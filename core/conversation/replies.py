"""What a typed reply means: the button whose label or words it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from core.base.folding import folded
from core.conversation.messages import Button

_WORDS = re.compile(r"[^\Wℹ]+")  # ℹ counts as a letter
_DIGIT = re.compile(r"\d")
_COUNTER = re.compile(r"\([^()]*\)\s*$")


class Labelled(Protocol):
    """A button or an offer: what a typed reply can mean, and the words that it must say, if any."""

    @property
    def label(self) -> str: ...

    @property
    def words(self) -> str: ...


L = TypeVar("L", bound=Labelled)


def read_reply(text: str, offers: Sequence[L], *, whole: bool = False) -> L | None:
    """The button that a typed reply means by its words, however they are written.

    A label's counter may be left out, and what follows a comma: "no" is “No, go on”. With `whole`
    that is not enough for a button which wants its words: "yes" may answer something else.
    """
    wanted = words(text)
    if not text.strip().isdecimal():  # "🗑 1" is no bare number
        copied = [offer for offer in offers if offer.label == text.strip()]
        if len(copied) == 1:
            return copied[0]
    for spelling in (words, _uncounted, _in_short):
        meant = [o for o in offers if not (whole and spelling is _in_short and spelled(o))]
        found = [offer for offer in meant if wanted and wanted in _spellings(offer, spelling)]
        if len(found) == 1:
            return found[0]
    return None


def _spellings(offer: Labelled, spelling: Callable[[str], str]) -> set[str]:
    """What may be typed for it; a bare number never means what wants its words."""
    label = spelling(offer.label)
    if not offer.words:
        return {label}
    return {spelled for spelled in (label, words(offer.words)) if not spelled.isdecimal()}


def spelled(offer: Labelled) -> str:
    """What must be typed for a button or an offer; "" where a number will do as well."""
    return offer.spelled if isinstance(offer, Button) else offer.words


def words(label: str) -> str:
    """A label without signs, pictures, capitals and ё, and with its numbers in plain digits."""
    plain = _DIGIT.sub(lambda digit: str(int(digit[0])), folded(label))
    return " ".join(_WORDS.findall(plain))


def _uncounted(label: str) -> str:
    return words(_COUNTER.sub("", label))


def _in_short(label: str) -> str:
    short, comma, _ = label.partition(",")
    return words(short) if comma else ""
