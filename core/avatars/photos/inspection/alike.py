"""Which photos show the same picture, and which merely look alike.

Of each photo two hashes and a very small picture are kept, no longer than its object. The rough
hash (64 bits of the DCT, what `imagehash` calls phash) tells how light is spread: over 111,628
pairs of 473 photos no two different ones came closer than 10 bits, while copies made smaller,
recompressed, lightened or turned grey stayed within 6. But frames of one scene stay within 6 as
well: before a camera that stands still, somebody may smile, or turn their head. So the same
picture must be the same in the small one too, cell by cell: see docs/decisions/0008. The difference
hash (64 bits: where it gets lighter) finds slightly turned copies.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

Numbers: TypeAlias = npt.NDArray[np.float64]
Levels: TypeAlias = npt.NDArray[np.uint8]

SAME = 6
"""Bits of 64 that may differ in the same picture."""
ALIKE = 10
"""Bits of 64 that may differ where two pictures look alike."""
NOISE, SHIFT = 3.0, 0.15
"""Grey levels, and share of the contrast around a cell, by which it may differ in a copy."""
LOST = (30, 200)
"""Darker, or lighter, on both sides, a cell may have lost what it showed to a change of light."""
MOVED = 1.0
"""What all cells together may differ by beyond that, each in parts of what it may."""

_SMALL, _ROUGH = 48, 8
_HASHES = ("rough", "mirrored", "difference")
_COSINES = np.cos(np.pi * np.outer(np.arange(_ROUGH), 2 * np.arange(_SMALL) + 1) / (2 * _SMALL))
_MIRROR = (-1.0) ** np.arange(_ROUGH)
"""A mirror turns the sign of every other one of the horizontal frequencies."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is remembered of a photo to know it again, also as in a mirror: selfies often are."""

    rough: int
    mirrored: int
    """The rough hash of its mirror image."""
    difference: int
    small: bytes
    """Grey levels of 48 × 48 cells, row by row."""

    @property
    def kept(self) -> dict[str, str]:
        """As `photo_metadata` keeps it: hexadecimal, for JSON has no integers of 64 bits."""
        hashes = {name: f"{getattr(self, name):x}" for name in _HASHES}
        return {**hashes, "small": b64encode(self.small).decode()}

    @classmethod
    def of_kept(cls, kept: object) -> Self | None:
        """What `kept` gave; None where there is nothing, or something else."""
        if not isinstance(kept, Mapping):
            return None
        try:
            rough, mirrored, difference = (int(kept[name], 16) for name in _HASHES)
            small = b64decode(kept["small"], validate=True)
        except (KeyError, TypeError, ValueError):
            return None
        whole = len(small) == _SMALL * _SMALL
        return cls(rough, mirrored, difference, small) if whole else None

    @property
    def levels(self) -> Levels:
        return np.frombuffer(self.small, np.uint8).reshape(_SMALL, _SMALL)


def fingerprint(picture: Image.Image) -> Fingerprint:
    """Of a picture in RGB or grey, of any size."""
    grey = picture if picture.mode == "L" else picture.convert("L")
    small = grey.resize((_SMALL, _SMALL), Image.Resampling.BILINEAR)
    waves = _COSINES @ np.asarray(small, np.float64) @ _COSINES.T
    tiny = small.resize((_ROUGH + 1, _ROUGH), Image.Resampling.LANCZOS)
    steps = np.diff(np.asarray(tiny, np.float64), axis=1)
    return Fingerprint(
        rough=_above_median(waves),
        mirrored=_above_median(waves * _MIRROR),
        difference=_bits(steps > 0),
        small=small.tobytes(),
    )


def distance(one: Fingerprint, other: Fingerprint) -> int:
    """Bits of 64 in which two pictures differ, mirrored or not."""
    return min(_apart(one.rough, other.rough), _apart(one.mirrored, other.rough))


def same_picture(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether it is the same picture once more: smaller, recompressed, mirrored."""
    ways = (one.rough, one.levels), (one.mirrored, one.levels[:, ::-1])
    near = (levels for hashed, levels in ways if _apart(hashed, other.rough) <= SAME)
    return any(
        min(_moved(levels, other.levels), _moved(other.levels, levels)) <= MOVED for levels in near
    )


def looks_alike(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether another angle would teach a trainer more than the second of these does."""
    return distance(one, other) <= ALIKE or _apart(one.difference, other.difference) <= SAME


def find_same(photo: Fingerprint, known: Mapping[str, Fingerprint]) -> str | None:
    """The name of a photo that shows the same picture."""
    return next((name for name, other in known.items() if same_picture(photo, other)), None)


def largest_group(photos: Mapping[str, Fingerprint]) -> tuple[str, ...]:
    """The most photos that all hang together by looking alike; empty where no two do."""
    left, largest = set(photos), set[str]()
    while left:
        group = _reached(left.pop(), left, photos)
        left -= group
        largest = max(largest, group, key=len)
    return tuple(name for name in photos if name in largest) if len(largest) > 1 else ()


def lacks_variety(alike: int, total: int) -> bool:
    """Whether so many photos of a set look alike that it is said before they are trained on."""
    return alike >= 3 and alike * 2 >= total


def _reached(start: str, others: Collection[str], photos: Mapping[str, Fingerprint]) -> set[str]:
    group, unseen, waiting = {start}, set(others), [start]
    while waiting:
        one = photos[waiting.pop()]
        near = {name for name in unseen if looks_alike(one, photos[name])}
        unseen -= near
        group |= near
        waiting.extend(near)
    return group


def _moved(one: Levels, other: Levels) -> float:
    """How much has changed between two small pictures, beyond what recompressing does.

    Less, as a rule, from the one that shows more to its copy than the other way round.
    """
    expected = _lit_as(one, other)
    off = np.abs(expected - other)
    off[(np.maximum(expected, other) < LOST[0]) | (np.minimum(expected, other) > LOST[1])] = 0
    around = np.lib.stride_tricks.sliding_window_view(np.pad(other, 1, mode="edge"), (3, 3))
    contrast = np.ptp(around.reshape(*other.shape, 9), axis=2)
    return float(np.maximum(0, off / (NOISE + SHIFT * contrast) - 1).sum())


def _lit_as(one: Levels, other: Levels) -> Numbers:
    """One with its levels put in the place of the other's, from the darkest to the lightest."""
    place = np.sort(one, axis=None)
    sums = np.bincount(place, np.sort(other, axis=None), 256)
    curve: Numbers = sums / np.maximum(1, np.bincount(place, minlength=256))
    return curve[one]


def _apart(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def _above_median(waves: Numbers) -> int:
    return _bits(waves > np.median(waves))


def _bits(flags: npt.NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(flags).tobytes())
