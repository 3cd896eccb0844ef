"""Streams that never raise for a character: what can't be written is left out or made plain.

Terminals speak what they are set to: UTF-8 mostly, but cp1251, Latin-1 or ASCII as well.
"""

from __future__ import annotations

import codecs
import unicodedata
from typing import TextIO

_HANDLER = "likeness.readable"
_PLAIN = str.maketrans(
    {
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "–": "-", "—": "-",
        "…": "...", "•": "*", "·": "-", "×": "x", "▓": "#", "░": ".", "‹": "<", "›": ">",
        "\u00a0": " ", "\u202f": " ", "\u2060": "",
    }
)  # fmt: skip
_SIGNS = ("So", "Sk", "Mn", "Me", "Cf", "Cn")
"""Categories of what only decorates: pictures, and what changes the letter before it."""


def readable(text: str, encoding: str) -> str:
    """A text as far as an encoding can say it; a letter that it lacks is a question mark."""
    return text.encode(encoding, _HANDLER).decode(encoding, "replace")


def forgiving(stream: TextIO, errors: str = _HANDLER) -> TextIO:
    """The stream, made to take every character; one that can't be changed is left as it is."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors=errors)
    return stream


def _replaced(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(map(_plain, lacking)), error.end


def _plain(letter: str) -> str:
    """A letter in ASCII, which every terminal has: a codec doesn't say what else it could."""
    for said in (letter.translate(_PLAIN), unicodedata.normalize("NFKD", letter)):
        kept = said.encode("ascii", "ignore").decode()
        if kept or not said:
            return kept
    return "" if unicodedata.category(letter) in _SIGNS else "?"


codecs.register_error(_HANDLER, _replaced)
