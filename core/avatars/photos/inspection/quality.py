"""How good a photo is to train on: sharpness and light of the face, and its size.

`pixels` measures it. Figures come from 184 portraits. Sunglasses, a hidden mouth or somebody else
can't be told by this, so nothing here claims to.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from core.avatars.photos.inspection.faces.face_port import SURE, Face

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
    sharp = _between(log(max(found.sharpness, 1e-6)), log(TOO_BLURRED), log(SHARP))
    light = min(
        _between(found.mean, TOO_DARK, 80),
        _between(found.mean, 245, BRIGHT),
        _between(found.spread, FLAT, 30),
        _between(max(found.black, found.white), TOO_CLIPPED, 0.05),
    )
    size = _between(log(max(found.height, 1.0)), log(TINY), log(FINE))
    return round(float(sharp**0.5 * light**0.3 * size**0.2), 3)


def _between(value: float, worst: float, best: float) -> float:
    return float(min(1.0, max(0.0, (value - worst) / (best - worst))))
