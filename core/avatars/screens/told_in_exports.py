"""The page that lies in an export beside the data, in its person's language."""

from __future__ import annotations

from core.avatars.screens import words
from core.texts import translator


def about(language: str) -> tuple[str, str]:
    """The name of the page, and what stands on it."""
    t = translator(language)
    lines = words.paragraphs(
        t("This is everything that is kept about you."),
        words.lines(
            t("data.json: what you wrote and chose, your avatars, your trainings, your consents."),
            t("photos: your photos, a folder for each avatar, numbered as in the gallery."),
        ),
        t("Where a number is missing, that photo was refused or removed, and is not kept."),
        t("You can have all of it deleted at any time: /privacy."),
    )
    return "README.txt", f"{lines}\n"
