"""Pictures for a chat: a thumbnail, and many photos on one numbered contact sheet.

A picture that can't be shown becomes a grey tile, never an error: a screen must not
fail because one of its photos does. What is drawn from a picture made by AI says so too.
"""

import logging
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from io import BytesIO
from math import ceil, sqrt

from PIL import Image, ImageDraw, ImageFont, ImageOps

from core.avatars.photos.inspection.picture_files.formats import read
from core.avatars.photos.inspection.picture_files.picture_file import Unreadable
from core.base.errors import kind_of
from core.services.made_by_ai import XMP, marked

Colour = tuple[int, int, int]

PAGE: Colour = (244, 245, 247)
EMPTY: Colour = (218, 221, 226)
DOTS: Colour = (150, 155, 163)
BADGE = (24, 26, 30, 205)
WHITE: Colour = (255, 255, 255)
MARKS: dict[str, Colour] = {
    "✅": (38, 166, 91), "❌": (222, 62, 62), "💡": (222, 142, 20), "♻": (96, 110, 134),
    "⭐": (222, 160, 20),
}  # fmt: skip
STROKES = {
    "✅": [[(0.29, 0.52), (0.44, 0.67), (0.72, 0.36)]],
    "❌": [[(0.34, 0.34), (0.66, 0.66)], [(0.66, 0.34), (0.34, 0.66)]],
    "💡": [[(0.5, 0.26), (0.5, 0.55)], [(0.5, 0.73), (0.5, 0.74)]],
    "♻": [[(0.32, 0.42), (0.68, 0.42)], [(0.32, 0.59), (0.68, 0.59)]],
    "⭐": [[(0.5, 0.24), (0.65, 0.71), (0.26, 0.42), (0.74, 0.42), (0.35, 0.71), (0.5, 0.24)]],
}
"""Points of the lines of a mark, as shares of its side: a check, a cross, an exclamation mark, the
equals sign of what is there twice, a star."""

WIDEST = 2560
"""Pixels of a sheet's longer side: what Telegram keeps of a photo at its best."""
FINE = 4
"""Shapes are drawn this many times larger, then shrunk: Pillow draws jagged edges."""
FACES_ARE_AT = (0.5, 0.35)
"""Where a crop to a square is centred: heads are above the middle of a portrait."""
WORKERS = 4

_LABEL = re.compile(r"(.*?)\s*([✅❌💡♻⭐]?)\ufe0f?\s*", re.DOTALL)
_log = logging.getLogger(__name__)


def contact_sheet(
    pictures: Sequence[tuple[bytes | None, str]],
    tile: int = 320,
    columns: int | None = None,
    upright: float = 1,
) -> bytes:
    """One JPEG with a tile for each of 1 to 50 (bytes, label): `tile` pixels wide.

    They are square, or `upright` times as high as wide.

    A label is a short text in Latin letters or digits, with one of MARKS behind it where
    there is a verdict; no bytes make a grey tile. Where the sheet would get larger
    than WIDEST, the tiles get smaller.
    """
    if not pictures:
        raise ValueError("A contact sheet needs a picture.")
    across = min(columns or _columns(len(pictures)), len(pictures))
    down = ceil(len(pictures) / across)
    gutter = max(4, tile // 24)
    tile = min(tile, (WIDEST - gutter) // max(across, down) - gutter)
    high = round(tile * upright)
    step, line = tile + gutter, high + gutter
    sheet = Image.new("RGB", (across * step + gutter, down * line + gutter), PAGE)
    with ThreadPoolExecutor(WORKERS) as pool:  # Pillow decodes without the interpreter's lock
        tiles = pool.map(lambda picture: _tile(picture[0], picture[1], tile, high), pictures)
        for place, drawn in enumerate(tiles):
            row, column = divmod(place, across)
            corner = (gutter + column * step, gutter + row * line)
            sheet.paste(drawn, corner, _rounded(tile, high))
    return _jpeg(sheet, made_by_ai=any(marked(data) for data, _ in pictures if data))


@lru_cache
def placeholder(side: int = 320) -> bytes:
    """A grey tile (JPEG) for a picture that there is none of."""
    return _jpeg(_placeholder(side))


def thumbnail(data: bytes, side: int) -> bytes:
    """A JPEG of the whole picture, upright, its longer side at most `side` pixels."""
    picture = _opened(data, side)
    if picture is None:
        return _jpeg(_placeholder(side))
    picture.thumbnail((side, side))
    return _jpeg(picture, made_by_ai=marked(data))


def _opened(data: bytes, side: int) -> Image.Image | None:
    try:
        return read(data).decode(side).convert("RGB")
    except Unreadable as error:
        _log.warning("a picture can't be shown: %s, %s", error.reason, kind_of(error))
        return None


def _jpeg(picture: Image.Image, *, made_by_ai: bool = False) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=85, **({"xmp": XMP} if made_by_ai else {}))
    return out.getvalue()


def _columns(count: int) -> int:
    return count if count <= 3 else ceil(sqrt(count))


def _tile(data: bytes | None, label: str, side: int, high: int) -> Image.Image:
    """A cropped picture with its number at the lower left and its verdict at the upper right."""
    match = _LABEL.fullmatch(label)
    text, verdict = match.groups() if match else (label, "")
    opened = _opened(data, side) if data is not None else None
    picture = _cropped(opened or _placeholder(side), side, high)
    if verdict == "❌":
        picture = Image.blend(picture, Image.new("RGB", picture.size, PAGE), 0.35)
    margin = max(2, side // 28)
    if text:
        badge = _badge(text, max(12, side // 7))
        picture.paste(badge, (margin, high - margin - badge.height), badge)
    if verdict:
        mark = _mark(verdict, max(12, side // 6))
        picture.paste(mark, (side - margin - mark.width, margin), mark)
    return picture


def _cropped(picture: Image.Image, side: int, high: int) -> Image.Image:
    return ImageOps.fit(picture, (side, high), Image.Resampling.BICUBIC, centering=FACES_ARE_AT)


def _placeholder(side: int) -> Image.Image:
    picture = Image.new("RGB", (side, side), EMPTY)
    large = Image.new("L", (side * FINE, side * FINE), 0)
    draw = ImageDraw.Draw(large)
    middle, radius = large.width / 2, large.width / 28
    for offset in (-3.2, 0, 3.2):
        draw.circle((middle + offset * radius, middle), radius, fill=255)
    picture.paste(DOTS, (0, 0), large.resize((side, side), Image.Resampling.LANCZOS))
    return picture


@lru_cache(maxsize=8)
def _rounded(side: int, high: int) -> Image.Image:
    """A mask that takes the corners off a tile."""
    mask = Image.new("L", (side * FINE, high * FINE), 0)
    box = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, radius=mask.width // 18, fill=255)
    return mask.resize((side, high), Image.Resampling.LANCZOS)


@lru_cache(maxsize=256)
def _badge(text: str, height: int) -> Image.Image:
    """A dark pill with the text in white; Pillow's own font, so that no machine lacks it."""
    font = ImageFont.load_default(size=height * FINE * 0.68)
    width = max(height * FINE, round(font.getlength(text)) + round(height * FINE * 0.7))
    badge = Image.new("RGBA", (width, height * FINE))
    draw = ImageDraw.Draw(badge)
    box = (0, 0, badge.width - 1, badge.height - 1)
    draw.rounded_rectangle(box, radius=badge.height // 2, fill=BADGE)
    draw.text((badge.width / 2, badge.height / 2), text, WHITE, font, anchor="mm")
    return badge.resize((width // FINE, height), Image.Resampling.LANCZOS)


@lru_cache(maxsize=16)
def _mark(verdict: str, side: int) -> Image.Image:
    """A circle with a sign in it; fonts may lack both."""
    full = side * FINE
    mark = Image.new("RGBA", (full, full))
    draw = ImageDraw.Draw(mark)
    draw.circle((full / 2, full / 2), full / 2 - 1, fill=WHITE)
    draw.circle((full / 2, full / 2), full * 0.44, fill=MARKS[verdict])
    for stroke in STROKES[verdict]:
        points = [(x * full, y * full) for x, y in stroke]
        draw.line(points, WHITE, width=round(full * 0.1), joint="curve")
        for x, y in points:
            draw.circle((x, y), full * 0.05, fill=WHITE)
    return mark.resize((side, side), Image.Resampling.LANCZOS)
