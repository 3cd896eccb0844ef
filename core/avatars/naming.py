"""An avatar's name: what is kept of what was typed, and what can't be one."""

from __future__ import annotations

import re
import unicodedata

from core.base import graphemes

LONGEST = 1200
"""Code points that the column holds: the longest names that `config.toml` can allow."""

_CODE_POINTS = 12
"""For each character that is seen, on the average of a name: a family of four has eleven."""
_SPACES = re.compile(r"\s+")
_BLANK = "\u115f\u1160\u3164\uffa0"  # fillers: letters to Unicode, nothing to the eye
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e007a]+\U000e007f")
"""A part of a country (England, say): a black flag, and its name in invisible letters."""
_LOOSE = re.compile(
    "(?<!\\S)[\u200c\u200d]+|[\u200c\u200d]+(?!\\S)|(?<=[\u200c\u200d])[\u200c\u200d]+"
)
"""Joiners that join nothing: those of Persian, of Indian scripts and of emoji stand in between."""


def tidy(text: str) -> str:
    """What is kept of a typed name: what can be seen, and what makes it look as it does."""
    kept, at = [], 0
    for flag in _FLAG.finditer(text):
        kept += [_visible(text[at : flag.start()]), flag.group()]
        at = flag.end()
    kept.append(_visible(text[at:]))
    return _SPACES.sub(" ", _LOOSE.sub("", "".join(kept))).strip()


def problem(name: str, longest: int) -> str | None:
    """Why a tidied text can't be a name of so many characters at most: "empty", "long", "sign"."""
    if not name or name[0] == "/":  # a command that there is not
        return "empty"
    if graphemes.seen(name) > longest or len(name) > longest * _CODE_POINTS:
        return "long"
    return None if any(letter.isalnum() for letter in name) else "sign"


def _visible(text: str) -> str:
    return "".join(map(_shown, text))


def _shown(letter: str) -> str:
    """A letter as it is kept: what marks a direction or a place to break goes without a gap, for it
    stands within words; any other that can't be seen parts two of them.
    """
    if not _is_control(letter):
        return letter
    return "" if unicodedata.category(letter) == "Cf" and letter != "\u200b" else " "


def _is_control(letter: str) -> bool:
    """What can't be seen, blank letters among it, but for what joins or parts two letters."""
    hidden = unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co")
    return letter in _BLANK or (hidden and letter not in "\u200c\u200d")
