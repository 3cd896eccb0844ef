"""The page that lies in an export beside the data, in its person's language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.avatars.screens import words
from core.base.texts import Translator, translator


def about(
    language: str, files: Sequence[str] = (), elsewhere: Sequence[tuple[str, str]] = ()
) -> tuple[str, str]:
    """The name of the page, and what stands on it.

    `files` are those of trained models, `elsewhere` the avatars whose model has none, with the
    number that the training service knows it by.
    """
    t = translator(language)
    lines = words.paragraphs(
        t("This is everything we keep about you."),
        words.lines(
            t("data.json: what you wrote and chose, your avatars, your trainings, your consents."),
            t("photos: your photos, a folder for each avatar, numbered as in the gallery."),
            t(
                "photos/…/refused: refused photos that we still keep, so that you can look at "
                "them or say they are fine."
            ),
            t("photos/…/removed: photos that you took out and can still put back."),
            t("pictures: the pictures that were made of you, a folder for each avatar."),
        ),
        t("Where a number is missing, that photo was refused or removed, and is no longer kept."),
        _models(files, elsewhere, t),
        t("You can have all of it deleted at any time: /privacy."),
    )
    return "README.txt", f"{lines}\n"


def _models(files: Sequence[str], elsewhere: Iterable[tuple[str, str]], t: Translator) -> str:
    """Where the trained models are; nothing where none was trained."""
    return words.lines(
        t("Your trained models come beside this as messages of their own: {files}.",
          files=", ".join(files)) if files else "",
        *(
            t(
                "The model of “{name}” stays at the training service fal.ai, as number {number}: "
                "there is no file of it.",
                name=name,
                number=number,
            )
            for name, number in elsewhere
        ),
    )  # fmt: skip
