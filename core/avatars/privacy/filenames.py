"""Names that people gave, as files and folders may be called on any system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from core.base.graphemes import clusters

LONGEST = 120
"""Bytes: most systems take 255, and a number and a suffix come behind."""

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³])(\..*)?\Z", re.IGNORECASE)
"""Devices on Windows, with raised digits too, whatever stands behind the dot."""


def safe(name: str, otherwise: str = "avatar") -> str:
    """A name without anything that a file system would read in another way; never empty."""
    clean = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", name)).strip(" .")
    kept = ""
    for cluster in clusters(clean):
        if len((kept + cluster).encode()) > LONGEST:
            break
        kept += cluster
    kept = kept.strip(" .") or otherwise
    return f"_{kept}" if _RESERVED.match(kept) else kept


def unique(names: Iterable[str]) -> list[str]:
    """Safe names for these, each its own also where capitals are not told apart."""
    taken: set[str] = set()
    return [_free(safe(name), taken) for name in names]


def _free(name: str, taken: set[str]) -> str:
    found, number = name, 1
    while found.casefold() in taken:
        number += 1
        found = f"{name} {number}"
    taken.add(found.casefold())
    return found
