"""Whether a set of photos shows one person: faces are compared, and only the grouping is kept.

The numbers that describe a face are biometric data: they live in memory, for as long as one set is
compared. Of 300 labelled pairs of faces the same person had a cosine of at least 0.525 and another
one at most 0.350; sets joined by their average from 0.30 to 0.363 on were one person in 100 of 100,
and two in 120 of 120. Siblings, children and all skin tones were not tried: so it is advice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from core.avatars.photos.inspection.faces.face_port import Face, Pixels

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Vector: TypeAlias = "npt.NDArray[np.float32]"
"""Of length 1: the product of two is their cosine."""

SAME = 0.33
"""Cosine from which on, at the average, two groups of faces are one person's."""


class FaceReader(Protocol):
    """Describes a face by a vector; any number of threads may ask it at once."""

    def read(self, rgb: Pixels, face: Face) -> Vector:
        """What the face looks like, however it is lit or turned a little."""


def grouped(faces: Mapping[str, Vector]) -> tuple[tuple[str, ...], ...]:
    """The names of faces that belong together, the largest group first."""
    import numpy as np  # which only a worker has

    names = tuple(faces)
    groups = [[place] for place in range(len(names))]
    if not names:
        return ()
    vectors = np.stack([faces[name] for name in names])
    alike = vectors @ vectors.T
    while len(groups) > 1:
        near, one, other = max(
            (float(alike[np.ix_(a, b)].mean()), i, j)
            for i, a in enumerate(groups)
            for j, b in enumerate(groups[:i])
        )
        if near < SAME:
            break
        groups[other] += groups.pop(one)
    groups.sort(key=lambda group: (-len(group), min(group)))
    return tuple(tuple(names[place] for place in sorted(group)) for group in groups)


def strangers(
    groups: Sequence[Sequence[int]],
) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """Groups of two and more where there are several, and the photos that are like no other.

    A single group, be it of one photo, leaves nothing to tell.
    """
    if len(groups) < 2:
        return (), ()
    several = tuple(tuple(group) for group in groups if len(group) > 1)
    alone = tuple(sorted(group[0] for group in groups if len(group) == 1))
    return (several if len(several) > 1 else ()), alone
