"""`python -m benchmarks.looks [SLUG…]`: draw one person in the looks of these style packs, or all.

The finished pictures are kept in `core/services/drawings/looks`: drawing one takes seconds, and a
first screen must not wait.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType

from PIL import Image, ImageChops, ImageFilter

from benchmarks.looks import backdrops, clothes, figure, finishes
from benchmarks.looks.canvas import FINE, HEIGHT, SIZE, WIDTH, Canvas
from core.services.drawings.looks import FOLDER

LARGEST = 24_000
"""Bytes of one of them at most: a newcomer loads three."""
CLOSER, DOWN = 1.14, 12
"""How much larger the person stands there than they are drawn, and pixels that they move down."""


@dataclass(frozen=True, slots=True)
class Light:
    """What falls on somebody: a tint of all, and a seam of light on the left and on the right."""

    tint: str = "#ffffff"
    left: str = ""
    right: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """Where somebody stands, in what, in what light, and by whose hand it is painted."""

    backdrop: Callable[[Canvas], None]
    clothes: Callable[[Canvas], None]
    light: Light = Light()
    finish: Callable[[Image.Image, Image.Image], Image.Image] = finishes.plain


LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "studio-portrait": Look(
            backdrops.studio, clothes.sweater, Light("#fff6ea", left="#fff0d8")
        ),
        "business": Look(backdrops.office, clothes.blazer, Light("#f6faff", right="#ffffff")),
        "city-walk": Look(
            backdrops.city, clothes.coat, Light("#ffd9c2", left="#ff9a5a", right="#ff6fae")
        ),
        "nature": Look(backdrops.forest, clothes.raincoat, Light("#f4ffe4", left="#fffbd6")),
        "cinema": Look(
            backdrops.night, clothes.jacket, Light("#a9c3c8", left="#2fd6e0", right="#ff8b3d")
        ),
        "watercolour": Look(backdrops.paper, clothes.sweater, finish=finishes.watercolour),
        "oil-painting": Look(
            backdrops.gallery, clothes.lace, Light("#f2d3a2", left="#ffdf9e"), finishes.oil
        ),
        "comic": Look(backdrops.burst, clothes.cape, finish=finishes.comic),
        "space": Look(
            backdrops.cosmos, clothes.space_suit, Light("#d8d4ff", left="#ff7ad1", right="#63c7ff")
        ),
    }
)
"""By the slug of the style pack that it stands for."""


def drawn(look: Look) -> Image.Image:
    """A look as a picture of WIDTH × HEIGHT pixels."""
    behind, somebody = Canvas(), Canvas()
    look.backdrop(behind)
    figure.behind(somebody)
    look.clothes(somebody)
    figure.head(somebody)
    person = _lit(_closer(somebody.image), look.light)
    alone = person.getchannel("A")
    if look.finish is finishes.plain:
        shadow = ImageChops.offset(alone, 4 * FINE, 6 * FINE)
        behind.fill(shadow, "#10101c", 14, 0.35)
    behind.put(person)
    small = behind.image.convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    return look.finish(small, alone.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS))


def jpeg(picture: Image.Image) -> bytes:
    """As good as LARGEST allows."""
    for quality in range(90, 40, -2):
        out = BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= LARGEST:
            break
    return out.getvalue()


def _closer(image: Image.Image) -> Image.Image:
    middle = SIZE[0] / 2 * (1 - 1 / CLOSER)
    above = 250 * FINE * (1 - 1 / CLOSER) - DOWN * FINE
    way = (1 / CLOSER, 0, middle, 0, 1 / CLOSER, above)
    return image.transform(SIZE, Image.Transform.AFFINE, way, Image.Resampling.BICUBIC)


def _lit(image: Image.Image, light: Light) -> Image.Image:
    alone = image.getchannel("A")
    tinted = ImageChops.multiply(image.convert("RGB"), Image.new("RGB", SIZE, light.tint))
    lit = tinted
    for colour, way in ((light.left, 1), (light.right, -1)):
        if not colour:
            continue
        for wide, strength in ((34, 0.42), (9, 0.75)):
            moved = ImageChops.offset(alone, way * wide * FINE // 2, wide * FINE // 6)
            seam = ImageChops.multiply(ImageChops.subtract(alone, moved), alone)
            seam = seam.filter(ImageFilter.GaussianBlur(wide * FINE / 5))
            seam = ImageChops.multiply(seam, alone).point(
                lambda level, s=strength: round(level * s)
            )
            glow = ImageChops.screen(lit, Image.new("RGB", SIZE, colour))
            lit = Image.composite(glow, lit, seam)
    lit.putalpha(alone)
    return lit


def main(slugs: Sequence[str]) -> None:
    """Draw these, or all."""
    for slug in slugs or LOOKS:
        data = jpeg(drawn(LOOKS[slug]))
        (FOLDER / f"{slug}.jpg").write_bytes(data)
        sys.stdout.write(f"{slug}: {len(data)} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
