"""Photos that are not safe for work are refused before anything of them is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from PIL import Image

from core.avatars.photos.inspection.picture_files.formats import read
from core.avatars.photos.rules import Judgement, Opened

Unsafe: TypeAlias = Callable[[Image.Image], bool]
"""Whether a picture, upright and RGB, is not safe for work; any number of threads may ask."""
INDECENT = "indecent"


def decent(opened: Opened | Judgement, unsafe: Unsafe | None) -> Opened | Judgement:
    """What was opened, or its refusal as indecent; small pictures of other refusals count too.

    A refusal is final and without data, so that nothing is stored and nobody overrules it.
    """
    picture = unsafe and _picture(opened)
    if not (unsafe and picture and unsafe(picture)):
        return opened
    seen = opened.seen if isinstance(opened, Opened) else opened
    return replace(seen, status="invalid", reason=INDECENT, data=None)


def _picture(opened: Opened | Judgement) -> Image.Image | None:
    if isinstance(opened, Opened):
        return opened.picture.convert("RGB")
    return read(opened.data).decode().convert("RGB") if opened.data else None
