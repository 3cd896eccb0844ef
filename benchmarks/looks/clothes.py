"""What the drawn person wears: each is drawn over the neck and under the head."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from PIL import Image

from benchmarks.looks.canvas import WIDTH, Canvas, Fill, Point, mirrored

INK = "#12161c"
SHOULDERS: list[Point] = [
    (196, 424), (150, 436), (98, 456), (58, 504), (42, 580), (34, 700), (446, 700), (438, 580),
    (422, 504), (382, 456), (330, 436), (284, 424), (262, 446), (240, 452), (218, 446),
]  # fmt: skip


def _body(canvas: Canvas, fill: Fill) -> Image.Image:
    """Shoulders and arms, with their own shade."""
    body = canvas.shape(SHOULDERS, fill)
    canvas.shape([(340, 400), (500, 440), (500, 700), (330, 700), (380, 560)], INK, blur=22,
                 opacity=0.35, within=body)  # fmt: skip
    canvas.oval(140, 452, 66, 16, "#ffffff", blur=12, opacity=0.13, within=body)
    for points in ([(92, 700), (98, 600), (112, 556)], [(388, 700), (382, 600), (368, 556)]):
        canvas.line(points, INK, 8, taper=True, blur=4, opacity=0.3, within=body)
    canvas.oval(240, 440, 150, 30, INK, blur=14, opacity=0.3, within=body)
    return body


def _pair(
    canvas: Canvas, points: list[Point], fill: Fill, shade: float = 0.35, sharp: bool = False
) -> None:
    """The same on both sides: the right one in the shade, both with a shadow below them."""
    for side in (points, mirrored(points)):
        canvas.shape([(x, y + 6) for x, y in side], INK, blur=6, opacity=0.35, sharp=sharp)
        drawn = canvas.shape(side, fill, sharp=sharp)
        if side is not points:
            canvas.fill(drawn, INK, 0, shade)


def sweater(canvas: Canvas) -> None:
    """Ribbed, with a high collar."""
    canvas.shape([(126, 440), (186, 404), (294, 404), (354, 440), (240, 500)], "#324b60")
    body = _body(canvas, ("#39556a", "#22344a"))
    for x in range(20, WIDTH, 14):
        rib: list[Point] = [(240 + (x - 240) * 0.5, 440), (240 + (x - 240) * 0.92, 560), (x, 700)]
        canvas.line(rib, INK, 2.5, blur=1, opacity=0.2, within=body)
    collar: list[Point] = [
        (198, 380), (240, 396), (282, 380), (292, 424), (302, 446), (240, 470), (178, 446),
        (188, 424),
    ]  # fmt: skip
    canvas.shape([(x, y + 8) for x, y in collar], INK, blur=8, opacity=0.45)
    roll = canvas.shape(collar, ("#46657b", "#304a5f"))
    canvas.shape([(256, 370), (310, 380), (310, 470), (262, 470)], INK, blur=10, opacity=0.35,
                 within=roll)  # fmt: skip
    for x in range(184, 300, 9):
        canvas.line([(240 + (x - 240) * 0.86, 380), (x, 470)], INK, 2, blur=0.8, opacity=0.22,
                    within=roll)  # fmt: skip
    canvas.line([(198, 382), (240, 398), (282, 382)], INK, 6, blur=4, opacity=0.4, within=roll)


def blazer(canvas: Canvas) -> None:
    """Navy over a white blouse."""
    _body(canvas, ("#2b3f66", "#1a2747"))
    blouse: list[Point] = [(196, 414), (240, 470), (284, 414), (306, 440), (250, 640), (228, 640),
                           (176, 440)]  # fmt: skip
    canvas.shape(blouse, ("#fdfdfd", "#c9d3e2"), sharp=True)
    canvas.shape([(206, 418), (240, 496), (274, 418), (240, 446)], ("#e9b08a", "#f3c7a5"),
                 sharp=True)  # fmt: skip
    _pair(canvas, [(198, 410), (190, 424), (222, 494), (241, 494)], ("#ffffff", "#dfe6f0"), 0.1,
          True)  # fmt: skip
    _pair(canvas, [(184, 420), (150, 438), (136, 486), (164, 500), (152, 522), (240, 680),
                   (241, 640), (206, 520)], ("#3a5284", "#22335a"), 0.3, True)  # fmt: skip


def coat(canvas: Canvas) -> None:
    """A camel coat with a scarf: for the evening."""
    _body(canvas, ("#b98552", "#7a5132"))
    _pair(canvas, [(178, 430), (126, 446), (102, 512), (150, 540), (138, 566), (236, 700),
                   (241, 640), (214, 520)], ("#cf9a64", "#94653f"), 0.3, True)  # fmt: skip
    for y, drop in ((404, 0), (424, 10)):
        band: list[Point] = [
            (184, y - 22), (240, y - 4), (296, y - 22), (316, y + 20), (296, y + 40),
            (240, y + 54 + drop), (184, y + 40), (164, y + 20),
        ]  # fmt: skip
        canvas.shape([(a, b + 8) for a, b in band], INK, blur=7, opacity=0.4)
        wool = canvas.shape(band, ("#e2574c", "#a52c35"))
        for fold in (8, 22, 36):
            line: list[Point] = [(168, y - 4 + fold), (240, y + 14 + fold), (312, y - 4 + fold)]
            canvas.line(line, "#7c1d2a", 3.5, taper=True, blur=1.2, opacity=0.5, within=wool)
        canvas.shape([(262, y - 30), (330, y - 30), (330, y + 70), (270, y + 70)], INK, blur=12,
                     opacity=0.3, within=wool)  # fmt: skip
    tail: list[Point] = [(206, 462), (246, 470), (252, 570), (244, 640), (196, 634), (198, 550)]
    canvas.shape([(x + 8, y + 6) for x, y in tail], INK, blur=8, opacity=0.4)
    hanging = canvas.shape(tail, ("#c9403f", "#98272f"))
    for x in (212, 228, 240):
        canvas.line([(x, 468), (x - 4, 560), (x - 2, 640)], "#7c1d2a", 3, taper=True, blur=1,
                    opacity=0.5, within=hanging)  # fmt: skip


def raincoat(canvas: Canvas) -> None:
    """Yellow, with its hood down."""
    _body(canvas, ("#f2bd3d", "#c98a1e"))
    _pair(canvas, [(196, 410), (150, 424), (128, 462), (172, 498), (228, 486), (222, 450)],
          ("#ffd766", "#dba02c"), 0.28)  # fmt: skip
    canvas.line([(240, 476), (240, 700)], "#8f5f14", 3, opacity=0.7)
    for y in (520, 590):
        canvas.oval(252, y, 6.5, 6.5, ("#fff1c4", "#b98f3b"))


def jacket(canvas: Canvas) -> None:
    """Black leather."""
    body = _body(canvas, ("#343a44", "#14181f"))
    canvas.line([(90, 470), (60, 530), (48, 620)], "#8fa3b8", 7, taper=True, blur=4, opacity=0.5,
                within=body)  # fmt: skip
    canvas.shape(
        [(200, 420), (240, 470), (280, 420), (262, 640), (218, 640)], ("#c9c3b8", "#77736d")
    )
    _pair(canvas, [(192, 408), (158, 430), (130, 500), (190, 520), (206, 640), (226, 700),
                   (232, 560), (214, 470)], ("#454c58", "#1b2028"), 0.4, True)  # fmt: skip


def lace(canvas: Canvas) -> None:
    """Black velvet with a broad white collar: the seventeenth century."""
    _body(canvas, ("#2c2320", "#120d0c"))
    _pair(canvas, [(200, 404), (150, 428), (110, 470), (150, 512), (206, 524), (238, 520),
                   (236, 460)], ("#fffaf0", "#d8cbb4"), 0.22)  # fmt: skip
    for n in range(9):
        x, y = 116 + n * 15, 478 + 46 * (1 - ((n - 8) / 8) ** 2)
        for middle in (x, WIDTH - x):
            canvas.oval(middle, y, 9, 9, ("#fffaf0", "#d3c5ac"))
            canvas.oval(middle, y, 3, 3, "#5c4a3c", opacity=0.6)


def space_suit(canvas: Canvas) -> None:
    """White, with a ring for the helmet and a patch."""
    body = _body(canvas, ("#f5f6fb", "#aab2ca"))
    for points in ([(44, 520), (96, 540), (150, 532)], [(436, 520), (384, 540), (330, 532)]):
        canvas.line(points, "#6d7896", 5, taper=True, blur=1, opacity=0.6, within=body)
    ring: list[Point] = [
        (172, 412), (240, 436), (308, 412), (336, 436), (322, 470), (240, 496), (158, 470),
        (144, 436),
    ]  # fmt: skip
    canvas.shape([(x, y + 9) for x, y in ring], "#2a3150", blur=9, opacity=0.5)
    metal = canvas.shape(ring, ("#e7ebf5", "#7f8aa8"))
    canvas.line([(150, 446), (240, 476), (330, 446)], "#ffffff", 5, blur=1.5, opacity=0.8,
                within=metal)  # fmt: skip
    canvas.line([(156, 466), (240, 492), (324, 466)], "#3d4666", 4, blur=1.5, opacity=0.6,
                within=metal)  # fmt: skip
    canvas.oval(134, 560, 30, 30, ("#ff8a4c", "#d94f3d"))
    canvas.oval(134, 560, 20, 20, ("#27376e", "#101a40"))
    canvas.line([(106, 570), (134, 556), (164, 548)], "#ffffff", 3.5)
    for n, colour in enumerate(("#ff6b57", "#5ad1c0", "#ffd166")):
        canvas.oval(316 + n * 22, 566, 7, 7, colour)


def cape(canvas: Canvas) -> None:
    """A hero's."""
    _body(canvas, ("#16a0a0", "#0a6470"))
    _pair(canvas, [(190, 410), (130, 430), (60, 470), (16, 560), (0, 700), (70, 700), (96, 560),
                   (150, 490), (214, 462)], ("#ff8b3d", "#d9532c"), 0.25)  # fmt: skip
    canvas.shape(
        [(240, 500), (296, 530), (240, 606), (184, 530)], ("#ffe08a", "#f7b733"), sharp=True
    )
    canvas.shape([(240, 516), (276, 534), (240, 586), (204, 534)], "#d9532c", sharp=True)


CLOTHES: Mapping[str, Callable[[Canvas], None]] = MappingProxyType(
    {one.__name__: one for one in (sweater, blazer, coat, raincoat, jacket, lace, space_suit, cape)}
)
