"""What is behind the drawn person."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from PIL import Image

from benchmarks.looks.canvas import FINE, HEIGHT, SIZE, WIDTH, Canvas, Fill, Point, noise


def _all(canvas: Canvas, fill: Fill) -> None:
    canvas.fill(Image.new("L", SIZE, 255), fill)


def _box(canvas: Canvas, x: float, y: float, wide: float, high: float, fill: Fill,
         blur: float = 0, opacity: float = 1) -> None:  # fmt: skip
    corners: list[Point] = [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)]
    canvas.shape(corners, fill, sharp=True, blur=blur, opacity=opacity)


def _lights(canvas: Canvas, seed: int, colours: tuple[str, ...], top: float, bottom: float) -> None:
    """Lamps far out of focus."""
    chance = random.Random(seed)
    for _ in range(34):
        x, y = chance.uniform(-10, WIDTH + 10), chance.uniform(top, bottom)
        size, colour = chance.uniform(7, 26), chance.choice(colours)
        lamp = canvas.oval(x, y, size, size, colour, blur=1.5, opacity=chance.uniform(0.18, 0.5))
        canvas.oval(x, y, size * 0.82, size * 0.82, "#ffffff", blur=size / 6, opacity=0.12,
                    within=lamp)  # fmt: skip


def studio(canvas: Canvas) -> None:
    """A warm grey wall, lit from one side."""
    _all(canvas, ("#b9aa9b", "#6f6259"))
    canvas.oval(150, 210, 230, 260, "#f3e6d6", blur=70, opacity=0.8)
    canvas.oval(440, 560, 190, 260, "#3c342f", blur=70, opacity=0.45)


def office(canvas: Canvas) -> None:
    """Windows in the morning, out of focus."""
    _all(canvas, ("#dfeaf3", "#9fb4c4"))
    for n, x in enumerate((-60, 70, 200, 330, 460)):
        _box(canvas, x, -20, 112, 430, ("#ffffff", "#cfe4f5"), 7)
        for m in range(4):
            tower = 150 + (n * 37 + m * 53) % 150
            _box(canvas, x + m * 28, 410 - tower, 22, tower, ("#a9c3d8", "#c3d6e4"), 6, 0.8)
    _box(canvas, -20, 420, 520, 240, ("#8d9aa6", "#5d6873"), 8)
    _box(canvas, -20, 404, 520, 22, "#f4f1ea", 5)
    canvas.oval(60, 430, 46, 90, ("#6fa67f", "#3f6f55"), blur=10, opacity=0.9)
    canvas.oval(430, 120, 60, 26, "#fff3d1", blur=14, opacity=0.9)


def city(canvas: Canvas) -> None:
    """A street after sunset."""
    _all(canvas, ("#241b52", "#f0785a"))
    canvas.oval(240, 470, 330, 150, "#ffb36b", blur=60, opacity=0.9)
    canvas.oval(110, 120, 200, 50, "#8c4a94", blur=36, opacity=0.5)
    chance = random.Random(5)
    for far, (colour, low) in enumerate((("#5b3a7d", 250), ("#372760", 170), ("#1d1840", 80))):
        x = -20.0
        while x < WIDTH:
            wide, high = chance.uniform(42, 78), chance.uniform(low, low + 190) + 40
            aside = abs(x + wide / 2 - WIDTH / 2) / WIDTH
            high = high * (0.6 + aside) if far else high
            _box(
                canvas,
                x,
                HEIGHT - high - 60,
                wide,
                high + 80,
                (colour, "#c25f6a" if not far else colour),
                1,
            )
            _windows(canvas, chance, x, HEIGHT - high - 48, wide, high, far)
            x += wide + chance.uniform(0, 8)
    _lights(canvas, 8, ("#ffd27a", "#ff9d5c", "#ff6f91", "#7fd4ff", "#ffe9b8"), 380, 640)


def _windows(canvas: Canvas, chance: random.Random, x: float, y: float, wide: float, high: float,
             far: int) -> None:  # fmt: skip
    mask = Canvas()
    for across in range(int(wide // 11)):
        for down in range(int(min(high, 330) // 14)):
            if chance.random() < 0.34 + 0.1 * far:
                _box(mask, x + 4 + across * 11, y + 4 + down * 14, 5, 8, "#ffffff")
    canvas.fill(mask.mask, ("#ffe2a0", "#ffb765"), 0.6, 0.45 + 0.2 * far)


def forest(canvas: Canvas) -> None:
    """Trunks in the mist of a morning."""
    _all(canvas, ("#e6f1dc", "#8fb08d"))
    canvas.oval(120, 130, 190, 150, "#fffbe0", blur=60, opacity=0.95)
    chance = random.Random(3)
    for colour, wide, blur in (("#b9d0b4", 16, 5), ("#86a98c", 22, 3), ("#4f7a63", 32, 2)):
        for _ in range(8):
            x, lean = chance.uniform(-20, WIDTH + 20), chance.uniform(-12, 12)
            if wide > 20 and 120 < x < 360:
                continue
            trunk: list[Point] = [(x, -30), (x + wide, -30), (x + wide * 1.3 + lean, 680),
                                  (x - wide * 0.3 + lean, 680)]  # fmt: skip
            canvas.shape(trunk, (colour, "#dfead6"), sharp=True, blur=blur, opacity=0.9)
        for _ in range(12):
            x, y = chance.uniform(0, WIDTH), chance.uniform(-30, 90)
            canvas.oval(x, y, chance.uniform(40, 80), chance.uniform(20, 50), colour, blur=9,
                        opacity=0.55)  # fmt: skip
        canvas.oval(240, 560, 420, 90, "#eef6e6", blur=40, opacity=0.5)
    for n in range(3):
        beam: list[Point] = [(40 + n * 50, -20), (90 + n * 56, -20), (330 + n * 90, 700),
                             (220 + n * 80, 700)]  # fmt: skip
        canvas.shape(beam, "#fffbe0", sharp=True, blur=16, opacity=0.3)


def night(canvas: Canvas) -> None:
    """Teal and orange lamps behind a wet pane."""
    _all(canvas, ("#06202b", "#0b3a45"))
    canvas.oval(420, 260, 170, 240, "#ff7a2f", blur=70, opacity=0.5)
    canvas.oval(50, 300, 150, 260, "#1fb5c4", blur=70, opacity=0.5)
    _lights(canvas, 12, ("#ffb257", "#ff7f3f", "#37d5dd", "#ffe0a6"), 60, 600)
    chance = random.Random(4)
    for _ in range(110):
        x, y, size = chance.uniform(0, WIDTH), chance.uniform(0, HEIGHT), chance.uniform(1, 3.4)
        canvas.oval(x, y, size, size * 1.5, "#cdf3f7", opacity=chance.uniform(0.2, 0.5))
        canvas.oval(x - size * 0.3, y - size * 0.5, size * 0.4, size * 0.4, "#ffffff", opacity=0.7)


def paper(canvas: Canvas) -> None:
    """Washes of blue and ochre."""
    _all(canvas, "#fbf7ee")
    for seed, x, y, size, colour in (
        (1, 150, 190, 190, "#6fb3d9"), (2, 350, 150, 150, "#8fd0d0"), (3, 360, 390, 170, "#f0b96a"),
        (4, 110, 430, 160, "#8aa8dd"), (5, 250, 90, 110, "#f4d58d"), (6, 250, 540, 200, "#78b7cf"),
    ):  # fmt: skip
        _wash(canvas, seed, x, y, size, colour)


def _wash(canvas: Canvas, seed: int, x: float, y: float, size: float, colour: str) -> None:
    """A wet spot: ragged, paler inside, dark where it has dried at its edge."""
    cloud = np.asarray(noise(5, seed, octaves=4), dtype=float) / 255
    down, across = np.mgrid[0 : SIZE[1], 0 : SIZE[0]] / FINE
    near = 1 - np.hypot(across - x, down - y) / size + (cloud - 0.5) * 1.1
    inside = np.clip(near * 14, 0, 1)
    edge = np.exp(-(((near - 0.05) / 0.045) ** 2))
    wet = inside * (0.28 + 0.35 * cloud) + edge * 0.28 * inside
    canvas.fill(Image.fromarray(np.uint8(255 * np.clip(wet, 0, 1))), colour)


def gallery(canvas: Canvas) -> None:
    """The dark of an old canvas, with the light of a window."""
    _all(canvas, ("#4a3420", "#1d130c"))
    canvas.oval(110, 190, 190, 220, "#b07a36", blur=80, opacity=0.55)
    canvas.oval(430, 300, 170, 400, "#0d0805", blur=70, opacity=0.7)


def burst(canvas: Canvas) -> None:
    """Rays, dots and a city below."""
    _all(canvas, ("#ffd84d", "#ff9b2f"))
    for n in range(0, 24, 2):
        turn = np.pi * 2 / 24
        ray = [(240.0, 250.0)]
        ray += [(240 + 900 * np.cos(a), 250 + 900 * np.sin(a)) for a in (n * turn, (n + 1) * turn)]
        canvas.shape(ray, "#ffb92e", sharp=True)
    dots = Canvas()
    for row in range(34):
        for column in range(26):
            size = 1.4 + 7 * max(0.0, row / 34 - 0.25)
            dots.oval(column * 19 + row % 2 * 9.5, row * 19, size, size, "#ffffff")
    canvas.fill(dots.mask, "#f2662f", opacity=0.75)
    chance = random.Random(9)
    x = -10.0  # of the next house
    while x < WIDTH:
        wide, high = chance.uniform(36, 64), chance.uniform(90, 210)
        _box(canvas, x, HEIGHT - high, wide, high, "#233a6b")
        x += wide + 3


def cosmos(canvas: Canvas) -> None:
    """A nebula, stars and a planet with its ring."""
    _all(canvas, ("#0a0a2c", "#2a1158"))
    clouds = ((21, "#7b3ff2", 0.75), (22, "#e0489d", 0.55), (23, "#2aa8e0", 0.5))
    for seed, colour, opacity in clouds:
        cloud = noise(3, seed, octaves=5).point(lambda level: max(0, min(255, (level - 120) * 3)))
        canvas.fill(cloud, colour, 6, opacity)
    chance = random.Random(2)
    for _ in range(170):
        size = chance.uniform(0.5, 1.7)
        canvas.oval(chance.uniform(0, WIDTH), chance.uniform(0, HEIGHT), size, size, "#ffffff",
                    opacity=chance.uniform(0.4, 1))  # fmt: skip
    for x, y in ((62, 70), (330, 44), (30, 330), (448, 330)):
        canvas.oval(x, y, 9, 9, "#bfe0ff", blur=5, opacity=0.8)
        for points in ([(x - 11, y), (x + 11, y)], [(x, y - 11), (x, y + 11)]):
            canvas.line(points, "#ffffff", 2.2, taper=True)
    planet = canvas.oval(410, 128, 62, 62, ("#ffd9a0", "#e0674f"))
    for n, colour in enumerate(("#fff0cf", "#c9523f", "#ffc28a", "#a83f4a")):
        low = 92 + n * 24.0
        canvas.line([(340, low + 14), (410, low), (480, low - 8)], colour, 10, blur=3, opacity=0.5,
                    within=planet)  # fmt: skip
    canvas.oval(446, 158, 62, 66, "#1a0b33", blur=16, opacity=0.75, within=planet)
    ring: list[Point] = [
        (352, 156), (324, 172), (350, 174), (420, 146), (478, 104), (492, 86), (466, 92),
    ]  # fmt: skip
    for wide, colour in ((6, "#ffe9c4"), (2.5, "#b9795e")):
        canvas.line(ring, colour, wide, taper=True, opacity=0.85)


BACKDROPS: Mapping[str, Callable[[Canvas], None]] = MappingProxyType(
    {
        one.__name__: one
        for one in (studio, office, city, forest, night, paper, gallery, burst, cosmos)
    }
)
