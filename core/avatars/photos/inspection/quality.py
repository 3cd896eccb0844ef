"""How good a photo is to train on: sharpness and light of the face, and its size.

All is measured on the face alone, in grey, at most 128 pixels high; of a picture without a face
on the whole of it. Figures come from 184 portraits. Sunglasses, a hidden mouth or somebody else
can't be told by this, so nothing here claims to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from core.avatars.photos.inspection.face_port import SURE, Face

Grey: TypeAlias = npt.NDArray[np.float64]

HEIGHT = 128
"""Pixels that a face is measured at: noise is gone there, and blur is not."""
NOISE = 25.0
"""Added to the variance of the light, so that a flat wall's noise doesn't count as detail."""
BLACK, WHITE = 5, 250
"""Grey levels, of 255, at which nothing can be told apart any more."""

BLURRED, TOO_BLURRED = 0.05, 0.02
"""Sharpness: 1 % of sharp portraits have less than 0.037, half of them more than 0.283."""
SHARP = 0.283
DARK, TOO_DARK = 55, 25
"""Mean level. A dark-skinned person in good light has 91: "dark" alone refuses nothing."""
BRIGHT = 200
CLIPPED, TOO_CLIPPED = 0.25, 0.5
"""Share of the pixels that are black or white."""
FLAT = 12
"""Standard deviation of the level below which nothing is to be seen."""
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
SMALL = 0.08
"""Of the picture's shorter side: the face's height."""
SECOND = 0.2
"""Of the largest face's area: a second one from here on is somebody, not a passer-by."""
TINY, FINE = 40, 256
"""Pixels of the face's height, in the photo that was sent: useless, and as good as any."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured, each figure over the face, or over a picture that has none."""

    sharpness: float
    mean: float
    spread: float
    black: float
    white: float
    height: float
    """Pixels of the photo that was sent."""

    @property
    def kept(self) -> dict[str, float]:
        """As `photo_metadata` keeps it."""
        return {
            "sharpness": round(self.sharpness, 4),
            "mean": round(self.mean, 1),
            "spread": round(self.spread, 1),
            "black": round(self.black, 3),
            "white": round(self.white, 3),
            "height": round(self.height),
        }


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


def refusal(found: Measures) -> str | None:
    """Why nothing can be learnt from it: too_bright, too_dark, too_blurred."""
    flat = found.spread < FLAT
    if found.white > TOO_CLIPPED or (flat and found.mean >= 128):
        return "too_bright"
    if found.mean < TOO_DARK or found.black > TOO_CLIPPED or flat:
        return "too_dark"
    return "too_blurred" if too_blurred(found) else None


def too_blurred(found: Measures) -> bool:
    """Whether nothing of it is sharp."""
    return found.sharpness < TOO_BLURRED


def advice(found: Measures) -> tuple[str, ...]:
    """What would make it better: blurred, dark, bright."""
    codes = {
        "blurred": found.sharpness < BLURRED,
        "dark": found.mean < DARK or found.black > CLIPPED,
        "bright": found.mean > BRIGHT or found.white > CLIPPED,
    }
    return tuple(code for code, holds in codes.items() if holds)


def framing(faces: tuple[Face, ...], size: tuple[int, int]) -> tuple[str, ...]:
    """What is to be said of the faces in a picture of this size: several_faces, face_small.

    The first one is the person; others count where they are sure.
    """
    first, others = faces[0], faces[1:]
    codes = {
        "several_faces": any(f.score >= SURE and f.area >= SECOND * first.area for f in others),
        "face_small": first.height < SMALL * min(size),
    }
    return tuple(code for code, holds in codes.items() if holds)


def score(found: Measures) -> float:
    """From 0 to 1: the product of three, each from 0 to 1, to the power of its weight.

    Half of it is sharpness, from TOO_BLURRED to SHARP by its logarithm; 0.3 the light, which is
    the worst of level, contrast and clipping; 0.2 the size, from TINY to FINE by its logarithm.
    """
    sharp = _between(np.log(max(found.sharpness, 1e-6)), np.log(TOO_BLURRED), np.log(SHARP))
    light = min(
        _between(found.mean, TOO_DARK, 80),
        _between(found.mean, 245, BRIGHT),
        _between(found.spread, FLAT, 30),
        _between(max(found.black, found.white), TOO_CLIPPED, 0.05),
    )
    size = _between(np.log(max(found.height, 1.0)), np.log(TINY), np.log(FINE))
    return round(float(sharp**0.5 * light**0.3 * size**0.2), 3)


def _between(value: float, worst: float, best: float) -> float:
    return float(min(1.0, max(0.0, (value - worst) / (best - worst))))


def _box(face: Face, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The face's box within the picture, in whole pixels."""
    left, top = max(0, round(face.left)), max(0, round(face.top))
    right = min(size[0], round(face.left + face.width))
    bottom = min(size[1], round(face.top + face.height))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _levels(part: Image.Image) -> Grey:
    """A smaller one is taken as it is: enlarging would pass for blur."""
    if part.height > HEIGHT:
        size = (max(3, round(part.width * HEIGHT / part.height)), HEIGHT)
        part = part.resize(size, Image.Resampling.BOX)
    return np.asarray(part, np.float64)


def _sharpness(grey: Grey) -> float:
    """Variance of the Laplacian over that of the light, which makes it free of contrast."""
    if min(grey.shape) < 3:
        return 0.0
    middle = grey[1:-1, 1:-1]
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return float((around - 4 * middle).var() / (grey.var() + NOISE))
