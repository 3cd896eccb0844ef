"""A line of the specification: its own words, and how one sees that the product keeps them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Check = Callable[[Any], None]
"""Given the product; raises AssertionError where the line does not hold."""

_LATIN = "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh sch  y  e yu ya"
_LETTERS = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", _LATIN.split(" "), strict=True))


@dataclass(frozen=True, slots=True)
class Line:
    """`text` is quoted from the specification, its marks of layout left out."""

    text: str
    check: Check

    @property
    def name(self) -> str:
        """The text in Latin letters, for the name of a test."""
        latin = "".join(_LETTERS.get(letter, letter) for letter in self.text.lower())
        return re.sub(r"[^0-9a-z_.]+", "-", latin).strip("-.")[:80]


def equal(found: object, wanted: object) -> None:
    """What was found is what was wanted."""
    assert found == wanted, f"{found!r} is not {wanted!r}"


def within(part: str, whole: str) -> None:
    """A text is said, to the letter."""
    assert part in whole, f"{part!r} is not in {whole!r}"
