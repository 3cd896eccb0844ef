"""Output streams that replace unencodable characters instead of raising.

Terminals use various encodings: mostly UTF-8, but also cp1251, Latin-1 or ASCII.
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
"""Unicode categories that are dropped: pictographs and combining marks."""


def readable(text: str, encoding: str) -> str:
    """A text reduced to an encoding; missing letters become question marks."""
    return text.encode(encoding, _HANDLER).decode(encoding, "replace")


def forgiving(stream: TextIO, errors: str = _HANDLER) -> TextIO:
    """The stream, reconfigured to accept every character if it can be reconfigured."""
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
    """A letter in ASCII, the only set that every encoding contains."""
    for said in (letter.translate(_PLAIN), unicodedata.normalize("NFKD", letter)):
        kept = said.encode("ascii", "ignore").decode()
        if kept or not said:
            return kept
    return "" if unicodedata.category(letter) in _SIGNS else "?"


codecs.register_error(_HANDLER, _replaced)
