"""Settings of what the bot is called, looks like and says in its own words."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from core.base.settings.section import Section

Language = Literal["en", "ru"]


def _each_once(languages: tuple[str, ...]) -> tuple[str, ...]:
    if not languages or len(set(languages)) < len(languages):
        raise ValueError("it names one language at least, and each of them once")
    return languages


class Greeting(Section):
    """The first sentence for newcomers, in each language; "" is ours."""

    en: Annotated[str, Field(max_length=200)] = ""
    ru: Annotated[str, Field(max_length=200)] = ""


class Brand(Section):
    """The bot's name, picture, languages and own texts; the first language is the fallback."""

    name: Annotated[str, Field(min_length=1, max_length=60)] = "Likeness"
    picture: str = ""
    languages: Annotated[tuple[Language, ...], AfterValidator(_each_once)] = ("en", "ru")
    texts: str = ""
    greeting: Greeting = Greeting()
