"""What the dashboard says: English in the sources, other languages in .po files beside this."""

from __future__ import annotations

import functools
import re
from importlib.resources import files

from core.base.texts import LANGUAGES, Translator, read


@functools.cache
def translator(language: str) -> Translator:
    """The dashboard's translator for a client's (BCP 47) tag; English where we don't speak it."""
    known = language.replace("_", "-").split("-")[0].lower()
    if known not in LANGUAGES:
        known = LANGUAGES[0]
    return read(files(__package__) / "texts" / known / "LC_MESSAGES" / "dashboard.po", known)


def unless_nought(change: str) -> str | None:
    """A change as it is shown beside a number; None where it reads as none, up or down."""
    return change if re.search("[1-9]", change) else None
