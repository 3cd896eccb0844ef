"""One drawn person, the same in every look: face, hair, neck. Nobody is portrayed."""

from __future__ import annotations

from PIL import Image, ImageChops

from benchmarks.looks.canvas import Canvas, Point, area

SKIN, SKIN_LOW, SHADE, WARM = "#f3c7a5", "#e9b08a", "#b8694f", "#e8806a"
HAIR, HAIR_LOW, HAIR_DARK, HAIR_LIGHT = "#9a4a2b", "#6e2f1f", "#4a1f18", "#d98a55"
INK, LIP, LIP_LOW, WHITE = "#38201c", "#b9484a", "#d4696a", "#fffaf5"

FACE: list[Point] = [
    (240, 138), (286, 150), (313, 192), (317, 240), (309, 284), (289, 322), (262, 346),
    (240, 351), (218, 346), (191, 322), (171, 284), (163, 240), (167, 192), (194, 150),
]  # fmt: skip
NECK: list[Point] = [
    (204, 300), (276, 300), (277, 372), (292, 404), (334, 424), (240, 486), (146, 424),
    (188, 404), (203, 372),
]  # fmt: skip
HAIR_BEHIND: list[Point] = [
    (244, 92), (310, 108), (348, 160), (356, 236), (366, 310), (386, 366), (370, 420),
    (322, 436), (240, 420), (162, 438), (108, 424), (92, 370), (116, 312), (124, 236),
    (134, 158), (176, 106),
]  # fmt: skip
LEFT_OUTSIDE: list[Point] = [
    (262, 88), (198, 92), (148, 136), (128, 208), (123, 272), (108, 330), (90, 380), (112, 428),
]  # fmt: skip
LEFT_INSIDE: list[Point] = [
    (282, 118), (252, 158), (208, 188), (176, 222), (162, 264), (160, 312), (172, 362), (158, 436),
]  # fmt: skip
RIGHT_OUTSIDE: list[Point] = [
    (250, 88), (314, 100), (348, 152), (357, 226), (362, 290), (380, 344), (388, 388), (362, 430),
]  # fmt: skip
RIGHT_INSIDE: list[Point] = [
    (248, 130), (288, 166), (309, 204), (319, 244), (325, 290), (321, 340), (306, 388), (316, 430),
]  # fmt: skip


STRANDS = (
    (0.08, HAIR_DARK, 5, 0.4), (0.2, HAIR_LIGHT, 3, 0.35), (0.34, HAIR_LIGHT, 7, 0.6),
    (0.44, HAIR_DARK, 3, 0.4), (0.58, HAIR_LIGHT, 4, 0.45), (0.7, HAIR_DARK, 5, 0.35),
    (0.84, HAIR_LIGHT, 3, 0.4), (0.95, HAIR_DARK, 5, 0.35),
)  # fmt: skip
"""Where between a lock's borders, its colour, width and opacity."""


def behind(canvas: Canvas) -> None:
    """The hair that falls behind the neck, and the neck."""
    hair = canvas.shape(HAIR_BEHIND, (HAIR_LOW, HAIR_DARK))
    for dx in (-62, -30, 34, 66):
        strand = [(240 + dx * 0.5, 300), (240 + dx * 1.2, 370), (240 + dx * 1.3, 430)]
        canvas.line(strand, HAIR, 5, taper=True, opacity=0.35, within=hair)
    neck = canvas.shape(NECK, (SKIN_LOW, SKIN))
    canvas.oval(244, 338, 66, 54, SHADE, blur=9, opacity=0.55, within=neck)
    canvas.line(
        [(226, 470), (204, 446), (170, 432)], SHADE, 3, taper=True, opacity=0.3, within=neck
    )
    canvas.line(
        [(254, 470), (276, 446), (310, 432)], SHADE, 3, taper=True, opacity=0.3, within=neck
    )


def head(canvas: Canvas) -> None:
    """The face with the hair before it."""
    face = canvas.shape(FACE, ("#f8d3b4", SKIN))
    _modelled(canvas, face)
    for side in (-1, 1):
        _eye(canvas, side)
    _nose(canvas)
    _mouth(canvas)
    _earrings(canvas)
    _hair(canvas, face)


def _modelled(canvas: Canvas, face: Image.Image) -> None:
    """Light from the upper left: shade at the right, under the hair, and in the cheeks."""
    side: list[Point] = [(296, 130), (340, 160), (340, 330), (250, 380), (282, 330), (300, 270)]
    canvas.shape(side, SHADE, blur=10, opacity=0.34, within=face)
    canvas.shape([(160, 130), (330, 130), (316, 196), (250, 172), (190, 206), (158, 260)],
                 SHADE, blur=9, opacity=0.42, within=face)  # fmt: skip
    for x in (190, 290):
        canvas.oval(x, 280, 27, 18, WARM, blur=9, opacity=0.42, within=face)
    canvas.oval(205, 262, 20, 12, WHITE, blur=9, opacity=0.4, within=face)
    canvas.oval(240, 336, 16, 8, WHITE, blur=7, opacity=0.35, within=face)


def _eye(canvas: Canvas, side: int) -> None:
    x, y = 240 + side * 37.0, 240.0
    outer, inner = x + side * 22, x - side * 19
    socket: list[Point] = [(inner, y - 10), (x, y - 20), (outer + side * 4, y - 12), (x, y - 6)]
    canvas.shape(socket, SHADE, blur=3, opacity=0.4)
    almond: list[Point] = [
        (inner, y + 3), (x - side * 8, y - 8), (x + side * 5, y - 11), (outer, y - 3),
        (x + side * 9, y + 8), (x - side * 8, y + 9),
    ]  # fmt: skip
    white = canvas.shape(almond, WHITE)
    iris = canvas.oval(x, y - 1, 10.5, 11.5, ("#2f5d50", "#6fae8c"), within=white)
    canvas.oval(x, y - 1, 10.5, 11.5, "#1d3a34", opacity=0.25, within=iris)
    canvas.oval(x, y - 1, 8, 9, ("#3a7361", "#8cc7a0"), within=white)
    canvas.oval(x, y - 1, 4.6, 5, "#16110f", within=white)
    canvas.shape([(inner, y - 14), (outer, y - 16), (outer, y - 5), (inner, y - 1)], INK,
                 blur=3, opacity=0.4, within=white)  # fmt: skip
    canvas.oval(x - 3.6, y - 5.4, 2.7, 2.9, "#ffffff")
    canvas.oval(x + 3.6, y + 3, 1.3, 1.3, "#ffffff", opacity=0.8)
    lid: list[Point] = [
        (inner - side * 1, y + 3), (x - side * 8, y - 9), (x + side * 5, y - 12.5),
        (outer + side * 7, y - 7), (outer, y - 2.5), (x + side * 5, y - 8), (x - side * 8, y - 5.5),
    ]  # fmt: skip
    canvas.shape(lid, INK)
    fold: list[Point] = [(inner + side * 2, y - 8), (x, y - 18), (outer + side * 1, y - 12)]
    canvas.line(fold, SHADE, 2, taper=True, opacity=0.7)
    below: list[Point] = [(x - side * 8, y + 10), (x + side * 8, y + 9), (outer, y - 1)]
    canvas.line(below, SHADE, 2, taper=True, opacity=0.7)
    brow: list[Point] = [
        (inner - side * 3, y - 29), (x, y - 38), (outer + side * 7, y - 29),
        (x + side * 3, y - 32.5), (inner - side * 2, y - 22),
    ]  # fmt: skip
    canvas.shape(brow, HAIR_LOW, blur=0.5, opacity=0.95)


def _nose(canvas: Canvas) -> None:
    canvas.line([(231, 232), (234, 256), (232, 276)], WHITE, 7, taper=True, blur=3, opacity=0.45)
    canvas.shape([(246, 236), (252, 264), (259, 284), (250, 291), (244, 280)], SHADE, blur=3.5,
                 opacity=0.36)  # fmt: skip
    canvas.line([(226, 286), (232, 290.5), (240, 291.5), (248, 290), (254, 285)], SHADE, 3,
                taper=True, opacity=0.75)  # fmt: skip
    canvas.oval(240, 299, 13, 4, SHADE, blur=3, opacity=0.25)
    canvas.oval(238, 279, 5, 4.5, WHITE, blur=2, opacity=0.5)


def _mouth(canvas: Canvas) -> None:
    """A smile with closed lips."""
    upper: list[Point] = [
        (208, 311), (224, 309.5), (233, 307), (240, 309.5), (247, 307), (256, 309), (272, 310),
        (256, 319), (240, 320.5), (224, 319),
    ]  # fmt: skip
    lower: list[Point] = [
        (213, 314.5), (226, 318), (240, 320), (254, 318), (267, 313.5), (258, 325), (240, 330.5),
        (222, 325.5),
    ]  # fmt: skip
    canvas.shape(lower, (LIP_LOW, LIP))
    canvas.shape(upper, ("#b14345", "#9c383c"))
    canvas.line([(206, 309.5), (222, 317.5), (240, 320), (258, 317), (274, 308)], "#6e2429", 2,
                taper=True)  # fmt: skip
    canvas.oval(235, 325, 9, 2.4, WHITE, blur=1.4, opacity=0.5)
    canvas.oval(240, 338, 16, 4, SHADE, blur=3, opacity=0.32)
    for x in (206, 274):
        canvas.oval(x, 311, 3.4, 3.4, SHADE, blur=1.6, opacity=0.5)


def _earrings(canvas: Canvas) -> None:
    for points in (((168, 300), (166, 318)), ((315, 296), (318, 314))):
        (x, y), (low_x, low_y) = points
        canvas.line([(x, y), (low_x, low_y)], "#c08f2f", 2)
        canvas.oval(low_x, low_y + 6, 6.5, 6.5, ("#fbe19a", "#cf9a34"))


def _hair(canvas: Canvas, face: Image.Image) -> None:
    """Two locks from a parting, with the shadow that they cast and the light upon them."""
    left, right = [*LEFT_OUTSIDE, *LEFT_INSIDE[::-1]], [*RIGHT_OUTSIDE, *RIGHT_INSIDE[::-1]]
    both = ImageChops.lighter(area(left), area(right))
    canvas.fill(ImageChops.offset(both, 12, 18), SHADE, 5, 0.5, face)
    darker = canvas.shape(right, (HAIR, HAIR_DARK))
    _strands(canvas, RIGHT_OUTSIDE, RIGHT_INSIDE, darker, 0.6)
    canvas.shape([(300, 118), (326, 140), (340, 190), (318, 158)], HAIR_LIGHT, blur=6, opacity=0.5,
                 within=darker)  # fmt: skip
    canvas.fill(ImageChops.offset(area(left), 8, 10), HAIR_DARK, 5, 0.5, darker)
    lighter = canvas.shape(left, ("#b05a35", HAIR_LOW))
    _strands(canvas, LEFT_OUTSIDE, LEFT_INSIDE, lighter, 1)
    canvas.shape([(158, 160), (196, 122), (250, 108), (212, 142), (166, 190)], HAIR_LIGHT, blur=8,
                 opacity=0.55, within=lighter)  # fmt: skip


def _strands(
    canvas: Canvas, outside: list[Point], inside: list[Point], within: Image.Image, light: float
) -> None:
    """Fine lines between the two borders of a lock, the lighter ones among darker ones."""
    for share, colour, width, opacity in STRANDS:
        strand = [
            (x + (to_x - x) * share, y + (to_y - y) * share)
            for (x, y), (to_x, to_y) in zip(outside, inside, strict=True)
        ]
        shown = opacity * (light if colour == HAIR_LIGHT else 1)
        canvas.line(strand, colour, width, taper=True, blur=0.8, opacity=shown, within=within)
