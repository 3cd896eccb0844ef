"""What the dashboard says: English in the sources, other languages in .po files beside this."""

from __future__ import annotations

import functools
from importlib.resources import files

from core.base.texts import LANGUAGES, Translator, read


@functools.cache
def translator(language: str) -> Translator:
    """The dashboard's translator for a client's (BCP 47) tag; English where we don't speak it."""
    known = language.replace("_", "-").split("-")[0].lower()
    if known not in LANGUAGES:
        known = LANGUAGES[0]
    return read(files(__package__) / "texts" / known / "LC_MESSAGES" / "dashboard.po", known)


def plain(text: str) -> str:
    """What others may have written, with nothing in it that Markdown reads."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]()#+-.!|<>:$~&" else sign for sign in text)
