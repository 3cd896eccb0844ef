"""The operator, as people are told."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from core.base.settings.section import Section

TOLD = ("name", "contact", "privacy")
"""What people are told; production wants each of them."""


def _one_line(text: str) -> str:
    if re.search(r"[\r\n]", text):
        raise ValueError("it stands in one line")
    return text.strip()


Line = Annotated[str, Field(max_length=120), AfterValidator(_one_line)]


class Operator(Section):
    """Who answers for this bot, and how many messages one person may write to them."""

    name: Line = ""
    contact: Line = ""
    privacy: Line = ""
    messages_per_day: Annotated[int, Field(ge=1, le=1000)] = 10
    message_length: Annotated[int, Field(ge=100, le=3000)] = 2000

    def refuse_nobody(self) -> None:
        """Raise ValueError where people are not told who answers for this bot."""
        missing = [f"operator.{key}" for key in TOLD if not getattr(self, key)]
        if missing:
            raise ValueError(
                'environment = "production", but people are not told who answers for their photos. '
                f"Set {', '.join(missing)} in config.toml"
            )
