"""Text by user-perceived characters: a flag, a family or an accented letter is one."""

from __future__ import annotations

from collections.abc import Iterator

import regex

_CLUSTER = regex.compile(r"\X")
"""An extended grapheme cluster of Unicode (UAX 29), which the standard library doesn't know."""


def clusters(text: str) -> Iterator[str]:
    """The grapheme clusters of a text."""
    return (found.group() for found in _CLUSTER.finditer(text))


def seen(text: str) -> int:
    """The number of grapheme clusters."""
    return sum(1 for _ in _CLUSTER.finditer(text))


def length(text: str) -> int:
    """The length in UTF-16 code units, as Telegram counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def shorten(text: str, limit: int) -> str:
    """The text, truncated with an ellipsis to at most `limit` UTF-16 units.

    It is cut between grapheme clusters.
    """
    if length(text) <= limit:
        return text
    if limit < 1:
        return ""
    kept, room = "", limit - 1
    for cluster in clusters(text):
        room -= length(cluster)
        if room < 0:
            break
        kept += cluster
    return kept + "…"
