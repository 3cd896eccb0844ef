"""Settings of trainings: photos, prices, deadlines, simulation."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from core.base.settings.money import Price
from core.base.settings.product.fal import TRAINERS
from core.base.settings.section import Section


class Training(Section):
    """How a training is made and what it may cost (US dollars), and the simulated one.

    Profiles are tried in their order: one whose endpoint is gone leaves its place to the next.
    """

    min_photos: Annotated[int, Field(ge=1, le=50)] = 10
    max_photos: Annotated[int, Field(ge=1, le=500)] = 50
    enabled: bool = True
    runs_per_day: Annotated[int, Field(ge=1, le=10_000)] = 5
    daily_budget_usd: Annotated[float, Field(ge=0)] = 0.0
    price_portrait_usd: Price = None
    price_style_usd: Price = None
    shown_price: Literal["price", "cost", "nothing"] = "price"
    profiles_portrait: tuple[str, ...] = ("flux-lora-portrait-trainer", "flux-lora-fast-training")
    profiles_style: tuple[str, ...] = ("flux-2-trainer", "flux-pro-trainer")
    poll_portrait_seconds: Annotated[float, Field(ge=1, le=3600)] = 15.0
    poll_style_seconds: Annotated[float, Field(ge=1, le=3600)] = 20.0
    deadline_portrait_minutes: Annotated[float, Field(gt=0, le=100_000)] = 180.0
    deadline_style_minutes: Annotated[float, Field(gt=0, le=100_000)] = 240.0
    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    breaker_failures: Annotated[int, Field(ge=0, le=1000)] = 3
    breaker_minutes: Annotated[float, Field(gt=0, le=10_080)] = 30.0
    watch_hours: Annotated[float, Field(ge=0, le=168)] = 24.0
    simulated_seconds: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    simulated_queue_seconds: Annotated[float, Field(ge=0, le=86_400)] = 3.0
    simulated_outcome: Literal["success", "failure"] = "success"
    allow_simulated_in_production: bool = False
    check_seconds: Annotated[float, Field(gt=0, le=3600)] = 1.0

    @field_validator("profiles_portrait", "profiles_style")
    @classmethod
    def _known_profiles(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = ", ".join(TRAINERS)
        if not names:
            raise ValueError(f"it names no profile; there are {known}")
        if unknown := [name for name in names if name not in TRAINERS]:
            raise ValueError(f"no profile is called {unknown[0]!r}; there are {known}")
        return names

    @model_validator(mode="after")
    def _minimum_fits(self) -> Self:
        if self.min_photos > self.max_photos:
            raise ValueError(
                f"training.min_photos = {self.min_photos} is greater than "
                f"training.max_photos = {self.max_photos}, so no training could ever start. "
                "Lower the first or raise the second"
            )
        return self

    def price_usd(self, training_type: str) -> float | None:
        """The price of a training type for a person; None is the trainer's cost."""
        return {"portrait": self.price_portrait_usd, "style": self.price_style_usd}[training_type]

    def refuse_few_photos(self) -> None:
        """Raise ValueError if a trainer would refuse the minimum of photos."""
        for setting in ("profiles_portrait", "profiles_style"):
            for name in getattr(self, setting):
                fewest = TRAINERS[name].min_photos
                if self.min_photos < fewest:
                    raise ValueError(
                        f"training.min_photos = {self.min_photos}, but {name} takes no fewer than "
                        f"{fewest} photos, and trainings are real now that there is a key. "
                        f"Set it to {fewest} or more, or take {name} out of "
                        f"training.{setting}"
                    )
