"""Good and bad photos, as drawings for `photo_tips`: no picture of a real person is needed."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from io import BytesIO
from types import MappingProxyType

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from core.services.drawings.people import Look, person, tinted
from core.services.pictures import contact_sheet

SIDE = 320
"""Pixels of an example."""
FINE = 3
"""It is drawn this many times larger, then shrunk: Pillow draws jagged edges."""
COLUMNS = 3

_FULL = SIDE * FINE
SOMEBODY = Look()


def _framed(
    look: Look, wall: str, x: float = 0.5, y: float = 0.46, head: float = 0.27
) -> Image.Image:
    """Somebody before a wall; place and size as shares of the picture."""
    picture = _wall(wall)
    person(picture, look, x * _FULL, y * _FULL, head * _FULL)
    return picture


def _wall(colour: str) -> Image.Image:
    """A wall that gets darker to the floor, with a round of light."""
    picture = Image.new("RGB", (_FULL, _FULL), colour)
    draw = ImageDraw.Draw(picture)
    for row in range(_FULL):
        draw.line((0, row, _FULL, row), tinted(colour, "#000000", 0.16 * row / _FULL))
    draw.circle((0.5 * _FULL, 0.42 * _FULL), 0.4 * _FULL, fill=tinted(colour, "#ffffff", 0.22))
    return picture


def _outdoors(horizon: float = 0.62) -> Image.Image:
    """Sky, sun, hills and trees."""
    picture = Image.new("RGB", (_FULL, _FULL), "#aee0f5")
    draw = ImageDraw.Draw(picture)
    draw.circle((0.82 * _FULL, 0.17 * _FULL), 0.085 * _FULL, fill="#ffe08a")
    for x, y, size in ((0.2, 0.16, 0.06), (0.28, 0.14, 0.08), (0.37, 0.17, 0.055)):
        draw.circle((x * _FULL, y * _FULL), size * _FULL, fill="#f4fbff")
    hills = ((0.15, 0.55, "#9cc98b"), (0.85, 0.62, "#86b878"), (0.45, 0.8, "#74a968"))
    for x, radius, colour in hills:
        middle = (x * _FULL, (horizon + radius) * _FULL)
        draw.circle(middle, radius * _FULL, fill=colour)
    for x in (0.08, 0.9):
        draw.rectangle((x * _FULL - 9, horizon * _FULL, x * _FULL + 9, 0.8 * _FULL), "#7a5638")
        draw.circle((x * _FULL, horizon * _FULL), 0.09 * _FULL, fill="#4f8a55")
    return picture


def _outside() -> Image.Image:
    picture = _outdoors()
    look = Look(shirt="#f2cc5b", turn=0.15, smile=0.9)
    person(picture, look, 0.5 * _FULL, 0.48 * _FULL, 0.22 * _FULL)
    return picture


def _far_away() -> Image.Image:
    picture = _outdoors(0.55)
    person(picture, SOMEBODY, 0.46 * _FULL, 0.68 * _FULL, 0.035 * _FULL)
    draw = ImageDraw.Draw(picture)
    for x in (0.428, 0.466):
        draw.rectangle((x * _FULL, 0.845 * _FULL, (x + 0.024) * _FULL, 0.94 * _FULL), "#3c4a63")
    return picture


def _group() -> Image.Image:
    picture = _wall("#c9b8dd")
    others = (
        (Look("#7a4b2e", "#1d1512", "#5f9ea0", False, 0.3), 0.2, 0.45),
        (Look("#f4cfae", "#c98b3c", "#8d99ae", False, -0.3), 0.81, 0.43),
    )
    for look, x, y in others:
        person(picture, look, x * _FULL, y * _FULL, 0.17 * _FULL)
    person(picture, SOMEBODY, 0.5 * _FULL, 0.53 * _FULL, 0.17 * _FULL)
    return picture


def _blurred() -> Image.Image:
    return _framed(SOMEBODY, "#bcd4c6").filter(ImageFilter.GaussianBlur(0.028 * _FULL))


def _dark() -> Image.Image:
    return ImageEnhance.Brightness(_framed(SOMEBODY, "#8fa3bf")).enhance(0.13)


def _bright() -> Image.Image:
    glare = Image.new("RGB", (_FULL, _FULL), "#ffffff")
    return Image.blend(_framed(SOMEBODY, "#f0e2c8"), glare, 0.8)


EXAMPLES: Mapping[str, tuple[str, Callable[[], Image.Image]]] = MappingProxyType(
    {
        "front": ("✅", lambda: _framed(SOMEBODY, "#a8cfc4")),
        "left": ("✅", lambda: _framed(Look(turn=-0.75, shirt="#3d7ea6"), "#f3d9b1")),
        "right": ("✅", lambda: _framed(Look(turn=0.75, shirt="#6a994e"), "#d9c5e3")),
        "laughing": (
            "✅",
            lambda: _framed(Look(smile=1.2, shirt="#d1495b"), "#b9d6f2", y=0.5, head=0.33),
        ),
        "half_length": (
            "✅",
            lambda: _framed(Look(turn=-0.25, shirt="#577590"), "#e9c8a7", y=0.36, head=0.17),
        ),
        "outside": ("✅", _outside),
        "blurred": ("❌", _blurred),
        "dark": ("❌", _dark),
        "bright": ("❌", _bright),
        "group": ("❌", _group),
        "far_away": ("❌", _far_away),
        "sunglasses": ("❌", lambda: _framed(Look(sunglasses=True), "#f2b5a7")),
    }
)
"""Each example with its mark, in the order of the sheet; `photo_tips` counts them from 1."""


@lru_cache(maxsize=1)
def sheet() -> bytes:
    """All of them as one numbered JPEG, the good ones first."""
    tiles = [
        (example(name), f"{n} {mark}") for n, (name, (mark, _)) in enumerate(EXAMPLES.items(), 1)
    ]
    return contact_sheet(tiles, SIDE, COLUMNS)


def example(name: str) -> bytes:
    """One of them, as a JPEG."""
    _, draw = EXAMPLES[name]
    out = BytesIO()
    small = draw().resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    small.save(out, "JPEG", quality=90)
    return out.getvalue()
