"""Timing and limits of a conversation."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from core.base.settings.section import Section


class Conversation(Section):
    """Timing and limits of a conversation; units are in the names."""

    queue_cap: Annotated[int, Field(ge=1, le=100_000)] = 200
    attempts: Annotated[int, Field(ge=1, le=100)] = 5
    quiet_seconds: Annotated[float, Field(ge=0, le=60)] = 1.0
    settle_seconds: Annotated[float, Field(ge=0, le=60)] = 3.0
    tick_seconds: Annotated[float, Field(ge=0, le=600)] = 3.0
    series_seconds: Annotated[float, Field(ge=0, le=3600)] = 10.0
    inbox_days: Annotated[int, Field(ge=1, le=3650)] = 7

    @model_validator(mode="after")
    def _settles_after_quiet(self) -> Self:
        if self.quiet_seconds > self.settle_seconds:
            raise ValueError(
                f"conversation.quiet_seconds = {self.quiet_seconds:g} is greater than "
                f"conversation.settle_seconds = {self.settle_seconds:g}, so no pause would ever "
                "count as quiet. Lower the first or raise the second"
            )
        return self
