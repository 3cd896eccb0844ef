"""Text as people see it: a flag, a family or a letter with its accents is one character."""

from __future__ import annotations

from collections.abc import Iterator

import regex

_CLUSTER = regex.compile(r"\X")
"""An extended grapheme cluster of Unicode (UAX 29), which the standard library doesn't know."""


def clusters(text: str) -> Iterator[str]:
    """The characters that a person sees, each with all that belongs to it."""
    return (found.group() for found in _CLUSTER.finditer(text))


def seen(text: str) -> int:
    """How many characters a person sees."""
    return sum(1 for _ in _CLUSTER.finditer(text))


def length(text: str) -> int:
    """How many UTF-16 units a text takes: what Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def shorten(text: str, limit: int) -> str:
    """The text, cut with an ellipsis where it is longer than `limit` UTF-16 units.

    It is cut between the characters that a person sees.
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
