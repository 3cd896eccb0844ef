"""Which photos show the same picture, and which merely look alike.

Three hashes are kept of each photo. The rough one (64 bits of the DCT, what `imagehash` calls
phash) tells how light is spread: over 111,628 pairs of 473 photos no two different ones came
closer than 10 bits, while copies made smaller, recompressed, lightened or turned grey stayed
within 6. But two frames of one scene may stay within 6 as well (a stereo pair does), so the same
picture must be close in the fine hash too (256 bits): 76 in that pair, at most 20 in 120 copies.
The difference hash (64 bits: where it gets lighter) finds slightly turned copies.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

Numbers: TypeAlias = npt.NDArray[np.float64]

SAME, SAME_FINE = 6, 24
"""Bits of 64 and of 256 that may differ in the same picture."""
ALIKE = 10
"""Bits of 64 that may differ where two pictures look alike."""

_SIDE, _FINE, _ROUGH = 64, 16, 8
_COSINES = np.cos(np.pi * np.outer(np.arange(_FINE), 2 * np.arange(_SIDE) + 1) / (2 * _SIDE))
_MIRROR = (-1.0) ** np.arange(_FINE)
"""A mirror turns the sign of every other one of the horizontal frequencies."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is remembered of a photo to know it again, also as in a mirror: selfies often are."""

    rough: int
    fine: int
    mirrored_rough: int
    mirrored_fine: int
    difference: int

    @property
    def kept(self) -> dict[str, str]:
        """As `photo_metadata` keeps it: hexadecimal, for JSON has no integers of 64 bits."""
        return {name: f"{value:x}" for name, value in asdict(self).items()}

    @classmethod
    def of_kept(cls, kept: object) -> Self | None:
        """What `kept` gave; None where there is nothing, or something else."""
        if not isinstance(kept, Mapping):
            return None
        try:
            return cls(*(int(kept[field.name], 16) for field in fields(cls)))
        except (KeyError, TypeError, ValueError):
            return None


def fingerprint(picture: Image.Image) -> Fingerprint:
    """Of a picture in RGB or grey, of any size."""
    grey = picture if picture.mode == "L" else picture.convert("L")
    small = grey.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    waves = _COSINES @ np.asarray(small, np.float64) @ _COSINES.T
    tiny = small.resize((_ROUGH + 1, _ROUGH), Image.Resampling.LANCZOS)
    steps = np.diff(np.asarray(tiny, np.float64), axis=1)
    return Fingerprint(
        *_both(waves),
        *_both(waves * _MIRROR),
        _bits(steps > 0),
    )


def distance(one: Fingerprint, other: Fingerprint) -> int:
    """Bits of 64 in which two pictures differ, mirrored or not."""
    return min(rough for rough, _ in _distances(one, other))


def same_picture(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether it is the same picture once more: smaller, recompressed, mirrored."""
    return any(rough <= SAME and fine <= SAME_FINE for rough, fine in _distances(one, other))


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


def _distances(one: Fingerprint, other: Fingerprint) -> tuple[tuple[int, int], ...]:
    """Rough and fine: as they are, and with either of them mirrored."""
    return (
        (_apart(one.rough, other.rough), _apart(one.fine, other.fine)),
        (_apart(one.rough, other.mirrored_rough), _apart(one.fine, other.mirrored_fine)),
        (_apart(one.mirrored_rough, other.rough), _apart(one.mirrored_fine, other.fine)),
    )


def _apart(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def _both(waves: Numbers) -> tuple[int, int]:
    rough = waves[:_ROUGH, :_ROUGH]
    return _bits(rough > np.median(rough)), _bits(waves > np.median(waves))


def _bits(flags: npt.NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(flags).tobytes())
