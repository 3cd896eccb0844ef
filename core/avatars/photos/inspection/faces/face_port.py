"""What the photo check needs of a face detector; core.services supplies it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Pixels: TypeAlias = "npt.NDArray[np.uint8]"
"""Height × width × 3, in the order red, green, blue."""

SURE = 0.8
"""From this score on it is a face: 100 % of 184 portraits, 6 of 218 pictures without one."""
POSSIBLE = 0.6
"""Below it is none; between the two it may be one, often an animal's."""


@dataclass(frozen=True, slots=True)
class Face:
    """Where a face is, in pixels of the picture that was given; it may hang over its edges."""

    score: float
    """From 0 to 1; there are none below POSSIBLE."""
    left: float
    top: float
    width: float
    height: float
    marks: tuple[float, ...] = field(default=(), kw_only=True)
    """Across and down of the eyes, the tip of the nose and the corners of the mouth; ten, or none
    where they are not needed.
    """

    @property
    def area(self) -> float:
        return self.width * self.height


class FaceFinder(Protocol):
    """Finds faces in upright pictures; any number of threads may ask it at once."""

    def find(self, rgb: Pixels, near: bool = False) -> tuple[Face, ...]:
        """The faces, the largest of those that are sure first, then the others.

        `near` looks for large ones alone, in a third of the time.
        """
