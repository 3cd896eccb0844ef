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
