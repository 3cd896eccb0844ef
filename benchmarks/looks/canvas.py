"""A picture to draw smooth shapes on: their lengths are the finished picture's pixels.

Everything is drawn FINE times larger and shrunk at the end, since Pillow draws jagged edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 480, 640
FINE = 3
SIZE = WIDTH * FINE, HEIGHT * FINE
"""Pixels that are drawn."""

Point = tuple[float, float]
Fill = str | tuple[str, str]
"""One colour, or the colours at the top and at the bottom of what is filled."""


class Canvas:
    """RGBA at first clear; shapes come one above the other."""

    def __init__(self) -> None:
        self.image = Image.new("RGBA", SIZE)

    @property
    def mask(self) -> Image.Image:
        """Where something is drawn."""
        return self.image.getchannel("A")

    def shape(
        self,
        points: Sequence[Point],
        fill: Fill,
        *,
        sharp: bool = False,
        blur: float = 0,
        opacity: float = 1,
        within: Image.Image | None = None,
    ) -> Image.Image:
        """An area whose border goes through the points; returns its mask."""
        return self.fill(area(points, sharp=sharp), fill, blur, opacity, within)

    def oval(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        fill: Fill,
        *,
        blur: float = 0,
        opacity: float = 1,
        within: Image.Image | None = None,
    ) -> Image.Image:
        """An ellipse by its middle and its two radii; returns its mask."""
        mask = Image.new("L", SIZE)
        box = [FINE * side for side in (x - rx, y - ry, x + rx, y + ry)]
        ImageDraw.Draw(mask).ellipse(box, fill=255)
        return self.fill(mask, fill, blur, opacity, within)

    def line(
        self,
        points: Sequence[Point],
        fill: str,
        width: float,
        *,
        taper: bool = False,
        blur: float = 0,
        opacity: float = 1,
        within: Image.Image | None = None,
    ) -> Image.Image:
        """A smooth stroke, which may get thin at both ends; returns its mask."""
        mask = Image.new("L", SIZE)
        draw = ImageDraw.Draw(mask)
        path = curve(points, closed=False)
        for n, (start, end) in enumerate(pairwise(path)):
            for share in (0.0, 0.5):
                x, y = (
                    start[0] + (end[0] - start[0]) * share,
                    start[1] + (end[1] - start[1]) * share,
                )
                along = n / max(1, len(path) - 2)
                thick = width * (0.25 + 0.75 * np.sin(np.pi * along) ** 0.7 if taper else 1)
                draw.circle((x * FINE, y * FINE), max(1.0, thick * FINE / 2), fill=255)
        return self.fill(mask, fill, blur, opacity, within)

    def fill(
        self,
        mask: Image.Image,
        fill: Fill,
        blur: float = 0,
        opacity: float = 1,
        within: Image.Image | None = None,
    ) -> Image.Image:
        """Colour where the mask is; returns what of it was coloured."""
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * FINE))
        if within:
            mask = ImageChops.multiply(mask, within)
        if box := mask.getbbox():
            painted = _painted(fill, box)
            painted.putalpha(mask.crop(box).point(lambda level: round(level * opacity)))
            self.image.alpha_composite(painted, box[:2])
        return mask

    def put(self, other: Image.Image) -> None:
        """Lay another picture of the same size above."""
        self.image.alpha_composite(other)


def area(points: Sequence[Point], *, sharp: bool = False) -> Image.Image:
    """The mask of an area whose border goes through the points."""
    mask = Image.new("L", SIZE)
    border = points if sharp else curve(points)
    ImageDraw.Draw(mask).polygon([(x * FINE, y * FINE) for x, y in border], fill=255)
    return mask


def curve(points: Sequence[Point], *, closed: bool = True) -> list[Point]:
    """A smooth line through the points (Catmull-Rom)."""
    steps = np.linspace(0, 1, 16, endpoint=False)[:, None]
    known = np.array(points, dtype=float)
    around = np.vstack([known[-1:], known, known[:2]] if closed else [known[:1], known, known[-1:]])
    found: list[Point] = []
    for a, b, c, d in zip(around, around[1:], around[2:], around[3:], strict=False):
        cubic = 2 * b + (c - a) * steps + (2 * a - 5 * b + 4 * c - d) * steps**2
        found += [(float(x), float(y)) for x, y in (cubic + (3 * b - a - 3 * c + d) * steps**3) / 2]
    return found if closed else [*found, points[-1]]


def mirrored(points: Sequence[Point], middle: float = WIDTH / 2) -> list[Point]:
    """The same on the other side."""
    return [(2 * middle - x, y) for x, y in points]


def noise(cells: int, seed: int, *, octaves: int = 1, size: tuple[int, int] = SIZE) -> Image.Image:
    """Clouds of grey, always the same for a seed; the finest are of size / cells / 2^octaves."""
    chance = np.random.default_rng(seed)
    total = np.zeros((size[1], size[0]))
    for octave in range(octaves):
        across = cells * 2**octave
        grid = chance.random((across * 4 // 3, across))
        grey = Image.fromarray(np.uint8(grid * 255)).resize(size, Image.Resampling.BICUBIC)
        total += np.asarray(grey, dtype=float) / 2**octave
    total -= total.min()
    return Image.fromarray(np.uint8(255 * total / total.max()))


def _painted(fill: Fill, box: tuple[int, int, int, int]) -> Image.Image:
    size = box[2] - box[0], box[3] - box[1]
    if isinstance(fill, str):
        return Image.new("RGBA", size, fill)
    two = Image.new("RGBA", (1, 2))
    for row, colour in enumerate(fill):
        two.paste(colour, (0, row, 1, row + 1))
    edge = two.resize((1, 256), Image.Resampling.BILINEAR, box=(0, 0.5, 1, 1.5))
    return edge.resize(size, Image.Resampling.BILINEAR)
