"""What is measured in the pixels of a photo: by numpy, which only a worker has.

Light and sharpness are measured on the face alone, in grey, at most 128 pixels high; of a picture
without a face on the whole of it.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from core.avatars.photos.inspection.alike import SMALL, Fingerprint
from core.avatars.photos.inspection.faces.face_port import Face
from core.avatars.photos.inspection.quality import TOO_DARK, Measures

Numbers: TypeAlias = npt.NDArray[np.float64]

HEIGHT = 128
"""Pixels that a face is measured at: noise is gone there, and blur is not."""
NOISE = 25.0
"""Added to the variance of the light, so that a flat wall's noise doesn't count as detail."""
BLACK, WHITE = 5, 250
"""Grey levels, of 255, at which nothing can be told apart any more."""
PLAIN = 1
"""Levels between the darkest and the lightest of one colour; the dimmest photo has more."""
STEP, DRAWN, LEAST = 24, 60, 0.0005
"""Grey levels between neighbours from which on there is an edge, where the darkest is black and the
lightest white; what half of the edges have in text and drawings, and not in photos (1 % of those in
which light hides the face have it, nearly all with ten times the light); the share of pixels below
which edges tell nothing.
"""
TINIEST = 64
"""Pixels of the shorter side at which ink can't be seen any more where its lines are thin."""
GRAIN, FRAMED = 12, 0.99
"""Levels by which paper differs within itself, and its share of the border around large letters."""
SHADES, SHADED = 88, 0.05
"""Levels around the middle that are neither ink nor paper, and their share from which on it is no
print.
"""

_ROUGH = 8
_COSINES = np.cos(np.pi * np.outer(np.arange(_ROUGH), 2 * np.arange(SMALL) + 1) / (2 * SMALL))
_MIRROR = (-1.0) ** np.arange(_ROUGH)
"""A mirror turns the sign of every other one of the horizontal frequencies."""


def fingerprint(picture: Image.Image) -> Fingerprint:
    """Of a picture in RGB or grey, of any size."""
    grey = picture if picture.mode == "L" else picture.convert("L")
    small = grey.resize((SMALL, SMALL), Image.Resampling.BILINEAR)
    waves = _COSINES @ np.asarray(small, np.float64) @ _COSINES.T
    tiny = small.resize((_ROUGH + 1, _ROUGH), Image.Resampling.LANCZOS)
    steps = np.diff(np.asarray(tiny, np.float64), axis=1)
    return Fingerprint(
        rough=_above_median(waves),
        mirrored=_above_median(waves * _MIRROR),
        difference=_bits(steps > 0),
        small=small.tobytes(),
    )


def measure(grey: Image.Image, face: Face | None, scale: float = 1.0) -> Measures:
    """Of a picture in grey; `scale` is how many times larger the photo was that was sent."""
    part = grey.crop(_box(face, grey.size)) if face else grey
    levels = _levels(part)
    height = face.height if face else grey.height
    return Measures(
        sharpness=_sharpness(levels) * min(1.0, part.height / HEIGHT),
        mean=float(levels.mean()),
        spread=float(levels.std()),
        black=float((levels <= BLACK).mean()),
        white=float((levels >= WHITE).mean()),
        height=height * scale,
    )


def drawn(grey: Image.Image) -> bool:
    """Whether a picture is text, a drawing or one plain colour, however pale or dark it is.

    With its levels spread from black to white its edges are abrupt, and its lines thin. Of plain
    black or white nobody knows what light has hidden.
    """
    levels = np.asarray(grey)
    darkest, lightest = int(levels.min()), int(levels.max())
    if lightest - darkest <= PLAIN:
        return darkest >= TOO_DARK and lightest < WHITE
    spread = ImageOps.autocontrast(grey)
    levels = np.asarray(spread, np.int16)
    steps = np.abs(np.diff(levels, axis=1))
    edges = steps[steps > STEP]
    if edges.size <= LEAST * steps.size or float(np.median(edges)) < DRAWN:
        return False
    return _thin(spread) or _printed(levels)


def _thin(grey: Image.Image) -> bool:
    """Whether half of the ink is gone where the shorter side has TINIEST pixels."""
    tiny = grey.reduce(max(1, min(grey.size) // TINIEST))
    dark, still = (float((np.asarray(one) < 128).mean()) for one in (grey, tiny))
    return still < dark / 2 if dark < 0.5 else 1 - still < (1 - dark) / 2


def _printed(levels: npt.NDArray[np.int16]) -> bool:
    """Whether it is black and white, and one of them all around it, as large letters are."""
    border = np.concatenate((levels[0], levels[-1], levels[:, 0], levels[:, -1]))
    framed = float((np.abs(border - np.median(border)) <= GRAIN).mean()) >= FRAMED
    return framed and float((np.abs(levels - 128) < SHADES).mean()) < SHADED


def _above_median(waves: Numbers) -> int:
    return _bits(waves > np.median(waves))


def _bits(flags: npt.NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(flags).tobytes())


def _box(face: Face, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The face's box within the picture, in whole pixels."""
    left, top = max(0, round(face.left)), max(0, round(face.top))
    right = min(size[0], round(face.left + face.width))
    bottom = min(size[1], round(face.top + face.height))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _levels(part: Image.Image) -> Numbers:
    """A smaller one is taken as it is: enlarging would pass for blur."""
    if part.height > HEIGHT:
        size = (max(3, round(part.width * HEIGHT / part.height)), HEIGHT)
        part = part.resize(size, Image.Resampling.BOX)
    return np.asarray(part, np.float64)


def _sharpness(grey: Numbers) -> float:
    """Variance of the Laplacian over that of the light, which makes it free of contrast."""
    if min(grey.shape) < 3:
        return 0.0
    middle = grey[1:-1, 1:-1]
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return float((around - 4 * middle).var() / (grey.var() + NOISE))
