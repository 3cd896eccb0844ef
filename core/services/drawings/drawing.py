"""What is drawn, by the key under which a screen shows it."""

from __future__ import annotations

from core.avatars.screens.pictures.examples import LOOKS, NO_PICTURE, PHOTO_TIPS
from core.services.drawings import looks, photo_tips
from core.services.pictures import placeholder


def drawing(key: str) -> bytes | None:
    """A JPEG; None where the key is another object's."""
    if key == PHOTO_TIPS:
        return photo_tips.sheet()
    if key == NO_PICTURE:
        return placeholder()
    return looks.example(key.removeprefix(LOOKS)) if key.startswith(LOOKS) else None
