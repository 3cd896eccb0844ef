"""People drawn by hand, in flat colours: heads that turn, smile and wear things.

Lengths are in heads: 1 is half the height of a face, (0, 0) its middle. Nobody is portrayed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

from PIL import Image, ImageColor, ImageDraw

Point = tuple[float, float]

INK, LIPS, WHITE = "#3a2a2a", "#b5545a", "#ffffff"
SHADES = "#20242c"


@dataclass(frozen=True, slots=True)
class Look:
    """Who it is, and how they look at this moment."""

    skin: str = "#e3ab82"
    hair: str = "#4a2c1d"
    shirt: str = "#e07a5f"
    long_hair: bool = True
    turn: float = 0.0
    """From -1, a look far to the left, to 1."""
    smile: float = 0.6
    sunglasses: bool = False


class Brush:
    """Draws in heads around a point of a picture."""

    def __init__(self, picture: Image.Image, x: float, y: float, head: float) -> None:
        self._draw = ImageDraw.Draw(picture)
        self._x, self._y, self._head = x, y, head

    def oval(self, x: float, y: float, rx: float, ry: float, fill: str) -> None:
        """An ellipse by its middle and its two radii."""
        (left, top), (right, bottom) = self._at((x - rx, y - ry)), self._at((x + rx, y + ry))
        self._draw.ellipse((left, top, right, bottom), fill=fill)

    def box(self, x: float, y: float, rx: float, ry: float, fill: str, round: float = 0) -> None:
        """A rectangle by its middle and half its sides."""
        (left, top), (right, bottom) = self._at((x - rx, y - ry)), self._at((x + rx, y + ry))
        self._draw.rounded_rectangle((left, top, right, bottom), round * self._head, fill=fill)

    def shape(self, points: Sequence[Point], fill: str) -> None:
        """A polygon."""
        self._draw.polygon([self._at(point) for point in points], fill=fill)

    def stroke(self, points: Sequence[Point], fill: str, width: float) -> None:
        """A line with round ends."""
        placed = [self._at(point) for point in points]
        thick = max(1, round(width * self._head))
        self._draw.line(placed, fill=fill, width=thick, joint="curve")
        for x, y in (placed[0], placed[-1]):
            self._draw.circle((x, y), thick / 2, fill=fill)

    def _at(self, point: Point) -> Point:
        return self._x + point[0] * self._head, self._y + point[1] * self._head


def person(picture: Image.Image, look: Look, x: float, y: float, head: float) -> None:
    """Draw somebody down to the chest; the middle of the face is at (x, y) in pixels."""
    brush = Brush(picture, x, y, head)
    _hair_behind(brush, look)
    _body(brush, look)
    _head(brush, look)
    _features(brush, look)
    _hair_above(brush, look)
    if look.sunglasses:
        _sunglasses(brush, look)


def tinted(colour: str, other: str, share: float) -> str:
    """One colour with a share of another."""
    pairs = zip(ImageColor.getrgb(colour), ImageColor.getrgb(other), strict=True)
    red, green, blue = (round(a + (b - a) * share) for a, b in pairs)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _body(brush: Brush, look: Look) -> None:
    shade = tinted(look.skin, INK, 0.18)
    brush.oval(0, 2.95, 1.75, 1.55, look.shirt)
    brush.box(0, 4.2, 1.75, 1.25, look.shirt)
    for side in (-1, 1):
        brush.stroke([(side * 1.15, 3.3), (side * 1.2, 5.4)], tinted(look.shirt, INK, 0.15), 0.06)
    brush.oval(0, 1.5, 0.5, 0.34, tinted(look.shirt, INK, 0.15))
    brush.oval(0, 1.45, 0.42, 0.28, look.skin)
    brush.box(0, 1.0, 0.34, 0.5, shade, round=0.2)
    brush.oval(0, 1.42, 0.34, 0.2, look.skin)


def _head(brush: Brush, look: Look) -> None:
    for side in (-1, 1):
        seen = 1 + side * look.turn
        if seen > 0.55:
            x = side * 0.77 - look.turn * 0.12
            brush.oval(x, 0.08, 0.15, 0.22, look.skin)
            brush.oval(x, 0.08, 0.08, 0.13, tinted(look.skin, INK, 0.15))
    brush.shape(_outline(look.turn), look.skin)


def _outline(turn: float) -> list[Point]:
    """An egg; turned, its chin goes ahead."""
    points = []
    for step in range(72):
        angle = 2 * pi * step / 72
        x, y = cos(angle), sin(angle)
        narrow = 1 - 0.14 * max(0.0, y) ** 2
        points.append((0.78 * x * narrow + turn * 0.12 * max(0.0, y), y * (1.0 if y > 0 else 0.98)))
    return points


def _features(brush: Brush, look: Look) -> None:
    ahead = look.turn * 0.25
    for side in (-1, 1):
        near = 1 - 0.3 * max(0.0, side * look.turn)
        x = ahead + side * 0.33 * (1 - 0.18 * abs(look.turn))
        blush = tinted(look.skin, "#e8665a", 0.2)
        brush.oval(x + side * 0.06 * near, 0.36, 0.14 * near, 0.09, blush)
        _eye(brush, look, x, near)
        brow = [(x + dx * near, -0.26 - 0.06 * (1 - (dx / 0.2) ** 2)) for dx in _steps(0.2)]
        brush.stroke(brow, tinted(look.hair, INK, 0.3), 0.06)
    _nose(brush, look, ahead)
    _mouth(brush, look, ahead * 1.15)


def _nose(brush: Brush, look: Look, ahead: float) -> None:
    """A soft hook: it points where the head is turned."""
    way = -1 if look.turn < 0 else 1
    x = ahead * 1.5
    line = [
        (x + way * dx, y) for dx, y in ((-0.02, 0.0), (0.05, 0.17), (0.07, 0.25), (-0.05, 0.28))
    ]
    brush.stroke(line, tinted(look.skin, INK, 0.28), 0.045)


def _eye(brush: Brush, look: Look, x: float, near: float) -> None:
    iris = x + look.turn * 0.03
    brush.oval(x, -0.04, 0.15 * near, 0.115, WHITE)
    brush.oval(iris, -0.03, 0.085 * near, 0.095, "#5b3a22")
    brush.oval(iris, -0.03, 0.045 * near, 0.055, "#1d1411")
    brush.oval(iris + 0.03, -0.065, 0.024, 0.024, WHITE)
    lid = [(x + dx * near, -0.04 - 0.11 * (1 - (dx / 0.16) ** 2)) for dx in _steps(0.16)]
    brush.stroke(lid, INK, 0.035)


def _mouth(brush: Brush, look: Look, x: float) -> None:
    low = 0.2 * look.smile
    lower = [(x + dx, 0.58 + low * (1 - (dx / 0.27) ** 2)) for dx in _steps(0.27)]
    if look.smile > 0.8:
        brush.shape(lower, WHITE)
        brush.stroke([lower[0], lower[-1]], LIPS, 0.045)
    brush.stroke(lower, LIPS, 0.065)


def _hair_behind(brush: Brush, look: Look) -> None:
    if look.long_hair:
        dark = tinted(look.hair, INK, 0.25)
        brush.oval(-look.turn * 0.12, 0.1, 1.02, 1.15, dark)
        brush.box(-look.turn * 0.12, 0.85, 0.98, 0.75, dark, round=0.45)


def _hair_above(brush: Brush, look: Look) -> None:
    """A cap over the skull whose lower edge is the hairline, parted to one side."""
    back = -look.turn * 0.1
    outer = [(back + 0.88 * cos(a), -0.06 + 1.04 * sin(a)) for a in _angles(175, 365)]
    part = 0.3 + look.turn * 0.2
    line = [(0.82, -0.1), (0.7, -0.44), (part, -0.74), (part - 0.25, -0.52)]
    line += [(part - 0.6, -0.42), (-0.66, -0.34), (-0.82, -0.02)]
    brush.shape([*outer, *line], look.hair)
    shine = [(back - 0.45 + 0.16 * t, -0.78 - 0.1 * sin(t)) for t in (0.0, 1.0, 2.0, 3.0)]
    brush.stroke(shine, tinted(look.hair, WHITE, 0.2), 0.06)
    if look.long_hair:
        for side in (-1, 1):
            if side * look.turn < 0.5:  # elsewhere the cheek hides it
                _strand(brush, look, side, side * 0.86 + back)


def _strand(brush: Brush, look: Look, side: int, x: float) -> None:
    """Hair that falls before the ear."""
    edge = ((-0.1, -0.4), (0.08, -0.2), (0.12, 0.8), (-0.04, 1.25), (-0.16, 0.5))
    brush.shape([(x + side * out, y) for out, y in edge], look.hair)


def _sunglasses(brush: Brush, look: Look) -> None:
    ahead = look.turn * 0.25
    brush.stroke([(-0.8, -0.1), (0.8, -0.1)], SHADES, 0.07)
    for side in (-1, 1):
        x = ahead + side * 0.35
        brush.box(x, 0.0, 0.29, 0.2, SHADES, round=0.14)
        brush.stroke([(x - 0.12, 0.06), (x, -0.1)], "#5d6675", 0.05)


def _steps(reach: float) -> list[float]:
    return [reach * (step / 8 - 1) for step in range(17)]


def _angles(start: float, end: float) -> list[float]:
    return [pi * (start + (end - start) * step / 40) / 180 for step in range(41)]
