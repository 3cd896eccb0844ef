"""What a file says that it is, before anybody has looked: by its type, or else by its name."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from enum import StrEnum

_PICTURE_NAMES = (".heic", ".heif", ".hif", ".avif", ".webp", ".jfif", ".jxl", ".dng")
"""Pictures whose type not every version of Python knows."""
_DOUBTFUL = ("image/gif", "image/svg+xml")
"""These may be a photo, and hardly ever are: the check tells."""
_SAYS_NOTHING = ("", "application/octet-stream", "binary/octet-stream", "application/unknown")
_TYPES = mimetypes.MimeTypes(filenames=())


class Declared(StrEnum):
    """What something that was sent is called until it has been looked at."""

    PICTURE = "picture"
    FILE = "file"
    """It may be a picture."""
    OTHER = "other"
    """It is certain to be none."""


def declared(reference: Mapping[str, object], photo: bool) -> Declared:
    """What a channel's reference tells; `photo` says that it was sent as one.

    A channel names `mime` and `name` as far as it knows them. Where the two disagree nothing is
    certain.
    """
    told = {
        found
        for found in (_by_type(str(reference.get("mime", ""))), _by_name(reference.get("name")))
        if found is not None
    }
    if not told:
        return Declared.PICTURE if photo else Declared.FILE
    return told.pop() if len(told) == 1 else Declared.FILE


def _by_type(mime: str) -> Declared | None:
    mime = mime.partition(";")[0].strip().lower()
    if mime in _SAYS_NOTHING:
        return None
    if mime in _DOUBTFUL:
        return Declared.FILE
    return Declared.PICTURE if mime.startswith("image/") else Declared.OTHER


def _by_name(name: object) -> Declared | None:
    lower = str(name or "").lower()
    if lower.endswith(_PICTURE_NAMES):
        return Declared.PICTURE
    return _by_type(_TYPES.guess_type(lower)[0] or "")
