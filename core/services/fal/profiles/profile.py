"""What every profile is: one model at fal.ai that takes orders."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Arguments = dict[str, object]
Result = dict[str, object]


class UnexpectedResult(ValueError):
    """A result that lacks what a model of its kind gives."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One model at fal.ai, by its endpoint."""

    endpoint: str
    parse: Callable[[Mapping[str, object]], Result]
    """What a completed order gives; raises UnexpectedResult."""


def url_of(file: object) -> str:
    """The URL of a file in a result, "" where there is none that can be fetched."""
    url = file.get("url") if isinstance(file, Mapping) else None
    return url if isinstance(url, str) and url.startswith(("https://", "http://")) else ""


def units(unit: str, *words: str) -> int | None:
    """How many of a thing fal names a price for, as 1000 for "1000 steps"; None if of no such."""
    counted = re.fullmatch(rf"(?:(\d{{1,6}})\s*)?(?:{'|'.join(words)})s?", unit.strip().lower())
    return max(1, int(counted[1] or 1)) if counted else None
