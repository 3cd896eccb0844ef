"""Words as they are compared, however somebody has written them."""

from __future__ import annotations

import unicodedata


def folded(text: str) -> str:
    """A text in small letters, with "е" for "ё", and each letter with its accents as one sign.

    A column of such texts is found alike on every database, whatever its locale.
    """
    return unicodedata.normalize("NFC", text.casefold()).replace("ё", "е")
