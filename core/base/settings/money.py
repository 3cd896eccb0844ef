"""Settings in US dollars that a word may stand for, as `"unknown"` where there is no number."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer

from core.base.configuration.setting import WORD

UNKNOWN = "unknown"
"""An unknown price, which is not 0."""
COST = "cost"
"""A person pays what the trainer costs."""


def _or(word: str) -> tuple[object, ...]:
    """What lets a word stand for None in the file, in a variable, and where settings are shown."""
    return (
        BeforeValidator(lambda value: None if value == word else value),
        PlainSerializer(lambda value: word if value is None else value),
        Field(json_schema_extra={WORD: word}),
    )


UsdPerUnit = Annotated[float | None, Field(gt=0, le=100), *_or(UNKNOWN)]
"""The price of a step, a megapixel or a picture."""
Price = Annotated[float | None, Field(ge=0), *_or(COST)]
