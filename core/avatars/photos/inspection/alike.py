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
from itertools import accumulate, pairwise
from typing import Self

from PIL import Image, ImageChops, ImageFilter, ImageOps

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

SMALL = 48
"""Cells of the small picture's side."""

_HASHES = ("rough", "mirrored", "difference")


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
        whole = len(small) == SMALL * SMALL
        return cls(rough, mirrored, difference, small) if whole else None

    @property
    def levels(self) -> Image.Image:
        """The small picture."""
        return Image.frombytes("L", (SMALL, SMALL), self.small)


def distance(one: Fingerprint, other: Fingerprint) -> int:
    """Bits of 64 in which two pictures differ, mirrored or not."""
    return min(_apart(one.rough, other.rough), _apart(one.mirrored, other.rough))


def same_picture(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether it is the same picture once more: smaller, recompressed, mirrored."""
    ways = (one.rough, one.levels), (one.mirrored, ImageOps.mirror(one.levels))
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


def _moved(one: Image.Image, other: Image.Image) -> float:
    """How much has changed between two small pictures, beyond what recompressing does.

    Less, as a rule, from the one that shows more to its copy than the other way round.
    """
    curve = _lit_as(one, other)
    contrast = ImageChops.difference(
        other.filter(ImageFilter.MaxFilter(3)), other.filter(ImageFilter.MinFilter(3))
    )
    cells = zip(one.tobytes(), other.tobytes(), contrast.tobytes(), strict=True)
    return sum(
        max(0.0, abs(expected - level) / (NOISE + SHIFT * around) - 1)
        for expected, level, around in ((curve[was], level, around) for was, level, around in cells)
        if max(expected, level) >= LOST[0] and min(expected, level) <= LOST[1]
    )


def _lit_as(one: Image.Image, other: Image.Image) -> list[float]:
    """For each level of one what it is in the other: the same place, from the darkest on."""
    light = sorted(other.tobytes())
    ends = accumulate(one.histogram(), initial=0)
    return [sum(light[a:b]) / max(1, b - a) for a, b in pairwise(ends)]


def _apart(one: int, other: int) -> int:
    return (one ^ other).bit_count()
